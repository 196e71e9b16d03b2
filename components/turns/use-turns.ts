"use client";
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useFrames } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";
import { useTRPCClient } from "@/components/trpc/client";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { allot, type NumberedTurn, type ReadRun, readOn } from "./read-turns";

const KEY = "run-turns";
/** The stream tells of the events of one run alone: two that work are asked for what is new. */
const WORKING_POLL_MS = 2_000;
const REFETCH_WAIT_MS = 300;

export type TurnsRead = {
  turns: NumberedTurn[];
  readCount: number;
  /** All events that the runs are known to have. */
  eventCount: number;
  isPending: boolean;
  error: unknown;
  retry: () => void;
};

/** The turns of some runs, the oldest first, from so many events at most; what comes is read on from there. */
export function useTurns(sessionId: string, runs: readonly Run[], eventsMax: number): TurnsRead {
  const api = useTRPCClient();
  const client = useQueryClient();
  const oldestFirst = runs.toReversed();
  const allotted = allot(oldestFirst, eventsMax);
  const refetch = useThrottledRefetch(REFETCH_WAIT_MS, [KEY]);
  useFrames("run", (run) => runs.some((listed) => listed.id === run.id) && refetch());
  useFrames("session", (frame) => frame.sessionId === sessionId && refetch());
  const readUpTo = useRef(eventsMax);
  useEffect(() => {
    if (readUpTo.current === eventsMax) return;
    readUpTo.current = eventsMax;
    refetch();
  });
  return useQueries({
    queries: oldestFirst.map((run) => ({
      queryKey: [KEY, run.id],
      enabled: (allotted.get(run.id) ?? 0) > 0,
      refetchOnMount: "always" as const,
      refetchInterval: isTerminal(run.status) ? (false as const) : WORKING_POLL_MS,
      queryFn: () =>
        readOn(client.getQueryData<ReadRun>([KEY, run.id]), allotted.get(run.id) ?? 0, (cursor) =>
          api.runs.turns.query({ runId: run.id, limit: 100, ...(cursor === null ? {} : { cursor }) }),
        ),
    })),
    combine: (results) => ({
      turns: results
        .flatMap((result, index) =>
          (result.data?.turns ?? []).map((turn) => ({ ...turn, runId: oldestFirst[index]?.id ?? "" })),
        )
        .map((turn, index) => ({ ...turn, number: index + 1 })),
      readCount: results.reduce((sum, result) => sum + (result.data?.readSeq ?? 0), 0),
      eventCount: oldestFirst.reduce(
        (sum, run, index) => sum + Math.max(run.lastEventSeq, results[index]?.data?.lastSeq ?? 0),
        0,
      ),
      isPending: results.some((result) => result.isLoading),
      error: results.find((result) => result.error !== null)?.error ?? null,
      // From the first page: what stopped it may be the place that it was left at.
      retry: () => {
        for (const [index, result] of results.entries())
          if (result.error !== null) void client.resetQueries({ queryKey: [KEY, oldestFirst[index]?.id] });
      },
    }),
  });
}
