import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useNewRows } from "@/components/live/new-rows";
import { useFrames } from "@/components/live/provider";
import { useThrottled } from "@/components/live/throttled";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { inPages } from "@/components/trpc/lists";
import { toServerTime } from "@/components/ui/time/clock";
import type { Page } from "@/contract/page";
import type { SessionSummary } from "@/contract/session";
import { fits, isAnnounced, type SessionFilter, sessionsInput } from "./filter";

/** The server is asked about so many changes together. */
const REFETCH_WAIT_MS = 800;

type SessionNewsOptions = { ids: readonly string[]; isRead: boolean; filter: SessionFilter; queryKey: QueryKey };

/**
 * Sessions that a list lacks and would show. What is unread, or needs somebody, no frame tells: about such changes the
 * server is asked, those of a while together.
 */
export function useSessionNews({ ids, isRead, filter, queryKey }: SessionNewsOptions) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const readerId = useReader();
  const newRows = useNewRows({ ids, isRead, filter, queryKey });
  const doubtful = useRef(new Set<string>());
  const latest = useRef(filter);
  useEffect(() => {
    latest.current = filter;
    doubtful.current.clear();
  }, [filter]);
  const refetch = useThrottled(REFETCH_WAIT_MS, async () => {
    const [sessionIds] = inPages([...doubtful.current]);
    if (sessionIds === undefined) return;
    for (const id of sessionIds) doubtful.current.delete(id);
    const input = { ...sessionsInput(filter, readerId), sessionIds, limit: sessionIds.length };
    // Asked once and read here: each answer that stayed would be patched with every session that changes.
    const found = client.fetchQuery({ ...trpc.sessions.list.queryOptions(input), staleTime: 0, gcTime: 0 });
    const note = ({ items }: Page<SessionSummary>) => {
      // What was asked under another filter is no news of this.
      if (latest.current !== filter) return;
      for (const { sessionId } of items) newRows.note(sessionId);
      if (doubtful.current.size > 0) refetch();
    };
    const keep = () => {
      // What was not answered is asked with the next change.
      for (const id of sessionIds) doubtful.current.add(id);
    };
    await found.then(note, keep);
  });
  useFrames("session", (frame) => {
    const { session, sessionId } = frame;
    if (frame.kind === "deleted" || session === undefined || ids.includes(sessionId)) return;
    if (!fits(filter, session, toServerTime(Date.now()))) return;
    if (isAnnounced(filter)) return newRows.note(sessionId);
    doubtful.current.add(sessionId);
    refetch();
  });
  return newRows;
}
