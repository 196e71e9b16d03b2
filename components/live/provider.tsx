"use client";
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTRPC } from "@/components/trpc/client";
import { setServerTime } from "@/components/ui/time/clock";
import type { Approval, ApprovalSummary } from "@/contract/approval";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import type { TaskFrame } from "@/contract/watch";
import { LiveConnection, type LiveStatus } from "./connection";
import type { FrameName, Frames, Watched } from "./frames";
import { getLatePatches } from "./late-patches";
import {
  patchApproval,
  patchBeats,
  patchLists,
  patchRecords,
  patchRun,
  patchRunner,
  patchRunners,
  patchSession,
  patchStorage,
  patchTasks,
} from "./patch";
import { StreamTurns } from "./stream-turns";

const LiveContext = createContext<LiveConnection | null>(null);
/** A tab that is only glanced away from keeps its stream. */
const HIDDEN_GRACE_MS = 30_000;
/** A queue may change a thousand times a second: what comes together is put into the lists together. */
const TASKS_REFETCH_WAIT_MS = 200;

/** Holds the tab's one event stream and keeps every cached list and record up to date from it. */
export function LiveProvider({ since, children }: { since: string; children: ReactNode }) {
  const [connection] = useState(() => new LiveConnection({ since, openSource: (url) => new EventSource(url) }));
  useEffect(() => watchLooks(connection), [connection]);
  return (
    <LiveContext value={connection}>
      <CachePatches connection={connection} />
      {children}
    </LiveContext>
  );
}

/** Opens the stream when somebody looks at the tab, and closes it when nobody does or other tabs need its place. */
function watchLooks(connection: LiveConnection): () => void {
  const turns = new StreamTurns(navigator.locks ?? null, () => connection.pause());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = () => {
    turns.release();
    connection.pause();
  };
  const checkVisibility = () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") {
      timer = setTimeout(pause, HIDDEN_GRACE_MS);
      return;
    }
    turns.acquire();
    connection.start();
  };
  // One that was opened behind another has not been looked at yet.
  if (document.visibilityState === "hidden") pause();
  else checkVisibility();
  document.addEventListener("visibilitychange", checkVisibility);
  // Two windows may both be visible: the one that is worked in comes first.
  window.addEventListener("focus", checkVisibility);
  const resume = () => {
    if (connection.getStatus().state === "paused") checkVisibility();
  };
  document.addEventListener("pointerdown", resume);
  document.addEventListener("keydown", resume);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", checkVisibility);
    window.removeEventListener("focus", checkVisibility);
    document.removeEventListener("pointerdown", resume);
    document.removeEventListener("keydown", resume);
    turns.release();
    connection.close();
  };
}

export function useLive(): LiveConnection {
  const connection = use(LiveContext);
  if (connection === null) throw new Error("useLive needs a LiveProvider above it");
  return connection;
}

const CONNECTING: LiveStatus = { state: "connecting" };

export function useLiveStatus(): LiveStatus {
  const connection = useLive();
  return useSyncExternalStore(connection.onStatus, connection.getStatus, () => CONNECTING);
}

/** Calls the latest `listener` for every frame of that name. */
export function useFrames<Name extends FrameName>(name: Name, listener: (frame: Frames[Name]) => void): void {
  const connection = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => connection.on(name, (frame) => latest.current(frame)), [connection, name]);
}

/** Has the stream tell of something while this page is shown. */
export function useWatched(kind: Watched): void {
  const connection = useLive();
  useEffect(() => connection.watch(kind), [connection, kind]);
}

function onDatabaseBack(connection: LiveConnection, listener: () => void): () => void {
  let before = connection.getStatus().state;
  return connection.onStatus(() => {
    const { state } = connection.getStatus();
    if (before === "stale" && state === "live") listener();
    before = state;
  });
}

let openSessionId: string | null = null;

/** Says which session is being read, so that its own changes do not mark it unread. */
export function useReading(sessionId: string): void {
  useEffect(() => {
    openSessionId = sessionId;
    return () => {
      openSessionId = null;
    };
  }, [sessionId]);
}

