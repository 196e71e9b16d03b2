"use client";
import { useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useFrames, useLive } from "@/components/live/provider";
import { useTRPCClient } from "@/components/trpc/client";
import type { RunEvent } from "@/contract/event";
import type { Run } from "@/contract/run";

const CHANGES_PAGE = 100;
const CHANGE_TYPES = ["file_change", "diff"];

/** What was read of a run's changes; cut, where there were more pages than were wanted. */
type Read = { events: RunEvent[]; isCut: boolean };

/**
 * The events of some runs that tell of changed files, the oldest run's first; a new one is there at once. Of each run so
 * many pages are read at most.
 */
export function useChanges(runs: readonly Run[], pagesMax = Number.POSITIVE_INFINITY) {
  const keyOf = (runId: string): readonly unknown[] => ["run-changes", runId, pagesMax];
  const api = useTRPCClient();
  const client = useQueryClient();
  const live = useLive();
  useFrames("event", (event) => {
    if (!CHANGE_TYPES.includes(event.type)) return;
    client.setQueryData<Read>(keyOf(event.runId), (cached) => {
      const last = cached?.events.at(-1)?.seq ?? 0;
      return cached === undefined || cached.isCut || event.seq <= last
        ? cached
        : { ...cached, events: [...cached.events, event] };
    });
  });
  useFrames("run", (run) => {
    // Runs that are not followed tell of their events by their record alone.
    if (runs.some((listed) => listed.id === run.id)) void client.invalidateQueries({ queryKey: keyOf(run.id) });
  });
  useEffect(() => live.onGap(() => void client.invalidateQueries({ queryKey: ["run-changes"] })), [live, client]);
  return useQueries({
    queries: runs.toReversed().map((run) => ({
      queryKey: keyOf(run.id),
      // Frames reach it while its tab is shown alone: what came meanwhile is read when it is shown again.
      refetchOnMount: "always" as const,
      queryFn: async (): Promise<Read> => {
        const events: RunEvent[] = [];
        for (let afterSeq = 0, pages = 1; ; pages += 1) {
          const page = await api.runs.changes.query({ runId: run.id, afterSeq, limit: CHANGES_PAGE });
          events.push(...page.items);
          if (page.cursor === null || pages >= pagesMax) return { events, isCut: page.cursor !== null };
          afterSeq = Number(page.cursor);
        }
      },
    })),
    combine: (results) => ({
      events: results.flatMap((result) => result.data?.events ?? []),
      isCut: results.some((result) => result.data?.isCut === true),
      isPending: results.some((result) => result.isPending),
      error: results.find((result) => result.error !== null)?.error ?? null,
      retry: () => {
        for (const result of results) if (result.error !== null) void result.refetch();
      },
    }),
  });
}
