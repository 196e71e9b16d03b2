/** From when to when a picture over time goes. */
export type TimeAxis = { fromMs: number; toMs: number };
/** Where a chart's points are, as shares of its width, from left to right; over time where it has an axis. */
export type ChartPoints = { axis: TimeAxis | null; shares: readonly number[] };

/** Where somebody points: at a point of a chart, and so at a time of all charts that go over the same one. */
export type Crosshair = { chartId: string; point: number; points: ChartPoints };

/** Two charts end at the same now though one counts by hours and the other by minutes. */
const SAME_WITHIN = 0.05;

let current: Crosshair | null = null;
const listeners = new Set<() => void>();

export function subscribeCrosshair(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function readCrosshair(): Crosshair | null {
  return current;
}

export function setCrosshair(next: Crosshair): void {
  if (current?.chartId === next.chartId && current.point === next.point && current.points === next.points) return;
  current = next;
  for (const listener of listeners) listener();
}

/** Takes it away, if it is this chart's. */
export function clearCrosshair(chartId: string): void {
  if (current?.chartId !== chartId) return;
  current = null;
  for (const listener of listeners) listener();
}

/** The middles of as many steps side by side. */
export function stepShares(steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => (step + 0.5) / steps);
}

/** The point that is nearest to a share of the width; null where there is none. */
export function nearestPoint(shares: readonly number[], share: number): number | null {
  let nearest: number | null = null;
  shares.forEach((at, point) => {
    if (nearest === null || Math.abs(at - share) < Math.abs((shares[nearest] ?? 0) - share)) nearest = point;
  });
  return nearest;
}

/** Which of a chart's points the crosshair is at: its own, or the one of the same time in a chart of the same axis. */
export function pointAt(crosshair: Crosshair | null, chartId: string, { axis, shares }: ChartPoints): number | null {
  if (crosshair === null) return null;
  const { points, point } = crosshair;
  if (crosshair.chartId === chartId) return point < shares.length ? point : null;
  const share = points.shares[point];
  if (axis === null || points.axis === null || share === undefined || !isSameAxis(axis, points.axis)) return null;
  const atMs = points.axis.fromMs + share * (points.axis.toMs - points.axis.fromMs);
  return nearestPoint(shares, (atMs - axis.fromMs) / (axis.toMs - axis.fromMs));
}

function isSameAxis(one: TimeAxis, other: TimeAxis): boolean {
  const slackMs = SAME_WITHIN * Math.max(one.toMs - one.fromMs, other.toMs - other.fromMs);
  return Math.abs(one.fromMs - other.fromMs) <= slackMs && Math.abs(one.toMs - other.toMs) <= slackMs;
}

type Box = { left: number; top: number; width: number; height: number };
const GAP_PX = 10;
const MARGIN_PX = 8;

/** Where what is told of a point stands: beside it, and never out of the window. */
export function readoutPosition(chart: Box, share: number, size: Pick<Box, "width" | "height">, view: typeof size) {
  const x = chart.left + share * chart.width;
  const isRight = x + GAP_PX + size.width + MARGIN_PX <= view.width;
  const clamp = (at: number, length: number, viewLength: number) =>
    Math.max(MARGIN_PX, Math.min(at, viewLength - length - MARGIN_PX));
  return {
    left: clamp(isRight ? x + GAP_PX : x - GAP_PX - size.width, size.width, view.width),
    top: clamp(chart.top, size.height, view.height),
  };
}
