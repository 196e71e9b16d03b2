"use client";
import { State } from "@/components/ui/state";
import { useHydratedNow } from "@/components/ui/time/clock";
import type { SessionSummary } from "@/contract/session";
import { explainSession } from "./session-state";

/** What a session of a list is doing, and why; of what is silent also for how long. */
export function SessionState({ session }: { session: SessionSummary }) {
  return session.silentSince === null ? (
    <ExplainedState session={session} nowMs={null} />
  ) : (
    <Silent session={session} />
  );
}

function Silent({ session }: { session: SessionSummary }) {
  return <ExplainedState session={session} nowMs={useHydratedNow()} />;
}

function ExplainedState({ session, nowMs }: { session: SessionSummary; nowMs: number | null }) {
  const { state, word, why } = explainSession(session, null, nowMs);
  return <State state={state} word={word} why={why} />;
}
