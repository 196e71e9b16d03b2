import { stack } from "@/components/queue/charts/chart-series";
import { Chart, Key } from "@/components/ui/chart/chart";
import { ChartCanvas } from "@/components/ui/chart/chart-canvas";
import { scaleMax } from "@/components/ui/chart/scale-max";
import { Choices } from "@/components/ui/form/choices";
import { formatMoney, formatTokens } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { UsageSummary } from "@/contract/usage";
import { dayMs, shortDay } from "./days";
import { MEASURES, type Measure } from "./filter";
import { onlyCurrency, seriesByProfile } from "./series";
import type { UsageChange } from "./usage-view";

const HEIGHT = 100;
const DAY_MS = 86_400_000;
const FILLS = [
  "fill-accent-fill",
  "fill-accent-fill/70",
  "fill-accent-fill/45",
  "fill-accent-fill/25",
  "fill-ink-3/40",
];
const SWATCHES = ["bg-accent-fill", "bg-accent-fill/70", "bg-accent-fill/45", "bg-accent-fill/25", "bg-ink-3/40"];
const MEASURE_NAMES = { tokens: "Tokens", cost: "Cost" } as const;

type UsageChartProps = { summary: UsageSummary; show: Measure; onChange: UsageChange };

/** Tokens or cost day by day, one profile upon the other. Money of several currencies cannot be stacked. */
export function UsageChart({ summary, show, onChange }: UsageChartProps) {
  const currency = onlyCurrency(summary.total);
  const measure = currency === null ? "tokens" : show;
  const { days, series } = seriesByProfile(summary, measure);
  const totals = days.map((_, step) => series.reduce((sum, { values }) => sum + (values[step] ?? 0), 0));
  const total = totals.reduce((sum, value) => sum + value, 0);
  const top = scaleMax(totals);
  const y = (value: number) => (value / top) * HEIGHT;
  const formatValue = (value: number) =>
    measure === "cost" && currency !== null ? formatMoney(value, currency) : formatTokens(value);
  const name = MEASURE_NAMES[measure];
  const nameOf = (day: string | undefined) => (day === undefined ? "" : shortDay(day));
  return (
    <div className="flex shrink-0 flex-col gap-2">
      {currency !== null && (
        <Choices
          label="Chart"
          values={MEASURES}
          names={MEASURE_NAMES}
          value={measure}
          onChange={(next) => onChange({ show: next })}
        />
      )}
      <Chart
        title={`${name} by day`}
        summary={`${name} by day from ${nameOf(summary.from)} to ${nameOf(summary.to)}: ${formatValue(total)} in total`}
        scale={{ top, format: formatValue }}
        from={nameOf(days[0])}
        to={nameOf(days.at(-1))}
        legend={series.map((layer, index) => (
          <Key
            key={layer.name}
            swatch={SWATCHES[index] ?? ""}
            name={revealHidden(layer.name)}
            value={formatValue(layer.values.reduce((sum, value) => sum + value, 0))}
          />
        ))}
        plot={
          <ChartCanvas width={days.length} height={HEIGHT} className="h-40">
            {stack(series).map(({ name: layer, below, values }, index) => (
              <g key={layer} className={FILLS[index]}>
                {values.map((value, step) => (
                  <rect
                    key={days[step]}
                    x={step + 0.1}
                    width={0.8}
                    y={HEIGHT - y((below[step] ?? 0) + value)}
                    height={y(value)}
                  />
                ))}
              </g>
            ))}
          </ChartCanvas>
        }
        axis={{ fromMs: dayMs(summary.from), toMs: dayMs(summary.to) + DAY_MS }}
        swatches={series.map((_, index) => SWATCHES[index])}
        columns={["Day", ...series.map((layer) => revealHidden(layer.name))]}
        isNewestFirst
        rows={days.map((day, step) => [shortDay(day), ...series.map(({ values }) => formatValue(values[step] ?? 0))])}
      />
    </div>
  );
}
