import type { ReactNode } from "react";
import { cn } from "./class-names";
import { type Course, linePath } from "./course";

type DrawingProps = { width: number; height: number; className?: string; children: ReactNode };

/** What a chart draws, in units of its own and stretched to the room there is. The chart around it says what it shows. */
export function Drawing({ width, height, className, children }: DrawingProps) {
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={cn("h-24 w-full", className)}
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

type Drawn = { course: Course; top: number; height: number; className: string };

export function Area({ course, top, height, className }: Drawn) {
  return <path d={linePath(course, { top, height, isArea: true })} className={className} />;
}

export function Line({ course, top, height, className, isDashed }: Drawn & { isDashed?: boolean }) {
  return (
    <path
      d={linePath(course, { top, height, isArea: false })}
      className={cn("fill-none", className)}
      strokeWidth={1.5}
      strokeDasharray={isDashed ? "4 3" : undefined}
      vectorEffect="non-scaling-stroke"
    />
  );
}

/** The swatches of `Quantiles`. */
export const HALF = "bg-accent-fill";
export const MOST = "border-t-2 border-dashed border-ink-2 rounded-none h-0";

type QuantilesProps = { p50: Course; p95: Course; top: number; height: number };

/** How half of them went, and nearly all, over time. */
export function Quantiles({ p50, p95, top, height }: QuantilesProps) {
  return (
    <>
      <Line course={p50} {...{ top, height }} className="stroke-accent-fill" />
      <Line course={p95} {...{ top, height }} className="stroke-ink-2" isDashed />
    </>
  );
}
