"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { lastPeriodWords, type PeriodWords } from "@/components/queue/charts/chart-range";
import { axisOf, RANGE_NAMES, RANGES, type Span, spanOf } from "@/components/queue/charts/chart-series";
import { useTRPC } from "@/components/trpc/client";
import { runnerHistory } from "@/components/trpc/lists";
import { Chart, Key, QuantileKeys } from "@/components/ui/chart/chart";
import { Area, ChartCanvas, Line, P50_SWATCH, P95_SWATCH, Quantiles } from "@/components/ui/chart/chart-canvas";
import type { StepValues } from "@/components/ui/chart/line-path";
import { durationScaleMax, scaleMax } from "@/components/ui/chart/scale-max";
import { useStepName } from "@/components/ui/chart/step-name";
import { Choices } from "@/components/ui/form/choices";
import { formatDuration } from "@/components/ui/format";
import type { RunnerMinute } from "@/contract/runner";
import { valuesByStep } from "./values-by-step";

const HEIGHT = 100;

/** How many runners lived and worked against what there is room for, and how long their beats took. */
export function RunnerCharts() {
  const trpc = useTRPC();
  const [range, setRange] = useState<keyof typeof RANGES>("6 h");
  const history = useQuery(runnerHistory(trpc, RANGES[range])).data;
  if (history === undefined) return <div className="min-h-58" />;
  const span = spanOf(history);
  const chartProps = { periodWords: lastPeriodWords(range), span, rows: history.items };
  return (
    <section aria-label="Pictures" className="flex flex-col gap-2">
      <div className="flex justify-end">
        <Choices label="Period" values={RANGE_NAMES} value={range} onChange={setRange} />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <LiveRunnersChart {...chartProps} />
        <LatencyChart {...chartProps} />
      </div>
    </section>
  );
}

type TimeChartProps = { periodWords: PeriodWords; span: Span; rows: readonly RunnerMinute[] };

const formatOrNoData = (value: number | null, unit: (value: number) => string) =>
  value === null ? "No data" : unit(value);

const LIVE_SWATCHES = [
  "bg-accent-fill/45",
  "bg-accent-fill",
  "border-t-2 border-bad rounded-none h-0",
  P95_SWATCH,
] as const;

/** How many runners lived and worked, against what there was room for. */
export function LiveRunnersChart({ periodWords, span, rows }: TimeChartProps) {
  const stepsOf = (pick: (row: RunnerMinute) => number) => valuesByStep(rows, span, pick);
  const [alive, busy, silent, capacity] = [
    stepsOf((row) => row.alive),
    stepsOf((row) => row.busy),
    stepsOf((row) => row.silent),
    stepsOf((row) => row.capacity),
  ];
  const maxLive = Math.max(0, ...alive.map((count) => count ?? 0));
  const limit = capacity.findLast((count) => count !== null) ?? null;
  // Room that is far above would press all the rest to the ground.
  const isLimitDrawn = limit !== null && limit <= Math.max(8, maxLive * 4);
  const top = scaleMax([maxLive, ...(isLimitDrawn ? [limit] : [])]);
  const when = useStepName(span);
  const count = (value: number) => String(value);
  return (
    <Chart
      title="Live and busy runners"
      summary={`Runners ${periodWords.sentence}: ${alive.at(-1) ?? 0} live ${periodWords.lastStep}, peak ${maxLive}, limit ${limit ?? "unknown"}`}
      scale={{ top, format: String }}
      from={periodWords.from}
      to={periodWords.to}
      legend={
        <>
          <Key swatch={LIVE_SWATCHES[0]} name="Live" value={formatOrNoData(alive.at(-1) ?? null, count)} />
          <Key swatch={LIVE_SWATCHES[1]} name="Busy" value={formatOrNoData(busy.at(-1) ?? null, count)} />
          <Key swatch={LIVE_SWATCHES[2]} name="Late or lost" value={formatOrNoData(silent.at(-1) ?? null, count)} />
          <Key
            swatch={LIVE_SWATCHES[3]}
            name={isLimitDrawn ? "Limit" : "Limit (above the chart)"}
            value={formatOrNoData(limit, count)}
          />
        </>
      }
      plot={
        <ChartCanvas width={span.steps} height={HEIGHT}>
          <Area values={alive} top={top} height={HEIGHT} className="fill-accent-fill/45" />
          <Area values={busy} top={top} height={HEIGHT} className="fill-accent-fill" />
          <Line values={silent.map((count) => count || null)} top={top} height={HEIGHT} className="stroke-bad" />
          {isLimitDrawn && <Line values={capacity} top={top} height={HEIGHT} className="stroke-ink-2" isDashed />}
        </ChartCanvas>
      }
      axis={axisOf(span)}
      unit="runners"
      swatches={LIVE_SWATCHES}
      columns={["Time", "Live", "Busy", "Late or lost", "Limit"]}
      rows={alive.map((_, step) => [
        when(step),
        ...[alive, busy, silent, capacity].map((values) => formatOrNoData(values[step] ?? null, count)),
      ])}
    />
  );
}

function LatencyChart({ periodWords, span, rows }: TimeChartProps) {
  const p50 = valuesByStep(rows, span, (row) => row.tripP50Ms);
  const p95 = valuesByStep(rows, span, (row) => row.tripP95Ms);
  const last = (values: StepValues) => values.findLast((value) => value !== null) ?? null;
  const top = durationScaleMax(p95.map((value) => value ?? 0));
  const when = useStepName(span);
  return (
    <Chart
      title="Heartbeat latency"
      summary={`Heartbeat round trips ${periodWords.sentence}: latest median ${formatOrNoData(last(p50), formatDuration)}, p95 ${formatOrNoData(last(p95), formatDuration)}`}
      scale={{ top, format: formatDuration }}
      from={periodWords.from}
      to={periodWords.to}
      legend={
        last(p50) === null ? (
          "No round trips recorded"
        ) : (
          <QuantileKeys
            p50={formatOrNoData(last(p50), formatDuration)}
            p95={formatOrNoData(last(p95), formatDuration)}
          />
        )
      }
      plot={
        <ChartCanvas width={span.steps} height={HEIGHT}>
          <Quantiles p50={p50} p95={p95} top={top} height={HEIGHT} />
        </ChartCanvas>
      }
      axis={axisOf(span)}
      swatches={[P50_SWATCH, P95_SWATCH]}
      columns={["Time", "Median", "p95"]}
      rows={p50.map((value, step) => [
        when(step),
        formatOrNoData(value, formatDuration),
        formatOrNoData(p95[step] ?? null, formatDuration),
      ])}
    />
  );
}
