import type { PeriodWords } from "@/components/queue/charts/chart-range";
import { axisOf, depthOf, layerPath, stack, sum } from "@/components/queue/charts/chart-series";
import { Chart, Key } from "@/components/ui/chart/chart";
import { ChartCanvas } from "@/components/ui/chart/chart-canvas";
import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { scaleMax } from "@/components/ui/chart/scale-max";
import { useStepName } from "@/components/ui/chart/step-name";
import { formatCount } from "@/components/ui/format";
import type { RunOutcomes } from "@/contract/run";
import { seriesOf } from "./outcomes";

const HEIGHT = 100;
/** Failures stand out; what was cancelled is told from what was completed by how dark it is. */
const FILLS: Record<string, string> = {
  completed: "fill-accent-fill/70",
  "turn failed": "fill-bad-fill/50",
  failed: "fill-bad-fill",
  cancelled: "fill-accent-fill/25",
};
const SWATCHES: Record<string, string> = {
  completed: "bg-accent-fill/70",
  "turn failed": "bg-bad-fill/50",
  failed: "bg-bad-fill",
  cancelled: "bg-accent-fill/25",
};

type OutcomesChartProps = { outcomes: RunOutcomes; periodWords: PeriodWords; zoom: TimeAxis | null };

/** How the runs of each hour ended, one upon the other. */
export function OutcomesChart({ outcomes, periodWords, zoom }: OutcomesChartProps) {
  const { span, series } = seriesOf(outcomes, zoom);
  const layers = stack(series);
  const totals = depthOf(series, span);
  const top = scaleMax(totals);
  const when = useStepName(span);
  const of = (name: string) => sum(series.find((entry) => entry.name === name)?.values ?? []);
  return (
    <Chart
      title="Run outcomes"
      summary={`Runs ${periodWords.sentence} by the hour they were created in: ${of("completed")} completed, ${of("turn failed")} completed with a failed turn, ${of("failed")} failed, ${of("cancelled")} cancelled`}
      scale={{ top, format: formatCount }}
      from={periodWords.from}
      to={periodWords.to}
      legend={
        sum(totals) === 0
          ? "No runs have ended."
          : series.map(({ name }) => (
              <Key
                key={name}
                swatch={SWATCHES[name] ?? ""}
                name={name}
                value={`${formatCount(of(name))}${outcomes.isPartial ? " of the newest" : ""}`}
              />
            ))
      }
      plot={
        <ChartCanvas width={span.steps} height={HEIGHT}>
          {layers.map(({ name, below, values }) => (
            <path key={name} d={layerPath(below, values, { top, height: HEIGHT })} className={FILLS[name]} />
          ))}
        </ChartCanvas>
      }
      axis={axisOf(span)}
      unit="runs"
      swatches={series.map(({ name }) => SWATCHES[name])}
      columns={["Hour", ...series.map(({ name }) => name)]}
      rows={totals.map((_, step) => [when(step), ...series.map(({ values }) => formatCount(values[step] ?? 0))])}
    />
  );
}
