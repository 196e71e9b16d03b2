"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import dynamic from "next/dynamic";
import { createParser, parseAsStringLiteral, useQueryState } from "nuqs";
import { useId } from "react";
import type { QueueFilter } from "@/components/queue/filter";
import { scopeInput } from "@/components/queue/filter";
import { useTRPC } from "@/components/trpc/client";
import { queueHistory, queueWaits } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { BrushContext } from "@/components/ui/chart/brush-context";
import { Chart, Key } from "@/components/ui/chart/chart";
import { ChartCanvas } from "@/components/ui/chart/chart-canvas";
import { scaleMax } from "@/components/ui/chart/scale-max";
import { useStepName } from "@/components/ui/chart/step-name";
import { cn } from "@/components/ui/class-names";
import { Choices } from "@/components/ui/form/choices";
import { formatCount, formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { EmptyState } from "@/components/ui/page";
import { toServerTime } from "@/components/ui/time/clock";
import type { QueueMinute } from "@/contract/queue-commander";
import { canShow, cropSpan, lastMinutes, type PeriodWords } from "./chart-range";
import {
  axisOf,
  depthByLane,
  depthOf,
  FLOWS,
  type Flow,
  flowsOf,
  layerPath,
  RANGE_NAMES,
  RANGES,
  type Span,
  spanOf,
  stack,
  sum,
} from "./chart-series";
import { HEAT_RANGES } from "./heat-ranges";
import { useChartRange } from "./use-chart-range";
import { WaitsChart, WaitsOverTime } from "./waits-charts";

const HEIGHT = 100;

// Looked at without a part most of the time.
const ZoomBar = dynamic(() => import("./zoom-bar").then((module) => module.ZoomBar), { ssr: false });
// Asked for only where it is open.
const WaitsByHour = dynamic(() => import("./waits-by-hour").then((module) => module.WaitsByHour), { ssr: false });
const BETWEEN = "Between…";

/** How far back the pictures look, as the address holds it: `6h`. */
const parseAsRange = createParser({
  parse: (text) => RANGE_NAMES.find((name) => serializeRangeName(name) === text) ?? null,
  serialize: serializeRangeName,
});

function serializeRangeName(name: string): string {
  return name.replace(" ", "");
}

/** How the queue came to where it is: its depth by lane, what came and went, and how long tasks waited. */
export function QueueCharts({ filter }: { filter: Pick<QueueFilter, "queue" | "lane"> }) {
  const trpc = useTRPC();
  const [range, setRange] = useQueryState("range", parseAsRange.withDefault("1 h"));
  const { zoom, setZoom, minutes, periodWords, isOutOfRange } = useChartRange(range);
  const [hours, setHours] = useQueryState("hours", parseAsStringLiteral(HEAT_RANGES));
  const { lane } = filter;
  const history = useQuery(
    queueHistory(trpc, { ...scopeInput(filter), ...(lane === null ? {} : { lane }), minutes }),
  ).data;
  const waits = useQuery(queueWaits(trpc, { ...scopeInput(filter), minutes })).data;
  const isQuiet = zoom === null && waits?.samples === 0 && history !== undefined && isEmpty(history.items);
  const chartProps = history && { rows: history.items, span: cropSpan(spanOf(history), zoom), periodWords };
  return (
    <section aria-label="Charts" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-end gap-x-3">
        {lane !== null && <p className="mr-auto text-xs text-ink-2">Lane {revealHidden(lane)}</p>}
        {zoom === null ? (
          <p className="text-2xs text-ink-3 max-sm:hidden">
            Drag on a chart to zoom, or press Shift and the arrow keys, then Enter.
          </p>
        ) : (
          <ZoomBar zoom={zoom} onChange={setZoom} />
        )}
        <Choices
          label="Time range"
          values={[...RANGE_NAMES, BETWEEN]}
          value={zoom === null ? range : BETWEEN}
          onChange={(next) => {
            if (next === BETWEEN) setZoom(zoom ?? lastMinutes(RANGES[range]));
            else {
              void setRange(next);
              if (zoom !== null) setZoom(null);
            }
          }}
        />
      </div>
      {isQuiet && (
        <div className="rounded-lg border bg-panel">
          <EmptyState title={`No queue activity in the last ${range}`}>
            Charts of waiting tasks, throughput and wait times appear here once tasks are added.
          </EmptyState>
        </div>
      )}
      {isOutOfRange && <p className="py-2 text-sm text-ink-2">No data for this time range.</p>}
      <BrushContext value={setZoom}>
        <div
          className={cn(
            "grid gap-4 lg:grid-cols-2 2xl:grid-cols-4",
            !isOutOfRange && !isQuiet && "min-h-257 lg:min-h-127 2xl:min-h-61",
          )}
        >
          {chartProps && !isOutOfRange && !isQuiet && (
            <>
              <DepthChart {...chartProps} />
              <FlowChart {...chartProps} />
            </>
          )}
          {waits !== undefined && !isOutOfRange && !isQuiet && (
            <>
              <WaitsOverTime waits={waits} periodWords={periodWords} zoom={zoom} isWholeQueue={lane !== null} />
              <WaitsChart waits={waits} isWholeQueue={lane !== null} />
            </>
          )}
        </div>
      </BrushContext>
      <Button
        variant="ghost"
        size="sm"
        className="self-start"
        aria-expanded={hours !== null}
        onClick={() => void setHours(hours === null ? HEAT_RANGES[0] : null)}
      >
        <ChevronRight aria-hidden className={cn("size-3.5", hours !== null && "rotate-90")} /> Waits by hour
      </Button>
      {hours !== null && (
        <WaitsByHour
          filter={filter}
          range={hours}
          onRange={(next) => void setHours(next)}
          onHour={(hour) => canShow(hour, toServerTime(Date.now())) && setZoom(hour)}
        />
      )}
    </section>
  );
}

/** Whether nothing waited, began or ended in that time. */
function isEmpty(rows: readonly QueueMinute[]): boolean {
  return rows.every((row) => row.waiting === 0 && FLOWS.every((flow) => row[flow] === 0));
}

type TimeChartProps = { rows: readonly QueueMinute[]; span: Span; periodWords: PeriodWords };
/** Told apart by colour and, the rest, by hatching; the legend names them in their order from below. */
const FILLS = ["fill-series-1", "fill-series-2", "fill-series-3", "fill-series-4", "fill-series-5"];
const SWATCHES = ["bg-series-1", "bg-series-2", "bg-series-3", "bg-series-4", "bg-series-5"];

function DepthChart({ rows, span, periodWords }: TimeChartProps) {
  const hatch = useId();
  const when = useStepName(span);
  const series = depthByLane(rows, span);
  const totals = depthOf(series, span);
  const top = scaleMax(totals);
  const layers = stack(series);
  return (
    <Chart
      title="Waiting by lane"
      summary={`Tasks waiting ${periodWords.sentence}: ${totals.at(-1) ?? 0} ${periodWords.lastStep}, ${Math.max(0, ...totals)} at most`}
      scale={{ top, format: formatCount }}
      from={periodWords.from}
      to={periodWords.to}
      legend={
        series.length === 0
          ? "No tasks waited."
          : series.map(({ name, values, isRest }, index) => (
              <Key
                key={name}
                swatch={isRest ? "bg-hatched" : (SWATCHES[index] ?? "")}
                name={name}
                value={formatCount(values.at(-1) ?? 0)}
              />
            ))
      }
      plot={
        <ChartCanvas width={span.steps} height={HEIGHT}>
          <Hatch id={hatch} />
          {layers.map(({ name, below, values, isRest }, index) => (
            <path
              key={name}
              d={layerPath(below, values, { top, height: HEIGHT })}
              className={isRest ? undefined : FILLS[index]}
              fill={isRest ? `url(#${hatch})` : undefined}
            />
          ))}
        </ChartCanvas>
      }
      axis={axisOf(span)}
      unit="tasks"
      swatches={series.map(({ isRest }, index) => (isRest ? "bg-hatched" : SWATCHES[index]))}
      columns={["When", ...series.map(({ name }) => name)]}
      rows={totals.map((_, step) => [when(step), ...series.map(({ values }) => String(values[step] ?? 0))])}
    />
  );
}

function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="1.5" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(20)">
        <rect width="0.6" height="6" className="fill-accent-fill" />
      </pattern>
    </defs>
  );
}

