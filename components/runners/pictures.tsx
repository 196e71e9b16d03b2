"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Over, overLast } from "@/components/queue/part";
import { axisOf, RANGE_NAMES, RANGES, type Span, spanOf } from "@/components/queue/picture";
import { useTRPC } from "@/components/trpc/client";
import { runnerHistory } from "@/components/trpc/lists";
import { ceilingOf, durationCeiling } from "@/components/ui/ceiling";
import { Chart, Key, QuantileKeys } from "@/components/ui/chart";
import { Choices } from "@/components/ui/choices";
import type { Course } from "@/components/ui/course";
import { Area, Drawing, HALF, Line, MOST, Quantiles } from "@/components/ui/drawing";
import { formatDuration } from "@/components/ui/format";
import { useStepName } from "@/components/ui/step-name";
import type { RunnerMinute } from "@/contract/runner";
import { courseOf } from "./course";

const HEIGHT = 100;

/** How many runners lived and worked against what there is room for, and how long their beats took. */
export function Pictures() {
  const trpc = useTRPC();
  const [range, setRange] = useState<keyof typeof RANGES>("6 h");
  const history = useQuery(runnerHistory(trpc, RANGES[range])).data;
  if (history === undefined) return <div className="min-h-58" />;
  const span = spanOf(history);
  const told = { over: overLast(range), span, rows: history.items };
  return (
    <section aria-label="Pictures" className="flex flex-col gap-2">
      <div className="flex justify-end">
        <Choices label="Period" values={RANGE_NAMES} value={range} onChange={setRange} />
      </div>
      <div className="grid gap-4 lg:grid-cols-2">
        <AliveChart {...told} />
        <LatencyChart {...told} />
      </div>
    </section>
  );
}

type OverTime = { over: Over; span: Span; rows: readonly RunnerMinute[] };

const shown = (value: number | null, unit: (value: number) => string) => (value === null ? "No data" : unit(value));

const ALIVE_SWATCHES = ["bg-accent-fill/45", "bg-accent-fill", "border-t-2 border-bad rounded-none h-0", MOST] as const;

/** How many runners lived and worked, against what there was room for. */
export function AliveChart({ over, span, rows }: OverTime) {
  const of = (pick: (row: RunnerMinute) => number) => courseOf(rows, span, pick);
  const [alive, busy, silent, capacity] = [
    of((row) => row.alive),
    of((row) => row.busy),
    of((row) => row.silent),
    of((row) => row.capacity),
  ];
  const most = Math.max(0, ...alive.map((count) => count ?? 0));
  const room = capacity.findLast((count) => count !== null) ?? null;
  // Room that is far above would press all the rest to the ground.
  const isRoomDrawn = room !== null && room <= Math.max(8, most * 4);
  const top = ceilingOf([most, ...(isRoomDrawn ? [room] : [])]);
  const when = useStepName(span);
  const count = (value: number) => String(value);
  return (
    <Chart
      title="Live and busy runners"
      summary={`Runners ${over.words}: ${alive.at(-1) ?? 0} live ${over.end}, peak ${most}, limit ${room ?? "unknown"}`}
      scale={{ top, format: String }}
      from={over.from}
      to={over.to}
      legend={
        <>
          <Key swatch={ALIVE_SWATCHES[0]} name="Live" figure={shown(alive.at(-1) ?? null, count)} />
          <Key swatch={ALIVE_SWATCHES[1]} name="Busy" figure={shown(busy.at(-1) ?? null, count)} />
          <Key swatch={ALIVE_SWATCHES[2]} name="Late or lost" figure={shown(silent.at(-1) ?? null, count)} />
          <Key
            swatch={ALIVE_SWATCHES[3]}
            name={isRoomDrawn ? "Limit" : "Limit (above the chart)"}
            figure={shown(room, count)}
          />
        </>
      }
      picture={
        <Drawing width={span.steps} height={HEIGHT}>
          <Area course={alive} top={top} height={HEIGHT} className="fill-accent-fill/45" />
          <Area course={busy} top={top} height={HEIGHT} className="fill-accent-fill" />
          <Line course={silent.map((count) => count || null)} top={top} height={HEIGHT} className="stroke-bad" />
          {isRoomDrawn && <Line course={capacity} top={top} height={HEIGHT} className="stroke-ink-2" isDashed />}
        </Drawing>
      }
      axis={axisOf(span)}
      unit="runners"
      swatches={ALIVE_SWATCHES}
      columns={["Time", "Live", "Busy", "Late or lost", "Limit"]}
      rows={alive.map((_, step) => [
        when(step),
        ...[alive, busy, silent, capacity].map((course) => shown(course[step] ?? null, count)),
      ])}
    />
  );
}

function LatencyChart({ over, span, rows }: OverTime) {
  const p50 = courseOf(rows, span, (row) => row.tripP50Ms);
  const p95 = courseOf(rows, span, (row) => row.tripP95Ms);
  const last = (course: Course) => course.findLast((value) => value !== null) ?? null;
  const top = durationCeiling(p95.map((value) => value ?? 0));
  const when = useStepName(span);
  return (
    <Chart
      title="Heartbeat latency"
      summary={`Heartbeat round trips ${over.words}: latest median ${shown(last(p50), formatDuration)}, p95 ${shown(last(p95), formatDuration)}`}
      scale={{ top, format: formatDuration }}
      from={over.from}
      to={over.to}
      legend={
        last(p50) === null ? (
          "No round trips recorded"
        ) : (
          <QuantileKeys half={shown(last(p50), formatDuration)} most={shown(last(p95), formatDuration)} />
        )
      }
      picture={
        <Drawing width={span.steps} height={HEIGHT}>
          <Quantiles p50={p50} p95={p95} top={top} height={HEIGHT} />
        </Drawing>
      }
      axis={axisOf(span)}
      swatches={[HALF, MOST]}
      columns={["Time", "Median", "p95"]}
      rows={p50.map((value, step) => [
        when(step),
        shown(value, formatDuration),
        shown(p95[step] ?? null, formatDuration),
      ])}
    />
  );
}
