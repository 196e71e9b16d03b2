import { Chart, QuantileKeys } from "@/components/ui/chart/chart";
import { ChartCanvas, P50_SWATCH, P95_SWATCH, Quantiles } from "@/components/ui/chart/chart-canvas";
import type { TimeAxis } from "@/components/ui/chart/crosshair";
import { durationScaleMax, scaleMax } from "@/components/ui/chart/scale-max";
import { useStepName } from "@/components/ui/chart/step-name";
import { formatCount, formatDuration, formatPlural } from "@/components/ui/format";
import type { QueueWaitTimes } from "@/contract/queue-commander";
import { cropSpan, type PeriodWords } from "./chart-range";
import { axisOf, spanOf } from "./chart-series";
import { stepsOf } from "./steps";

const HEIGHT = 100;
type WaitsProps = { waits: QueueWaitTimes; isWholeQueue: boolean };

/** How waits went: half of the tasks that began in a step had waited no longer, and nearly all of them. */
export function WaitsOverTime({
  waits,
  periodWords,
  zoom,
  isWholeQueue,
}: WaitsProps & { periodWords: PeriodWords; zoom: TimeAxis | null }) {
  const span = cropSpan(spanOf(waits), zoom);
  const when = useStepName(span);
  const steps = stepsOf(waits.steps, span, ({ at }) => at);
  const [p50, p95] = [steps.map((step) => step?.p50Ms ?? null), steps.map((step) => step?.p95Ms ?? null)];
  const top = durationScaleMax(p95.map((ms) => ms ?? 0));
  const last = steps.findLast((step) => step !== null);
  const formatWait = (ms: number | undefined) => (ms === undefined ? "none" : formatDuration(ms));
  return (
    <Chart
      title="Wait time"
      summary={
        last === undefined
          ? `No tasks started ${periodWords.sentence}`
          : `Waits ${periodWords.sentence}: most recently median ${formatWait(last?.p50Ms)}, 95th percentile ${formatWait(last?.p95Ms)}`
      }
      scale={{ top, format: formatDuration }}
      from={periodWords.from}
      to={periodWords.to}
      legend={
        last === undefined ? (
          "No tasks started."
        ) : (
          <>
            <QuantileKeys p50={formatWait(last?.p50Ms)} p95={formatWait(last?.p95Ms)} />
            {isWholeQueue && <span>All lanes.</span>}
          </>
        )
      }
      plot={
        <ChartCanvas width={span.steps} height={HEIGHT}>
          <Quantiles p50={p50} p95={p95} top={top} height={HEIGHT} />
        </ChartCanvas>
      }
      axis={axisOf(span)}
      swatches={[undefined, P50_SWATCH, P95_SWATCH]}
      columns={["When", "Tasks", "Median", "95th percentile"]}
      rows={steps.map((step, index) => [
        when(index),
        step === null ? "none" : formatCount(step.samples),
        formatWait(step?.p50Ms),
        formatWait(step?.p95Ms),
      ])}
    />
  );
}

/** How long the tasks waited that began last. */
export function WaitsChart({ waits, isWholeQueue }: { waits: QueueWaitTimes; isWholeQueue: boolean }) {
  const top = scaleMax(waits.buckets.map(({ tasks }) => tasks));
  const names = waits.buckets.map(({ underMs }, index) => {
    const from = waits.buckets[index - 1]?.underMs ?? 0;
    return underMs === null ? `${formatDuration(from ?? 0)} and more` : `under ${formatDuration(underMs)}`;
  });
  const half = waits.p50Ms === null ? "none started" : `median ${formatDuration(waits.p50Ms)}`;
  return (
    <Chart
      title="Wait distribution"
      summary={`Last ${formatPlural(waits.samples, "started task")}: ${half}`}
      scale={{ top, format: formatCount }}
      from={names[0] ?? ""}
      to={names.at(-1) ?? ""}
      labels={waits.buckets.map(({ underMs }, index) => {
        const from = waits.buckets[index - 1]?.underMs ?? 0;
        return underMs === null ? `${formatDuration(from ?? 0)}+` : `<${formatDuration(underMs)}`;
      })}
      legend={
        <span>
          Last {formatPlural(waits.samples, "started task")}
          {waits.p50Ms !== null && `: median ${formatDuration(waits.p50Ms)}`}
          {waits.p95Ms !== null && `, 95th percentile ${formatDuration(waits.p95Ms)}`}
          {isWholeQueue && " · All lanes"}
        </span>
      }
      plot={
        <ChartCanvas width={waits.buckets.length} height={HEIGHT}>
          {waits.buckets.map(({ underMs, tasks }, index) => {
            const height = (tasks / top) * HEIGHT;
            return (
              <rect
                key={underMs ?? "more"}
                x={index + 0.08}
                width={0.84}
                y={HEIGHT - height}
                height={height}
                className="fill-accent-fill"
              />
            );
          })}
        </ChartCanvas>
      }
      columns={["Waited", "Tasks"]}
      rows={waits.buckets.map(({ tasks }, index) => [names[index] ?? "", String(tasks)])}
    />
  );
}
