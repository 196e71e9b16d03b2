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
      title="Waits over time"
      summary={
        last === undefined
          ? `No task began ${over.words}`
          : `Waits ${over.words}: of the tasks that began last half had waited ${shown(last?.p50Ms)} at most, 95 of 100 ${shown(last?.p95Ms)}`
      }
      scale={{ top, format: formatDuration }}
      from={over.from}
      to={over.to}
      legend={
        last === undefined ? (
          "No task began."
        ) : (
          <>
            <QuantileKeys half={shown(last?.p50Ms)} most={shown(last?.p95Ms)} />
            {isOfMore && <span>Of every lane.</span>}
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
      columns={["When", "tasks looked at", "median", "95th percentile"]}
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
  const half = waits.p50Ms === null ? "nothing has begun" : `half within ${formatDuration(waits.p50Ms)}`;
  return (
    <Chart
      title="How long tasks waited"
      summary={`Of the last ${formatPlural(waits.samples, "task")} that began: ${half}`}
      scale={{ top, format: formatCount }}
      from={names[0] ?? ""}
      to={names.at(-1) ?? ""}
      labels={waits.buckets.map(({ underMs }, index) => {
        const from = waits.buckets[index - 1]?.underMs ?? 0;
        return underMs === null ? `${formatDuration(from ?? 0)}+` : `<${formatDuration(underMs)}`;
      })}
      legend={
        <span>
          The last {formatPlural(waits.samples, "task")} that began
          {waits.p50Ms !== null && `: half within ${formatDuration(waits.p50Ms)}`}
          {waits.p95Ms !== null && `, 19 of 20 within ${formatDuration(waits.p95Ms)}`}.{isOfMore && " Of every lane."}
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
