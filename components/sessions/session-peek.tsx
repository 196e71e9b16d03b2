"use client";
import { PeekPanel } from "@/components/peek/peek-panel";
import { RunLines } from "@/components/peek/run-lines";
import { sessionAddress } from "@/components/shell/addresses";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import type { SessionSummary } from "@/contract/session";
import { SessionSpent } from "./digest-cells";
import { nameOf } from "./name";
import { SessionRowMenu } from "./session-menu";
import { explainSession } from "./session-state";

/** A look into a session beside the list: what it took, and its last lines, as they come. */
export function SessionPeek({ session, onClose }: { session: SessionSummary; onClose: () => void }) {
  const { state, word, why } = explainSession(session, null);
  const runId = session.activeRunId ?? session.lastRunId;
  return (
    <PeekPanel
      id={session.sessionId}
      title={nameOf(session)}
      state={<State isIconless state={state} word={word} title={revealHidden(why)} />}
      href={sessionAddress(session.sessionId)}
      actions={<SessionRowMenu session={session} />}
      onClose={onClose}
    >
      <SessionSpent key={session.sessionId} session={session} />
      {runId === null ? (
        <p className="p-3 text-sm text-ink-3">No messages yet</p>
      ) : (
        <RunLines key={runId} runId={runId} className="flex-1" />
      )}
    </PeekPanel>
  );
}
