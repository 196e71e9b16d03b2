import type { ReactNode } from "react";
import { cn } from "@/components/ui/class-names";
import { linePath, type StepValues } from "./line-path";

type ChartCanvasProps = { width: number; height: number; className?: string; children: ReactNode };

/** What a chart draws, in units of its own and stretched to the room there is. The chart around it says what it shows. */
export function ChartCanvas({ width, height, className, children }: ChartCanvasProps) {
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

type SeriesProps = { values: StepValues; top: number; height: number; className: string };

export function Area({ values, top, height, className }: SeriesProps) {
  return <path d={linePath(values, { top, height, isArea: true })} className={className} />;
}

export function Line({ values, top, height, className, isDashed }: SeriesProps & { isDashed?: boolean }) {
  return (
    <path
      d={linePath(values, { top, height, isArea: false })}
      className={cn("fill-none", className)}
      strokeWidth={1.5}
      strokeDasharray={isDashed ? "4 3" : undefined}
      vectorEffect="non-scaling-stroke"
    />
  );
}

/** The swatches of `Quantiles`. */
export const P50_SWATCH = "bg-accent-fill";
export const P95_SWATCH = "border-t-2 border-dashed border-ink-2 rounded-none h-0";

type QuantilesProps = { p50: StepValues; p95: StepValues; top: number; height: number };

/** How half of them went, and nearly all, over time. */
export function Quantiles({ p50, p95, top, height }: QuantilesProps) {
  return (
    <>
      <Line values={p50} {...{ top, height }} className="stroke-accent-fill" />
      <Line values={p95} {...{ top, height }} className="stroke-ink-2" isDashed />
    </>
  );
}
