"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { isWaiting, useRunCommands } from "@/components/sessions/use-session";
import { docAddress, runAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { approvalPages } from "@/components/trpc/lists";
import { cn } from "@/components/ui/class-names";
import { Id } from "@/components/ui/copy";
import { shortenId } from "@/components/ui/format";
import { TONE_TEXT, type Tone } from "@/components/ui/state";
import { Countdown } from "@/components/ui/time";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { runJobs } from "./run-jobs";
import { explainWhy, type Why } from "./why";

const FRAME: Record<Tone, string> = {
  good: "border-good/40",
  busy: "border-busy/40",
  warn: "border-warn/50 bg-warn-soft/40",
  bad: "border-bad/40 bg-bad-soft",
  quiet: "bg-panel",
};

/** Why a run waits, was stopped or failed, what happens next by itself, and where that is written. */
export function WhyCard({ run }: { run: Run }) {
  const trpc = useTRPC();
  const isOver = isTerminal(run.status);
  const sessionId = typeof run.sessionRef?.sessionId === "string" ? run.sessionRef.sessionId : null;
  const jobs = useQuery(runJobs(trpc, run.id)).data?.items ?? [];
  const commands = useRunCommands(run.id).data;
  const approvals = useInfiniteQuery({
    ...approvalPages(trpc, { runId: run.id, status: "pending" }),
    enabled: run.status === "claimed",
  });
  const session = useQuery(
    trpc.sessions.get.queryOptions(
      { sessionId: sessionId ?? "" },
      { enabled: sessionId !== null && run.status === "pending" },
    ),
  );
  const activeId = session.data?.activeRunId ?? null;
  const why = explainWhy({
    run,
    jobs,
    pendingApprovals: isOver ? 0 : (approvals.data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0),
    sessionRun: activeId === null || activeId === run.id ? null : { id: activeId },
    lastTurn: commands?.findLast((command) => command.type === "turn") ?? null,
    // Until they are known, it is not said that there are none.
    hasOpenCommand: commands?.some(isWaiting) ?? true,
  });
  if (why === null) return null;
  return (
    <section aria-labelledby="why" className={cn("rounded-lg border p-4 text-sm", FRAME[why.tone])}>
      <h2 id="why" className={cn("font-semibold", why.tone === "quiet" ? "text-ink" : TONE_TEXT[why.tone])}>
        {why.title}
      </h2>
      <dl className="mt-1.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1">
        <dt className="text-ink-3">Rule</dt>
        <dd className="text-ink-2 wrap-anywhere">{why.rule}</dd>
        {why.holder !== undefined && (
          <>
            <dt className="text-ink-3">Holder</dt>
            <dd className="text-ink-2">
              <Holder holder={why.holder} sessionId={sessionId} />
            </dd>
          </>
        )}
        <dt className="text-ink-3">Next</dt>
        <dd className="text-ink-2">
          {why.next} {why.nextAt !== undefined && <Countdown to={why.nextAt} />}
        </dd>
      </dl>
      {why.message !== undefined && (
        <pre className="scroll-thin mt-2 max-h-60 overflow-y-auto text-xs wrap-anywhere whitespace-pre-wrap">
          {why.message}
        </pre>
      )}
      <p className="mt-2 text-xs">
        <Link href={docAddress("runs", why.doc)} prefetch={false} className="text-accent underline">
          What this means
        </Link>
      </p>
    </section>
  );
}

function Holder({ holder, sessionId }: { holder: NonNullable<Why["holder"]>; sessionId: string | null }) {
  if (holder.runId !== undefined)
    return (
      <>
        {holder.name}{" "}
        <Link href={runAddress(holder.runId)} className="font-mono text-xs text-accent underline">
          {shortenId(holder.runId)}
        </Link>
      </>
    );
  if (holder.isApproval === true)
    return (
      <Link
        href={sessionId === null ? "/approvals" : `/sessions/${encodeURIComponent(sessionId)}`}
        className="text-accent underline"
      >
        {holder.name}
      </Link>
    );
  return (
    <>
      {holder.name} {holder.id !== undefined && <Id id={holder.id} />}
    </>
  );
}
