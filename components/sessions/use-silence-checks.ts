import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { heardSessions } from "@/components/trpc/lists";
import { toServerTime } from "@/components/ui/time/clock";
import type { SessionSummary } from "@/contract/session";

/** How often it is looked whose turn has become quiet. */
const CHECK_MS = 5_000;

/**
 * Sessions with whether their turns have gone silent as it is now. No stream tells of output that does not come, nor of
 * output in a session that is not open: the server is asked about those that seem to have been quiet for too long.
 */
export function useSilenceChecks(sessions: readonly SessionSummary[]): readonly SessionSummary[] {
  const trpc = useTRPC();
  const readerId = useReader();
  const isAny = sessions.some(isAtWork);
  const facts = useQuery({
    ...trpc.health.facts.queryOptions(),
    ...{ staleTime: Number.POSITIVE_INFINITY, enabled: isAny },
  }).data;
  const nowMs = useCheckTime(isAny);
  const quiet = nowMs === null || facts === undefined ? [] : quietIds(sessions, nowMs - facts.stuckAfterMs);
  const queries = useQueries({ queries: heardSessions(trpc, quiet, readerId) });
  return withSilence(
    sessions,
    queries.flatMap((query) => query.data?.items ?? []),
  );
}

/** The server's time, seldom; null while nothing is at work, and before the page has come to life. */
function useCheckTime(isOn: boolean): number | null {
  const [nowMs, setNowMs] = useState<number | null>(null);
  useEffect(() => {
    if (!isOn) return setNowMs(null);
    const tick = () => setNowMs(toServerTime(Date.now()));
    tick();
    const timer = setInterval(tick, CHECK_MS);
    return () => clearInterval(timer);
  }, [isOn]);
  return nowMs;
}

function isAtWork({ executionState, pendingApprovals }: SessionSummary): boolean {
  return executionState === "running" && pendingApprovals === 0;
}

/** Those at work that were last heard of before an instant, as far as this page knows. */
export function quietIds(sessions: readonly SessionSummary[], beforeMs: number): string[] {
  const isQuiet = ({ lastActivityAt }: SessionSummary) =>
    lastActivityAt !== null && Date.parse(lastActivityAt) <= beforeMs;
  return sessions
    .filter((session) => isAtWork(session) && isQuiet(session))
    .map(({ sessionId }) => sessionId)
    .sort();
}

/** Sessions with what was heard of them since. */
export function withSilence(
  sessions: readonly SessionSummary[],
  checked: readonly SessionSummary[],
): readonly SessionSummary[] {
  if (checked.length === 0) return sessions;
  const heardById = new Map(checked.map((session) => [session.sessionId, session]));
  return sessions.map((session) => {
    const since = heardById.get(session.sessionId);
    if (since === undefined || since.version < session.version) return session;
    return { ...session, silentSince: since.silentSince, lastActivityAt: since.lastActivityAt };
  });
}
