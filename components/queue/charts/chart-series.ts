import type { TimeAxis } from "@/components/ui/chart/crosshair";
import type { QueueHistory, QueueMinute } from "@/contract/queue-commander";

/** How far back a picture over time looks, in minutes. */
export const RANGES = { "1 h": 60, "6 h": 360, "24 h": 1_440 } as const;
export const RANGE_NAMES = Object.keys(RANGES) as (keyof typeof RANGES)[];

/** More lanes than can be told apart are drawn as one. */
const LANES_MAX = 4;

export type Series = { name: string; isRest: boolean; values: number[] };
/** When the first step of a picture begins, how long each is, and how many there are. */
export type Span = { fromMs: number; stepMs: number; steps: number };
type DepthMinute = Pick<QueueMinute, "minute" | "queue" | "lane" | "waiting">;

export function spanOf({ from, to, stepMinutes }: Pick<QueueHistory, "from" | "to" | "stepMinutes">): Span {
  const [fromMs, stepMs] = [Date.parse(from), stepMinutes * 60_000];
  return { fromMs, stepMs, steps: Math.max(1, Math.ceil((Date.parse(to) - fromMs) / stepMs)) };
}

/** From when to when a picture of whole steps goes. */
export function axisOf({ fromMs, stepMs, steps }: Span): TimeAxis {
  return { fromMs, toMs: fromMs + steps * stepMs };
}

/** How many tasks waited in each lane at the end of each step, the fullest lane first. */
export function depthByLane(rows: readonly DepthMinute[], span: Span): Series[] {
  const hasQueues = new Set(rows.map(({ queue }) => queue)).size > 1;
  const lanes = new Map<string, Series>();
  for (const { minute, queue, lane, waiting } of rows) {
    const name = hasQueues ? `${queue} / ${lane}` : lane;
    const series = lanes.get(name) ?? { name, isRest: false, values: zeros(span) };
    lanes.set(name, series);
    add(series.values, stepOf(minute, span), waiting);
  }
  const drawn = [...lanes.values()].filter(({ values }) => sum(values) > 0);
  drawn.sort((a, b) => sum(b.values) - sum(a.values) || (a.name < b.name ? -1 : 1));
  if (drawn.length <= LANES_MAX + 1) return drawn;
  const otherLanes = drawn.slice(LANES_MAX);
  const values = depthOf(otherLanes, span);
  return [...drawn.slice(0, LANES_MAX), { name: `${otherLanes.length} other lanes`, isRest: true, values }];
}

/** How many waited in all lanes together, at the end of each step. */
export function depthOf(series: readonly Series[], span: Span): number[] {
  return zeros(span).map((_, step) => sum(series.map(({ values }) => values[step] ?? 0)));
}

/** Each series with the sums of those below it. */
export function stack(series: readonly Series[]): (Series & { below: number[] })[] {
  let below = series[0]?.values.map(() => 0) ?? [];
  return series.map((layer) => {
    const at = below;
    below = at.map((value, step) => value + (layer.values[step] ?? 0));
    return { ...layer, below: at };
  });
}

export const FLOWS = ["added", "started", "completed", "failed", "cancelled"] as const;
export type Flow = (typeof FLOWS)[number];

/** How many tasks were added, started and ended in each step. */
export function flowsOf(rows: readonly Pick<QueueMinute, Flow | "minute">[], span: Span): Record<Flow, number[]> {
  const flows = Object.fromEntries(FLOWS.map((flow) => [flow, zeros(span)])) as Record<Flow, number[]>;
  for (const row of rows) for (const flow of FLOWS) add(flows[flow], stepOf(row.minute, span), row[flow]);
  return flows;
}

/** The outline of a layer that stands on those below it: a step is one wide, `top` is as high as the box. */
export function layerPath(below: readonly number[], values: readonly number[], box: { top: number; height: number }) {
  const y = (value: number) => Math.round((box.height - (value / box.top) * box.height) * 100) / 100;
  const upper = values.flatMap((value, step) => {
    const at = y((below[step] ?? 0) + value);
    return [`${step} ${at}`, `${step + 1} ${at}`];
  });
  const lower = values.flatMap((_, step) => [`${step} ${y(below[step] ?? 0)}`, `${step + 1} ${y(below[step] ?? 0)}`]);
  return `M${[...upper, ...lower.reverse()].join("L")}Z`;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function zeros({ steps }: Span): number[] {
  return Array.from({ length: steps }, () => 0);
}

export function stepOf(minute: string, { fromMs, stepMs }: Span): number {
  return Math.floor((Date.parse(minute) - fromMs) / stepMs);
}

function add(values: number[], step: number, value: number): void {
  const current = values[step];
  if (current !== undefined) values[step] = current + value;
}
