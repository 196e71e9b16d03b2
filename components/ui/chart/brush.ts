import type { ChartPoints, TimeAxis } from "./crosshair";

/** Where the room of a point begins and ends, as shares of the width: half way to its neighbours. */
export function edgesOf(shares: readonly number[], point: number): { left: number; right: number } {
  const at = shares[point] ?? 0;
  const between = (other: number | undefined, end: number) => (other === undefined ? end : (at + other) / 2);
  return { left: between(shares[point - 1], 0), right: between(shares[point + 1], 1) };
}

/** The time that two points of a chart and all between them stand for; null where the chart goes over none. */
export function rangeBetween({ axis, shares }: ChartPoints, startPoint: number, endPoint: number): TimeAxis | null {
  if (axis === null || shares.length === 0) return null;
  const within = (point: number) => Math.max(0, Math.min(point, shares.length - 1));
  const { left } = edgesOf(shares, within(Math.min(startPoint, endPoint)));
  const { right } = edgesOf(shares, within(Math.max(startPoint, endPoint)));
  const msOf = (share: number) => Math.round(axis.fromMs + share * (axis.toMs - axis.fromMs));
  return { fromMs: msOf(left), toMs: msOf(right) };
}
