"use client";
import { useQuery } from "@tanstack/react-query";
import { RANGES, spanOf } from "@/components/queue/picture";
import { Pictures as QueuePictures } from "@/components/queue/pictures";
import { AliveChart } from "@/components/runners/pictures";
import { useTRPC } from "@/components/trpc/client";
import { runnerHistory, runOutcomes } from "@/components/trpc/lists";
import { OutcomesChart } from "./outcomes-chart";

const RANGE = "24 h";

/** How it came so: how runs ended, how many runners worked, and how the queue went. */
export function Pictures() {
  const trpc = useTRPC();
  const outcomes = useQuery(runOutcomes(trpc)).data;
  const runners = useQuery(runnerHistory(trpc, RANGES[RANGE])).data;
  return (
    <>
      <section aria-label="Runs and runners" className="grid min-h-50 shrink-0 gap-4 lg:grid-cols-2">
        {outcomes !== undefined && <OutcomesChart outcomes={outcomes} />}
        {runners !== undefined && <AliveChart range={RANGE} span={spanOf(runners)} rows={runners.items} />}
      </section>
      <QueuePictures filter={{ queue: null, lane: null }} />
    </>
  );
}
