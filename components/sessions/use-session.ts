"use client";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { getLatePatches } from "@/components/live/late-patches";
import { patchLists, patchRead } from "@/components/live/patch";
import { useFrames, useReading } from "@/components/live/provider";
import { useReader } from "@/components/shell/identity";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { isNotFound } from "@/components/trpc/errors";
import { runPages } from "@/components/trpc/lists";
import type { Command } from "@/contract/command";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { isTerminal } from "@/contract/words";
import { COMMANDS_PAGE, commandsKey } from "./commands-key";

/** A session as its reader sees it; opening it marks it read, and so does every change while it is open. */
export function useSession(sessionId: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const readerId = useReader();
  const session = useQuery(trpc.sessions.get.queryOptions({ sessionId, readerId }));
  const { mutate: markRead } = useMutation(
    trpc.sessions.markRead.mutationOptions({
      // No stream tells of a reader's marks, and a list that is being fetched may have been read just before.
      onSuccess: ({ sessionVersion }) =>
        getLatePatches(client).apply(`read ${sessionId}`, (only) =>
          patchLists<SessionSummary>(
            client,
            trpc.sessions.list.pathKey(),
            (item) => (item.sessionId === sessionId ? patchRead(item, sessionVersion) : item),
            only,
          ),
        ),
    }),
  );
  const version = session.data?.version;
  useReading(sessionId);
  useEffect(() => {
    if (version !== undefined && document.visibilityState === "visible") markRead({ sessionId, readerId, version });
  }, [markRead, sessionId, readerId, version]);
  return session;
}

/** Whether a session that is shown was deleted since: the stream tells it, or it was not found when it was read again. */
export function useIsDeleted(sessionId: string, error: unknown): boolean {
  const [deletedId, setDeletedId] = useState<string | null>(null);
  useFrames("session", (frame) => {
    // An id may be given again.
    if (frame.sessionId === sessionId) setDeletedId(frame.kind === "deleted" ? sessionId : null);
  });
  return deletedId === sessionId || isNotFound(error);
}

/** A session's runs, newest first; a new one appears by itself. */
export function useSessionRuns(sessionId: string) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const query = useInfiniteQuery(runPages(trpc, { sessionId }));
  const runs = query.data?.pages.flatMap((page) => page.items) ?? [];
  useFrames("run", (run) => {
    if (run.sessionRef?.sessionId !== sessionId || runs.some((listed) => listed.id === run.id)) return;
    void client.invalidateQueries({ queryKey: trpc.runs.list.pathKey() });
  });
  return { query, runs };
}

/** The run whose events a session's page follows: the one that works, else the next to work, else the newest. */
export function pickFollowed(runs: readonly Run[]): Run | null {
  const open = runs.filter((run) => !isTerminal(run.status));
  return open.find((run) => run.status === "claimed") ?? open.at(-1) ?? runs[0] ?? null;
}

const OPEN_POLL_MS = 2_000;

/** Every command of a run. Its own events refresh it; while one is open it is also asked for, since an ack has no event. */
export function useRunCommands(runId: string | null) {
  const api = useTRPCClient();
  const client = useQueryClient();
  const key = commandsKey(runId ?? "none");
  useFrames("event", (event) => {
    if (event.runId !== runId) return;
    const phase = event.payload.phase;
    const isAboutCommand =
      event.type === "user_message" || (typeof phase === "string" && /^(command|turn)-/.test(phase));
    if (isAboutCommand) void client.invalidateQueries({ queryKey: key });
  });
  return useQuery({
    queryKey: key,
    enabled: runId !== null,
    refetchInterval: (query) => (query.state.data?.some(isWaiting) === true ? OPEN_POLL_MS : false),
    queryFn: async () => {
      const commands: Command[] = [];
      for (let afterSeq = 0; runId !== null; ) {
        const page = await api.commands.list.query({ runId, afterSeq, limit: COMMANDS_PAGE });
        commands.push(...page.items);
        const last = page.items.at(-1);
        if (page.cursor === null || last === undefined) break;
        afterSeq = last.seq;
      }
      return commands;
    },
  });
}

/** A command that has not come to an end. */
export function isWaiting(command: Pick<Command, "state">): boolean {
  return command.state === "pending" || command.state === "acknowledged";
}
