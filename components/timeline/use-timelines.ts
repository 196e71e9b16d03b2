"use client";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useFrames, useLive } from "@/components/live/provider";
import { useTRPCClient } from "@/components/trpc/client";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { RunTimeline, type TimelineSnapshot } from "./run-timeline";

/** A launch writes no event, so a run that waits for one is looked at again. */
const LAUNCH_POLL_MS = 5_000;

/** The timelines of some runs, read when they are first asked for and on from there as the stream tells of events. */
export function useTimelines(runs: readonly Run[]): { timelines: TimelineSnapshot[]; retry: () => void } {
  const client = useTRPCClient();
  const live = useLive();
  const [known] = useState(() => new Map<string, RunTimeline>());
  const wanted = runs.map((run) => {
    const one =
      known.get(run.id) ??
      new RunTimeline(run.id, {
        fetchPage: (runId, cursor) => client.runs.timeline.query({ runId, ...(cursor === null ? {} : { cursor }) }),
      });
    known.set(run.id, one);
    return one;
  });
  const key = wanted.map((one) => one.runId).join(" ");
  const current = useRef(wanted);
  useEffect(() => {
    current.current = wanted;
  });
  const readAll = useCallback(() => {
    for (const one of current.current) void one.read();
  }, []);

  useFrames("event", (event) => known.get(event.runId)?.tell(event.seq));
  useFrames("run", (run) => {
    const one = known.get(run.id);
    // Its end, or a launch, may be all that changed.
    if (one !== undefined && current.current.includes(one)) void one.read();
  });
  useEffect(() => live.onGap(readAll), [live, readAll]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names the runs.
  useEffect(readAll, [key, readAll]);
  const waits = runs.some((run) => run.status === "pending");
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(readAll, LAUNCH_POLL_MS);
    return () => clearInterval(timer);
  }, [waits, readAll]);

  return { timelines: useSnapshots(wanted, key), retry: readAll };
}

function useSnapshots(wanted: readonly RunTimeline[], key: string): TimelineSnapshot[] {
  const last = useRef<TimelineSnapshot[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names the timelines.
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = wanted.map((one) => one.subscribe(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [key],
  );
  const read = () => {
    const now = wanted.map((one) => one.getSnapshot());
    const isSame = now.length === last.current.length && now.every((one, index) => one === last.current[index]);
    if (!isSame) last.current = now;
    return last.current;
  };
  return useSyncExternalStore(subscribe, read, read);
}

/** Whether any of the timelines still grows. */
export function isGrowing(runs: readonly Run[]): boolean {
  return runs.some((run) => !isTerminal(run.status));
}
