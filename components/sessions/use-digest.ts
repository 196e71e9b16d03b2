import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useThrottledRefetch } from "@/components/live/throttled";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import type { SessionDigest, SessionSummary } from "@/contract/session";
import { DigestLoader } from "./digest-loader";

const PACE = { gatherMs: 30, everyMs: 1_000, idsMax: 50 };
/** Changes of a row that come together are asked about once. */
const REFETCH_MS = 200;
/** No stream tells of what is said in a session that is not open: while a turn is under way it is asked for as often. */
const RUNNING_POLL_MS = 2_000;
/** Just out of sight counts as in sight, so that a row that scrolls in has it. */
const IN_SIGHT_MARGIN = "200px 0px";

type Client = ReturnType<typeof useTRPCClient>;
/** Of one tab: its loader, and what each row was like when its digest was last asked for. */
type Reader = { loader: DigestLoader; marks: Map<string, string> };
const readers = new WeakMap<Client, Reader>();

function readerOf(client: Client): Reader {
  const existing = readers.get(client);
  if (existing !== undefined) return existing;
  const fetchDigests = async (sessionIds: string[]) => (await client.sessions.digests.query({ sessionIds })).items;
  const reader = { loader: new DigestLoader(fetchDigests, PACE), marks: new Map<string, string>() };
  readers.set(client, reader);
  return reader;
}

/**
 * What a session's calls took and what it last said, while it is in sight: undefined until that is known, null of one that
 * is gone. What is known stays while it is asked for again, as it is when the row changes.
 */
export function useDigest(
  session: SessionSummary,
  isInSight: boolean,
): { digest: SessionDigest | null | undefined; error: unknown } {
  const { sessionId, version, lastEventSeq, lastActivityAt, executionState } = session;
  const trpc = useTRPC();
  const client = useQueryClient();
  const { loader, marks } = readerOf(useTRPCClient());
  // Under the procedure's own key, so that whatever makes sessions stale makes it stale too.
  const queryKey = [...trpc.sessions.digests.pathKey(), sessionId];
  const query = useQuery({
    queryKey,
    queryFn: () => loader.load(sessionId),
    enabled: isInSight,
    refetchInterval: executionState === "running" ? RUNNING_POLL_MS : false,
  });
  const refetch = useThrottledRefetch(REFETCH_MS, queryKey);
  const mark = `${version}/${lastEventSeq}/${lastActivityAt}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row that changed is asked about once, by whichever of its cells.
  useEffect(() => {
    const before = marks.get(sessionId);
    marks.set(sessionId, mark);
    if (before === undefined || before === mark) return;
    // Also for when nobody is left to ask again.
    void client.invalidateQueries({ queryKey, exact: true, refetchType: "none" });
    refetch();
  }, [sessionId, mark]);
  return { digest: query.data, error: query.error };
}

/** Whether an element can be seen. */
export function useInSight(): { ref: RefObject<HTMLSpanElement | null>; isInSight: boolean } {
  const ref = useRef<HTMLSpanElement>(null);
  const [isInSight, setIsInSight] = useState(false);
  useEffect(() => {
    const { current } = ref;
    if (current === null) return;
    const observer = new IntersectionObserver((entries) => setIsInSight(entries.at(-1)?.isIntersecting ?? true), {
      rootMargin: IN_SIGHT_MARGIN,
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return { ref, isInSight };
}
