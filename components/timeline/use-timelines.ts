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
  const [timelinesById] = useState(() => new Map<string, RunTimeline>());
  const timelines = runs.map((run) => {
    const timeline =
      timelinesById.get(run.id) ??
      new RunTimeline(run.id, {
        fetchPage: (runId, cursor) => client.runs.timeline.query({ runId, ...(cursor === null ? {} : { cursor }) }),
      });
    timelinesById.set(run.id, timeline);
    return timeline;
  });
  const key = timelines.map((timeline) => timeline.runId).join(" ");
  const current = useRef(timelines);
  useEffect(() => {
    current.current = timelines;
  });
  const readAll = useCallback(() => {
    for (const timeline of current.current) void timeline.read();
  }, []);

  useFrames("event", (event) => timelinesById.get(event.runId)?.noteSeq(event.seq));
  useFrames("run", (run) => {
    const timeline = timelinesById.get(run.id);
    // Its end, or a launch, may be all that changed.
    if (timeline !== undefined && current.current.includes(timeline)) void timeline.read();
  });
  useEffect(() => live.onGap(readAll), [live, readAll]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names the runs.
  useEffect(readAll, [key, readAll]);
  const hasPending = runs.some((run) => run.status === "pending");
  useEffect(() => {
    if (!hasPending) return;
    const timer = setInterval(readAll, LAUNCH_POLL_MS);
    return () => clearInterval(timer);
  }, [hasPending, readAll]);

  return { timelines: useSnapshots(timelines, key), retry: readAll };
}

function useSnapshots(timelines: readonly RunTimeline[], key: string): TimelineSnapshot[] {
  const last = useRef<TimelineSnapshot[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key names the timelines.
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = timelines.map((timeline) => timeline.subscribe(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [key],
  );
  const read = () => {
    const now = timelines.map((timeline) => timeline.getSnapshot());
    const isSame =
      now.length === last.current.length && now.every((snapshot, index) => snapshot === last.current[index]);
    if (!isSame) last.current = now;
    return last.current;
  };
  return useSyncExternalStore(subscribe, read, read);
}

/** Whether any of the timelines still grows. */
export function isGrowing(runs: readonly Run[]): boolean {
  return runs.some((run) => !isTerminal(run.status));
}
