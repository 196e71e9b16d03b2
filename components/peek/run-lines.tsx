"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { RunLogsProvider, useFollow, useRunLog } from "@/components/trace/session-logs";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { cn } from "@/components/ui/class-names";
import { showTricks } from "@/components/ui/hidden-text";
import { ErrorCard, QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { Run } from "@/contract/run";
import { lastLines } from "./last-lines";

const LINES = 20;

/** The last lines of what a run's agent was told, said, ran and got, as they come. */
export function RunLines({ runId, className }: { runId: string; className?: string }) {
  const trpc = useTRPC();
  const run = useQuery(trpc.runs.get.queryOptions({ runId }));
  return (
    <RunLogsProvider key={runId}>
      <QueryView query={run}>{(run) => <Lines run={run} className={className} />}</QueryView>
    </RunLogsProvider>
  );
}

function Lines({ run, className }: { run: Run; className?: string | undefined }) {
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
    <ScrollRegion ref={end} label="Last lines" className={cn("min-h-0", className)}>
      {/* Lines come faster than anybody listens: the conversation's own log reads them out. */}
      <pre className="p-3 text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
        {snapshot.state === "loading"
          ? "Loading…"
          : lines.length === 0
            ? "No output yet"
            : showTricks(lines.join("\n"))}
      </pre>
    </ScrollRegion>
  );
}
