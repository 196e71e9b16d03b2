"use client";
import { createContext, type ReactNode, use, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { useFrames, useLive } from "@/components/live/provider";
import { useTRPCClient } from "@/components/trpc/client";
import type { EventPage } from "@/contract/event";
import type { Run } from "@/contract/run";
import { RunEventLog, type RunLogSnapshot } from "./run-event-log";

type FetchPage = (runId: string, afterSeq: number, limit: number) => Promise<EventPage>;

/** The logs of the runs that a page shows, kept while it is open so that its tabs share them. */
class RunLogs {
  readonly #logs = new Map<string, RunEventLog>();
  readonly #fetchPage: FetchPage;

  constructor(fetchPage: FetchPage) {
    this.#fetchPage = fetchPage;
  }

  find(runId: string): RunEventLog | undefined {
    return this.#logs.get(runId);
  }

  all(): Iterable<RunEventLog> {
    return this.#logs.values();
  }

  get(runId: string): RunEventLog {
    const existing = this.#logs.get(runId);
    if (existing !== undefined) return existing;
    const log = new RunEventLog(runId, { fetchPage: (afterSeq, limit) => this.#fetchPage(runId, afterSeq, limit) });
    this.#logs.set(runId, log);
    return log;
  }
}

const LogsContext = createContext<RunLogs | null>(null);

/** Keeps the logs below it, and feeds them from the tab's stream. */
export function RunLogsProvider({ children }: { children: ReactNode }) {
  const client = useTRPCClient();
  const live = useLive();
  const [logs] = useState(
    () => new RunLogs((runId, afterSeq, limit) => client.events.list.query({ runId, afterSeq, limit })),
  );
  useFrames("event", (event) => {
    logs.find(event.runId)?.push(event);
    live.seen(event.runId, event.seq);
  });
  useFrames("live", (frame) => logs.find(frame.runId)?.pushLive(frame.frames));
  useFrames("run", (run) => {
    const log = logs.find(run.id);
    // Runs that are not followed tell of their events by their record alone.
    if (log?.isReady && run.lastEventSeq > log.lastSeq) void log.catchUp();
  });
  useEffect(
    () =>
      live.onGap(() => {
        for (const log of logs.all()) void log.catchUp();
      }),
    [live, logs],
  );
  return <LogsContext value={logs}>{children}</LogsContext>;
}

function useLogs(): RunLogs {
  const logs = use(LogsContext);
  if (logs === null) throw new Error("useRunLog needs a RunLogsProvider above it");
  return logs;
}

/** A run's log, loaded when it is first asked for. */
export function useRunLog(run: Pick<Run, "id" | "lastEventSeq">): { log: RunEventLog; snapshot: RunLogSnapshot } {
  const log = useLogs().get(run.id);
  const snapshot = useSyncExternalStore(log.subscribe, log.getSnapshot, log.getSnapshot);
  // biome-ignore lint/correctness/useExhaustiveDependencies: later ends of the log come by the stream.
  useEffect(() => {
    if (!log.isReady) void log.load(run.lastEventSeq);
  }, [log]);
  return { log, snapshot };
}

/** Follows a run by the tab's stream once its log is loaded, so that nothing is sent twice. */
export function useFollow(runId: string | null): void {
  const live = useLive();
  const logs = useLogs();
  const subscribe = useCallback(
    (listener: () => void) => (runId === null ? () => {} : logs.get(runId).subscribe(listener)),
    [logs, runId],
  );
  const isReady = useSyncExternalStore(
    subscribe,
    () => runId !== null && logs.get(runId).isReady,
    () => false,
  );
  useEffect(() => {
    if (runId === null || !isReady) return;
    live.follow({ runId, afterSeq: logs.get(runId).lastSeq });
  }, [live, logs, runId, isReady]);
  useEffect(() => () => live.follow(null), [live]);
}
