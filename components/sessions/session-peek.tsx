"use client";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { sessionAddress } from "@/components/shell/addresses";
import { RunLogsProvider, useFollow, useRunLog } from "@/components/trace/session-logs";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button, buttonStyle } from "@/components/ui/button";
import { showTricks } from "@/components/ui/hidden-text";
import { ErrorCard, QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { lastLines } from "./last-lines";
import { nameOf } from "./name";
import { explainSession } from "./session-state";

const LINES = 20;

/** A look into a session beside the list: its last lines, as they come. The list keeps the focus. */
export function SessionPeek({ session, onClose }: { session: SessionSummary; onClose: () => void }) {
  const { state, word, why } = explainSession(session, null);
  const runId = session.activeRunId ?? session.lastRunId;
  return (
    <aside
      aria-label={`Last lines of ${nameOf(session)}`}
      className="flex min-h-0 w-full flex-col border-l bg-panel max-sm:h-1/2 max-sm:border-t max-sm:border-l-0 sm:w-96 xl:w-[32rem]"
    >
      <header className="flex items-center gap-2 border-b px-3 py-2">
        <h2 className="min-w-0 flex-1 truncate text-sm font-semibold">{nameOf(session)}</h2>
        <State isBare state={state} word={word} title={showTricks(why)} />
        <Link href={sessionAddress(session.sessionId)} className={buttonStyle({ size: "sm" })}>
          Open
        </Link>
        <Button look="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X aria-hidden className="size-4" />
        </Button>
      </header>
      {runId === null ? (
        <p className="p-3 text-sm text-ink-3">Nothing was asked of it yet.</p>
      ) : (
        <RunLogsProvider key={runId}>
          <Loading runId={runId} />
        </RunLogsProvider>
      )}
    </aside>
  );
}

function Loading({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const run = useQuery(trpc.runs.get.queryOptions({ runId }));
  return <QueryView query={run}>{(run) => <Lines run={run} />}</QueryView>;
}

function Lines({ run }: { run: Run }) {
  const { log, snapshot } = useRunLog(run);
  useFollow(run.id);
  const lines = lastLines(snapshot, LINES);
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is at the end.
  useEffect(() => {
    if (end.current !== null) end.current.scrollTop = end.current.scrollHeight;
  }, [lines.join("\n")]);
  if (snapshot.state === "failed")
    return <ErrorCard error={readError(snapshot.error)} onRetry={() => void log.load(run.lastEventSeq)} />;
  return (
    <div ref={end} className="scroll-thin min-h-0 flex-1 overflow-auto">
      {/* Lines come faster than anybody listens: the conversation's own log reads them out. */}
      <pre className="p-3 text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
        {snapshot.state === "loading"
          ? "Loading…"
          : lines.length === 0
            ? "It has said nothing yet."
            : showTricks(lines.join("\n"))}
      </pre>
    </div>
  );
}
