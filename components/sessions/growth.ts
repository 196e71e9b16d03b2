import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { bytesScaleMax } from "@/components/ui/chart/scale-max";
import type { VolumeSize } from "@/contract/storage";

/** A volume's sizes over time, as they are drawn: `height` is as much as `top` bytes. */
export type Growth = { axis: TimeAxis; shares: number[]; top: number; path: string };

/** Each size holds until the next was measured; null where there are no two to draw a line between. */
export function growthOf(sizes: readonly VolumeSize[], height: number): Growth | null {
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first === undefined || last === undefined || sizes.length < 2) return null;
  const axis = { fromMs: Date.parse(first.at), toMs: Date.parse(last.at) };
  const shares = sizes.map(({ at }) => (Date.parse(at) - axis.fromMs) / (axis.toMs - axis.fromMs));
  const top = bytesScaleMax(sizes.map(({ sizeBytes }) => sizeBytes));
  const y = (bytes: number) => (height - (bytes / top) * (height - 1)).toFixed(2);
  const steps = sizes.map(({ sizeBytes }, index) => `H${(100 * (shares[index] ?? 0)).toFixed(3)}V${y(sizeBytes)}`);
  return { axis, shares, top, path: `M0 ${height}${steps.join("")}V${height}Z` };
}