function CachePatches({ connection }: { connection: LiveConnection }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  useEffect(() => {
    const late = getLatePatches(client);
    let tasks = new Map<string, TaskFrame>();
    let batches = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // A patch brings no row that is new, and moves none: a list that nobody looks at is read anew once somebody does.
    const readWhenShown = (...queryKeys: QueryKey[]) => {
      for (const queryKey of queryKeys)
        void client.invalidateQueries({ queryKey, type: "inactive", refetchType: "none" });
    };
    const patchGathered = () => {
      timer = undefined;
      const gathered = tasks;
      tasks = new Map();
      batches += 1;
      late.apply(`tasks ${batches}`, (only) => patchTasks(client, trpc, (id) => gathered.get(id), only));
      readWhenShown(trpc.queue.listTasks.pathKey());
    };
    const stops = [
      connection.on("hello", (hello) => setServerTime(hello.serverTime)),
      connection.on("session", (frame) => {
        const patch = (cached: SessionSummary) => patchSession(cached, frame, openSessionId);
        late.apply(`session ${frame.sessionId}`, (only) => {
          patchLists<SessionSummary>(client, trpc.sessions.list.pathKey(), patch, only);
          patchRecords<SessionSummary>(client, trpc.sessions.get.pathKey(), (cached) => patch(cached) ?? cached, only);
          patchLists<StorageSummary>(client, trpc.storage.list.pathKey(), (item) => patchStorage(item, frame), only);
        });
        readWhenShown(trpc.sessions.list.pathKey(), trpc.storage.list.pathKey());
        if (frame.sessionId !== openSessionId || frame.kind === "deleted") return;
        void client.invalidateQueries({ queryKey: trpc.storage.get.queryKey({ sessionId: frame.sessionId }) });
        void client.invalidateQueries({ queryKey: trpc.storage.sizes.queryKey({ sessionId: frame.sessionId }) });
      }),
      connection.on("run", (run) => {
        late.apply(`run ${run.id}`, (only) => {
          patchLists<Run>(client, trpc.runs.list.pathKey(), (item) => patchRun(item, run), only);
          patchRecords<Run>(client, trpc.runs.get.pathKey(), (cached) => patchRun(cached, run), only);
        });
        readWhenShown(trpc.runs.list.pathKey());
        void client.invalidateQueries({ queryKey: trpc.runnerJobs.list.pathKey() });
      }),
      connection.on("approval", (approval) => {
        late.apply(`approval ${approval.id}`, (only) => {
          patchLists<ApprovalSummary>(
            client,
            trpc.approvals.list.pathKey(),
            (item) => patchApproval(item, approval),
            only,
          );
          patchRecords<Approval>(
            client,
            trpc.approvals.get.pathKey(),
            (cached) => patchApproval(cached, approval),
            only,
          );
        });
        // Lists by status gain or lose a row, which a patch in place cannot show.
        void client.invalidateQueries({ queryKey: trpc.approvals.list.pathKey() });
        // Sessions and the runs of a list count the approvals that wait.
        void client.invalidateQueries({ queryKey: trpc.sessions.pathKey() });
        void client.invalidateQueries({ queryKey: trpc.runs.list.pathKey() });
      }),
      connection.on("task", (task) => {
        tasks.set(task.id, task);
        timer ??= setTimeout(patchGathered, TASKS_REFETCH_WAIT_MS);
      }),
      connection.on("runner", (runner) => {
        late.apply(`runner ${runner.id}`, (only) =>
          patchRunners(client, trpc, (cached) => patchRunner(cached, runner), only),
        );
        readWhenShown(trpc.runners.list.pathKey());
      }),
      connection.on("beats", (frame) => {
        const heartbeatsById = new Map(frame.runners.map((runner) => [runner.id, runner]));
        patchRunners(client, trpc, (cached) => patchBeats(cached, heartbeatsById.get(cached.id)));
      }),
      connection.onGap(() => void client.invalidateQueries()),
      // The stream itself missed nothing, but what was asked for meanwhile was refused.
      onDatabaseBack(connection, () => {
        void client.invalidateQueries({ predicate: ({ state }) => state.status === "error" });
      }),
      connection.onMissed((what) => {
        const missed = { tasks: trpc.queue, approvals: trpc.approvals, runners: trpc.runners }[what];
        void client.invalidateQueries({ queryKey: missed.pathKey() });
      }),
    ];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [connection, client, trpc]);
  return null;
}
