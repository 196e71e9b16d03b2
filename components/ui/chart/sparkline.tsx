import { formatCount } from "@/components/ui/format";
import { ChartPointer } from "./chart-pointer";
import type { TimeAxis } from "./crosshair";

const HEIGHT = 20;

type SparklineProps = {
  title: string;
  /** What it shows, in words. */
  label: string;
  values: readonly number[];
  axis: TimeAxis;
  nameOf: (step: number) => string;
  unit: string;
};

/** A course of figures without axes, beside the figure that it led to; flat at the bottom where nothing was. */
export function Sparkline({ title, label, values, axis, nameOf, unit }: SparklineProps) {
  const top = Math.max(1, ...values);
  const y = (value: number) => HEIGHT - 1 - (value / top) * (HEIGHT - 2);
  const line = values.map((value, step) => `${step} ${y(value).toFixed(1)}`).join("L");
  const end = Math.max(1, values.length - 1);
  return (
    // The link of the tile that it stands in takes the pointer.
    <div className="pointer-events-none relative">
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${end} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="h-5 w-full"
      >
        <path
          d={`M${line}`}
          className="fill-none stroke-accent-fill"
          strokeWidth={1.5}
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <ChartPointer
        title={title}
        points={{ axis, shares: values.map((_, step) => step / end) }}
        figures={{
          columns: ["When", unit],
          rows: values.map((value, step) => [nameOf(step), formatCount(value)]),
        }}
      />
    </div>
  );
}
