"use client";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Health } from "@/contract/health";

// Every page carries this one: it brings no more than it must.
const StatusAway = lazy(async () => ({ default: (await import("@/components/status/status-away")).StatusAway }));

const POLL_MS = 2_000;

/** Null while the server does not answer at all. */
async function readHealth(): Promise<Health | null> {
  try {
    const answer = await fetch("/readyz", { signal: AbortSignal.timeout(5_000) });
    return (await answer.json()) as Health;
  } catch {
    return null;
  }
}

type BrokenPageProps = {
  error: Error & { digest?: string };
  /** Asks for the page again, and keeps what stands around it; else everything is loaded again. */
  onRetry?: () => void;
};

/**
 * In the place of a page that could not be made. While the server or its database is away it says so and comes back by
 * itself; what broke otherwise is named by the mark under which the server's log has it.
 */
export function BrokenPage({ error, onRetry = () => window.location.reload() }: BrokenPageProps) {
  const health = useQuery({ queryKey: ["readyz"], queryFn: readHealth, refetchInterval: POLL_MS, staleTime: 0 });
  const isAway = health.data !== undefined && health.data?.ready !== true;
  const wasAway = useRef(false);
  const retry = useRef(onRetry);
  useEffect(() => {
    retry.current = onRetry;
  });
  useEffect(() => {
    // Only what was seen to be away is asked for again: a page that breaks by itself would be so for ever.
    if (!isAway && !wasAway.current) return;
    wasAway.current = isAway;
    if (!isAway) retry.current();
  }, [isAway]);
  // Who is sent to the status page finds it, also when it can tell of nothing else.
  if (isAway && window.location.pathname === "/status")
    return (
      <Suspense>
        <StatusAway health={health.data ?? null} />
      </Suspense>
    );
  const why =
    health.data?.reachable === false
      ? "can't reach the database"
      : (revealHidden(health.data?.message) ?? "can't reach the server");
  return (
    <div role="alert" className="mx-auto flex h-full min-h-80 max-w-md flex-col items-center justify-center gap-2 px-6">
      <h1 className="text-sm font-semibold">{isAway ? revealHidden(sentence(why)) : "Something went wrong"}</h1>
      <div className="text-center text-sm text-ink-2">
        {isAway ? (
          <>
            <p>This page loads as soon as it's back. Running agents aren't affected.</p>
            <p className="mt-2">
              <a href="/status" className="text-accent underline">
                View status
              </a>
            </p>
          </>
        ) : (
          <>
            <p>{revealHidden(error.message)}</p>
            {error.digest !== undefined && (
              <p className="mt-2">
                Error ID in the server log: <code className="text-xs">{error.digest}</code>
              </p>
            )}
          </>
        )}
      </div>
      <Button className="mt-2" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
