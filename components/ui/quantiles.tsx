import { type Course, linePath } from "./course";

/** Their swatches. */
export const HALF = "bg-accent-fill";
export const MOST = "border-t-2 border-dashed border-ink-2 rounded-none h-0";

type QuantilesProps = { p50: Course; p95: Course; top: number; height: number };

/** How half of them went, and nearly all, over time. */
export function Quantiles({ p50, p95, top, height }: QuantilesProps) {
  const line = { fill: "none", strokeWidth: 1.5, vectorEffect: "non-scaling-stroke" } as const;
  const d = (course: Course) => linePath(course, { top, height, isArea: false });
  return (
    <>
      <path d={d(p50)} className="stroke-accent-fill" {...line} />
      <path d={d(p95)} className="stroke-ink-2" strokeDasharray="4 3" {...line} />
    </>
  );
}
