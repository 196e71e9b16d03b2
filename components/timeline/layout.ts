import type { Bar, Lane, View } from "./bars";
import { LANES } from "./bars";

const ROWS_MAX: Partial<Record<Lane, number>> = { tools: 4, approvals: 2, attempts: 2 };
const NAME_PX = 15;
const ROW_PX = 19;
const LANE_GAP_PX = 7;
export const BAR_PX = 16;
export const AXIS_PX = 20;
const THIN_PX = 3;
const VIEW_MIN_MS = 5;

/** Bars of a lane that overlap lie below each other; which row is whose does not change with the view. */
export function rowsOf(bars: readonly Bar[]): { rowOf: Map<string, number>; rowCount: Map<Lane, number> } {
  const rowOf = new Map<string, number>();
  const rowCount = new Map<Lane, number>();
  for (const { key: lane } of LANES) {
    const sorted = bars
      .filter((bar) => bar.lane === lane)
      .toSorted((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
    if (sorted.length === 0) continue;
    const max = ROWS_MAX[lane] ?? 1;
    const ends: number[] = [];
    for (const bar of sorted) {
      const free = ends.findIndex((endMs) => endMs <= bar.startMs);
      const row = free !== -1 ? free : Math.min(ends.length, max - 1);
      ends[row] = Math.max(ends[row] ?? bar.endMs, bar.endMs);
      rowOf.set(bar.key, row);
    }
    rowCount.set(lane, ends.length);
  }
  return { rowOf, rowCount };
}

export type PlacedLane = { key: Lane; name: string; nameY: number; top: number };

/** Where each lane that has bars lies, below the axis. */
export function placeLanes(
  rowCount: ReadonlyMap<Lane, number>,
  hasRuns: boolean,
): { lanes: PlacedLane[]; height: number } {
  const lanes: PlacedLane[] = [];
  let y = AXIS_PX;
  for (const { key, name } of LANES) {
    const rows = rowCount.get(key) ?? 0;
    if (rows === 0 || (key === "runs" && !hasRuns)) continue;
    lanes.push({ key, name, nameY: y + 11, top: y + NAME_PX });
    y += NAME_PX + rows * ROW_PX + LANE_GAP_PX;
  }
  return { lanes, height: y };
}

/** A bar as it is drawn, or several of a row that are too thin to be told apart. */
export type Drawn = { bar: Bar; bars: Bar[]; x: number; y: number; width: number };

type Frame = { view: View; width: number; lanes: readonly PlacedLane[]; rowOf: ReadonlyMap<string, number> };

/** The bars within a view, in the order of their beginnings. However many there are, no more are drawn than have room. */
export function draw(bars: readonly Bar[], { view, width, lanes, rowOf }: Frame): Drawn[] {
  const scale = width / (view.toMs - view.fromMs);
  const topOf = new Map(lanes.map((lane) => [lane.key, lane.top]));
  const lastOf = new Map<number, Drawn>();
  const drawn: Drawn[] = [];
  for (const bar of bars.toSorted((a, b) => a.startMs - b.startMs)) {
    const top = topOf.get(bar.lane);
    if (top === undefined || bar.endMs < view.fromMs || bar.startMs > view.toMs) continue;
    const x = Math.min(Math.max(0, (bar.startMs - view.fromMs) * scale), width - THIN_PX);
    const barWidth = Math.max(THIN_PX, Math.min(width, (bar.endMs - view.fromMs) * scale) - x);
    const y = top + (rowOf.get(bar.key) ?? 0) * ROW_PX;
    const before = lastOf.get(y);
    const isClump = before !== undefined && (before.bars.length > 1 || before.width <= THIN_PX);
    if (isClump && barWidth <= THIN_PX && before.x + before.width >= x - 1) {
      before.bars.push(bar);
      before.width = x + barWidth - before.x;
      continue;
    }
    const singleBar = { bar, bars: [bar], x, y, width: barWidth };
    drawn.push(singleBar);
    lastOf.set(y, singleBar);
  }
  return drawn;
}

const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000],
  ...[600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000],
];
const TICK_PX = 90;

/** Round times from the start, far enough apart to be read. */
export function ticksOf(view: View, startMs: number, width: number): number[] {
  const targetMs = ((view.toMs - view.fromMs) * TICK_PX) / Math.max(width, TICK_PX);
  const day = 86_400_000;
  const step = STEPS_MS.find((ms) => ms >= targetMs) ?? Math.ceil(targetMs / day) * day;
  const first = Math.ceil((view.fromMs - startMs) / step) * step;
  const ticks: number[] = [];
  for (let at = first; at <= view.toMs - startMs; at += step) ticks.push(startMs + at);
  return ticks;
}

/** The part of a view that lies within what there is to see, with a little room at both ends. */
export function keepInside(view: View, fullView: View): View {
  const length = Math.max(view.toMs - view.fromMs, VIEW_MIN_MS);
  if (length >= fullView.toMs - fullView.fromMs) return fullView;
  const fromMs = Math.min(Math.max(view.fromMs, fullView.fromMs), fullView.toMs - length);
  return { fromMs, toMs: fromMs + length };
}

/** A view that shows less or more, in which an instant stays where it is. */
export function zoom(view: View, factor: number, atMs: number): View {
  return { fromMs: atMs - (atMs - view.fromMs) * factor, toMs: atMs + (view.toMs - atMs) * factor };
}

export function pan(view: View, ms: number): View {
  return { fromMs: view.fromMs + ms, toMs: view.toMs + ms };
}

/** All bars and a margin. */
export function fullViewOf(bars: readonly Bar[]): View {
  const fromMs = bars.reduce((earliest, bar) => Math.min(earliest, bar.startMs), Number.POSITIVE_INFINITY);
  const toMs = bars.reduce((latest, bar) => Math.max(latest, bar.endMs), Number.NEGATIVE_INFINITY);
  const margin = Math.max((toMs - fromMs) * 0.01, VIEW_MIN_MS);
  return { fromMs: fromMs - margin, toMs: toMs + margin };
}