const FLOW_SWATCHES: { [Name in Flow]?: string } = {
  added: "border-t-2 border-ink-2 rounded-none h-0",
  completed: "bg-good",
  failed: "bg-bad",
};
const FLOW_NAMES: Record<Flow, string> = {
  added: "Added",
  started: "Started",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};
const DRAWN_FLOWS = ["added", "completed", "failed"] as const satisfies Flow[];

function FlowChart({ rows, span, periodWords }: TimeChartProps) {
  const when = useStepName(span);
  const flows = flowsOf(rows, span);
  const ended = flows.completed.map((count, step) => count + (flows.failed[step] ?? 0));
  const top = scaleMax([...ended, ...flows.added]);
  const y = (count: number) => (count / top) * HEIGHT;
  const total = (flow: Flow) => sum(flows[flow]);
  return (
    <Chart
      title="Added and finished"
      summary={`Tasks ${periodWords.sentence}: ${total("added")} added, ${total("completed")} completed, ${total("failed")} failed`}
      scale={{ top, format: formatCount }}
      from={periodWords.from}
      to={periodWords.to}
      legend={
        <>
          {DRAWN_FLOWS.map((flow) => (
            <Key
              key={flow}
              swatch={FLOW_SWATCHES[flow] ?? ""}
              name={FLOW_NAMES[flow]}
              value={formatCount(total(flow))}
            />
          ))}
          <span className="text-ink-3">per {formatDuration(span.stepMs)}</span>
        </>
      }
      plot={
        <ChartCanvas width={span.steps} height={HEIGHT}>
          {flows.completed.map((completed, step) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place.
            <g key={step}>
              <rect x={step + 0.1} width={0.8} y={HEIGHT - y(completed)} height={y(completed)} className="fill-good" />
              <rect
                x={step + 0.1}
                width={0.8}
                y={HEIGHT - y(ended[step] ?? 0)}
                height={y(flows.failed[step] ?? 0)}
                className="fill-bad"
              />
            </g>
          ))}
          <path
            d={`M${flows.added.map((count, step) => `${step + 0.5} ${HEIGHT - y(count)}`).join("L")}`}
            className="fill-none stroke-ink-2"
            strokeWidth={1.5}
            vectorEffect="non-scaling-stroke"
          />
        </ChartCanvas>
      }
      axis={axisOf(span)}
      unit="tasks"
      swatches={FLOWS.map((flow) => FLOW_SWATCHES[flow])}
      columns={["When", ...FLOWS.map((flow) => FLOW_NAMES[flow])]}
      rows={flows.added.map((_, step) => [when(step), ...FLOWS.map((flow) => String(flows[flow][step] ?? 0))])}
    />
  );
}
