const HEIGHT = 20;

/** A course of figures without axes, beside the figure that it led to; flat at the bottom where nothing was. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const top = Math.max(1, ...values);
  const y = (value: number) => HEIGHT - 1 - (value / top) * (HEIGHT - 2);
  const line = values.map((value, step) => `${step} ${y(value).toFixed(1)}`).join("L");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${Math.max(1, values.length - 1)} ${HEIGHT}`}
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
  );
}
