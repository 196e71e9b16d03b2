"use client";
import { useQuery } from "@tanstack/react-query";
import { cropSpan } from "@/components/queue/charts/chart-range";
import { spanOf } from "@/components/queue/charts/chart-series";
import { QueueCharts as QueuePictures } from "@/components/queue/charts/queue-charts";
import { useChartRange } from "@/components/queue/charts/use-chart-range";
import { LiveRunnersChart } from "@/components/runners/runner-charts";
import { useTRPC } from "@/components/trpc/client";
import { runnerHistory, runOutcomes } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { BrushContext } from "@/components/ui/chart/brush-context";
import { OutcomesChart } from "./outcomes-chart";

const HOUR_MINUTES = 60;
const DAY_HOURS = 24;

/** Charts of the last day: how runs ended, how many runners were live, and the queue. */
export function OverviewCharts() {
  const trpc = useTRPC();
  const { zoom, setZoom, minutes, periodWords, isOutOfRange } = useChartRange("24 h");
  const outcomes = useQuery(runOutcomes(trpc, Math.max(DAY_HOURS, Math.ceil(minutes / HOUR_MINUTES)))).data;
  const runners = useQuery(runnerHistory(trpc, minutes)).data;
  return (
    <>
      {zoom !== null && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-2">
          {isOutOfRange ? "There is no data for that time." : `Showing ${periodWords.from} to ${periodWords.to}`}
          <Button size="sm" onClick={() => setZoom(null)}>
            Show the last day
          </Button>
        </p>
      )}
      {!isOutOfRange && (
        <BrushContext value={setZoom}>
          <section aria-label="Runs and runners" className="grid min-h-50 shrink-0 gap-4 lg:grid-cols-2">
            {outcomes !== undefined && <OutcomesChart {...{ outcomes, periodWords, zoom }} />}
            {runners !== undefined && (
              <LiveRunnersChart periodWords={periodWords} span={cropSpan(spanOf(runners), zoom)} rows={runners.items} />
            )}
          </section>
        </BrushContext>
      )}
      <QueuePictures filter={{ queue: null, lane: null }} />
    </>
  );
}
