"use client";
import { useQuery } from "@tanstack/react-query";
import { cropped } from "@/components/queue/part";
import { spanOf } from "@/components/queue/picture";
import { Pictures as QueuePictures } from "@/components/queue/pictures";
import { usePart } from "@/components/queue/use-part";
import { AliveChart } from "@/components/runners/pictures";
import { useTRPC } from "@/components/trpc/client";
import { runnerHistory, runOutcomes } from "@/components/trpc/lists";
import { BrushContext } from "@/components/ui/brush-context";
import { Button } from "@/components/ui/button";
import { OutcomesChart } from "./outcomes-chart";

const HOUR_MINUTES = 60;
const DAY_HOURS = 24;

/** Charts of the last day: how runs ended, how many runners were live, and the queue. */
export function Pictures() {
  const trpc = useTRPC();
  const { part, setPart, minutes, over, isBeyond } = usePart("24 h");
  const outcomes = useQuery(runOutcomes(trpc, Math.max(DAY_HOURS, Math.ceil(minutes / HOUR_MINUTES)))).data;
  const runners = useQuery(runnerHistory(trpc, minutes)).data;
  return (
    <>
      {part !== null && (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-2">
          {isBeyond ? "There is no data for that time." : `Showing ${over.from} to ${over.to}`}
          <Button size="sm" onClick={() => setPart(null)}>
            Show the last day
          </Button>
        </p>
      )}
      {!isBeyond && (
        <BrushContext value={setPart}>
          <section aria-label="Runs and runners" className="grid min-h-50 shrink-0 gap-4 lg:grid-cols-2">
            {outcomes !== undefined && <OutcomesChart {...{ outcomes, over, part }} />}
            {runners !== undefined && (
              <AliveChart over={over} span={cropped(spanOf(runners), part)} rows={runners.items} />
            )}
          </section>
        </BrushContext>
      )}
      <QueuePictures filter={{ queue: null, lane: null }} />
    </>
  );
}
