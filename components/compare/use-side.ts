"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { changesByFile, foldChanges } from "@/components/changes/fold-changes";
import { useChanges } from "@/components/changes/use-changes";
import type { FileDiff } from "@/components/conversation/diff";
import { useSessionRuns } from "@/components/sessions/use-session";
import { useTRPC } from "@/components/trpc/client";
import { usageOfSession } from "@/components/trpc/lists";
import { type TurnsRead, useTurns } from "@/components/turns/use-turns";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import type { UsageOf } from "@/contract/usage";
import { isTerminal } from "@/contract/words";
import type { SideName } from "./pairs";

/** What is looked at of a session at first, however long it is. */
export const RUNS_MAX = 20;
const EVENTS_MAX = 20_000;
const CHANGE_PAGES_MAX = 5;

/** One of the two sessions, with what was read of it. */
export type Side = {
  name: SideName;
  session: SessionSummary;
  openRun: Run | null;
  lastRun: Run | null;
  runCount: number;
  hasMoreRuns: boolean;
  usage: UsageOf | undefined;
  read: TurnsRead;
  readMore: () => void;
  files: FileDiff[];
  areFilesCut: boolean;
  areFilesPending: boolean;
  filesError: unknown;
  retryFiles: () => void;
};

/** Reads a session as far as a comparison goes: its newest runs, a bounded part of their events, the files they changed. */
export function useSide(name: SideName, session: SessionSummary): Side {
  const trpc = useTRPC();
  const { sessionId } = session;
  const { query, runs } = useSessionRuns(sessionId);
  const shown = runs.slice(0, RUNS_MAX);
  const usage = useQuery(usageOfSession(trpc, sessionId)).data;
  const [eventsMax, setEventsMax] = useState(EVENTS_MAX);
  const turns = useTurns(sessionId, shown, eventsMax);
  const read = { ...turns, isPending: turns.isPending || query.isPending };
  const changes = useChanges(shown, CHANGE_PAGES_MAX);
  const files = useMemo(
    () => changesByFile(foldChanges(changes.events).map((turn) => ({ ...turn, name: turn.key }))),
    [changes.events],
  );
  return {
    ...{ name, session, usage, read, files, runCount: runs.length },
    hasMoreRuns: runs.length > shown.length || query.hasNextPage,
    openRun: runs.find((run) => !isTerminal(run.status)) ?? null,
    lastRun: runs[0] ?? null,
    readMore: () => setEventsMax(Math.max(eventsMax, read.readCount) + EVENTS_MAX),
    areFilesCut: changes.isCut,
    areFilesPending: query.isPending || changes.isPending,
    filesError: changes.error,
    retryFiles: changes.retry,
  };
}
