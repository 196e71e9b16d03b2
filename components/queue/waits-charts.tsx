import { ceilingOf, durationCeiling } from "@/components/ui/ceiling";
import { Chart, QuantileKeys } from "@/components/ui/chart";
import type { TimeAxis } from "@/components/ui/crosshair";
import { Drawing, HALF, MOST, Quantiles } from "@/components/ui/drawing";
import { formatCount, formatDuration, formatPlural } from "@/components/ui/format";
import { useStepName } from "@/components/ui/step-name";
import type { QueueWaitTimes } from "@/contract/queue-commander";
import { cropped, type Over } from "./part";
import { axisOf, spanOf } from "./picture";
import { stepsOf } from "./steps";

const HEIGHT = 100;
type WaitsProps = { waits: QueueWaitTimes; isOfMore: boolean };

/** How waits went: half of the tasks that began in a step had waited no longer, and nearly all of them. */
export function WaitsOverTime({ waits, over, part, isOfMore }: WaitsProps & { over: Over; part: TimeAxis | null }) {
  const span = cropped(spanOf(waits), part);
  const when = useStepName(span);
  const steps = stepsOf(waits.steps, span, ({ at }) => at);
  const [p50, p95] = [steps.map((step) => step?.p50Ms ?? null), steps.map((step) => step?.p95Ms ?? null)];
  const top = durationCeiling(p95.map((ms) => ms ?? 0));
  const last = steps.findLast((step) => step !== null);
  const shown = (ms: number | undefined) => (ms === undefined ? "none" : formatDuration(ms));
  return (
    <Chart
      title="Wait time"
      summary={
        last === undefined
          ? `No tasks started ${over.words}`
          : `Waits ${over.words}: most recently median ${shown(last?.p50Ms)}, 95th percentile ${shown(last?.p95Ms)}`
      }
      scale={{ top, format: formatDuration }}
      from={over.from}
      to={over.to}
      legend={
        last === undefined ? (
          "No tasks started."
        ) : (
          <>
            <QuantileKeys half={shown(last?.p50Ms)} most={shown(last?.p95Ms)} />
            {isOfMore && <span>All lanes.</span>}
          </>
        )
      }
      picture={
        <Drawing width={span.steps} height={HEIGHT}>
          <Quantiles p50={p50} p95={p95} top={top} height={HEIGHT} />
        </Drawing>
      }
      axis={axisOf(span)}
      swatches={[undefined, HALF, MOST]}
      columns={["When", "Tasks", "Median", "95th percentile"]}
      rows={steps.map((step, index) => [
        when(index),
        step === null ? "none" : formatCount(step.samples),
        shown(step?.p50Ms),
        shown(step?.p95Ms),
      ])}
    />
  );
}

/** How long the tasks waited that began last. */
export function WaitsChart({ waits, isOfMore }: { waits: QueueWaitTimes; isOfMore: boolean }) {
  const top = ceilingOf(waits.buckets.map(({ tasks }) => tasks));
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
          {isOfMore && " · All lanes"}
        </span>
      }
      picture={
        <Drawing width={waits.buckets.length} height={HEIGHT}>
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
        </Drawing>
      }
      columns={["Waited", "Tasks"]}
      rows={waits.buckets.map(({ tasks }, index) => [names[index] ?? "", String(tasks)])}
    />
  );
}
