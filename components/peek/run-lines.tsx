"use client";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useEffect, useRef } from "react";
import { RunLogsProvider, useFollow, useRunLog } from "@/components/trace/session-logs";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ErrorCard, QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { Run } from "@/contract/run";
import { lastParts } from "./last-lines";

// A list has no text of agents until somebody looks at one.
const Markdown = dynamic(() => import("@/components/conversation/markdown").then((module) => module.Markdown), {
  ssr: false,
});

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
  const parts = lastParts(snapshot, LINES);
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is new is at the end.
  useEffect(() => {
    if (end.current !== null) end.current.scrollTop = end.current.scrollHeight;
  }, [parts.map(({ lines }) => lines.join("\n")).join("\n")]);
  if (snapshot.state === "failed")
    return <ErrorCard error={readError(snapshot.error)} onRetry={() => void log.load(run.lastEventSeq)} />;
  return (
    <ScrollRegion ref={end} label="Last lines" className={cn("min-h-0", className)}>
      {/* Lines come faster than anybody listens: the conversation's own log reads them out. */}
      {parts.length === 0 ? (
        <p className="p-3 text-xs text-ink-3">{snapshot.state === "loading" ? "Loading…" : "No output yet"}</p>
      ) : (
        <div className="flex flex-col gap-2 p-3">
          {parts.map(({ kind, lines }, index) =>
            kind === "markdown" ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: a part is told by its place, and keeps nothing.
              <Markdown key={index} text={lines.join("\n")} />
            ) : (
              // biome-ignore lint/suspicious/noArrayIndexKey: a part is told by its place, and keeps nothing.
              <pre key={index} className="text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
                {revealHidden(lines.join("\n"))}
              </pre>
            ),
          )}
        </div>
      )}
    </ScrollRegion>
  );
}
