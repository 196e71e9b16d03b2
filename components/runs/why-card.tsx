"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { RunnerLink } from "@/components/runners/runner-link";
import { isWaiting, useRunCommands } from "@/components/sessions/use-session";
import { runAddress, runJobAddress, runLogAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { shortenId } from "@/components/ui/format";
import type { Run } from "@/contract/run";
import { runJobs } from "./run-jobs";
import { usePendingApprovals } from "./use-pending-approvals";
import { explainWhy, type Why, type WhyFacts } from "./why";
import { WhyBox } from "./why-box";

/** Why a run waits, was stopped or failed, what happens next by itself, and where that is written. */
export function WhyCard({ run }: { run: Run }) {
  const trpc = useTRPC();
  const sessionId = typeof run.sessionRef?.sessionId === "string" ? run.sessionRef.sessionId : null;
  const jobs = useQuery(runJobs(trpc, run.id)).data?.items ?? [];
  const commands = useRunCommands(run.id).data;
  const pendingApprovals = usePendingApprovals(run);
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
    pendingApprovals,
    sessionRun: activeId === null || activeId === run.id ? null : { id: activeId },
    lastTurn: commands === undefined ? failedTurnOf(run) : (commands.findLast(({ type }) => type === "turn") ?? null),
    // Until they are known, it is not said that there are none.
    hasOpenCommand: commands?.some(isWaiting) ?? true,
  });
  if (why === null) return null;
  return (
    <WhyBox
      why={why}
      holder={why.holder && <Holder holder={why.holder} sessionId={sessionId} />}
      // Of a run that nobody ever tried there is nothing to read.
      more={jobs.length > 0 && <Sources runId={run.id} />}
    />
  );
}

/** What the run itself tells of its last turn, before its commands are there. */
function failedTurnOf({ turnFailureKind }: Run): WhyFacts["lastTurn"] {
  if (turnFailureKind === null || turnFailureKind === undefined) return null;
  return { state: "failed", failureKind: turnFailureKind, failureMessage: null };
}

/** Where more of it is read: what the runner wrote, and what became of its Job or process. */
function Sources({ runId }: { runId: string }) {
  return (
    <>
      <Link href={runLogAddress(runId)} className="leading-6 text-accent underline">
        Runner log
      </Link>
      <Link href={runJobAddress(runId)} className="leading-6 text-accent underline">
        Job and pod events
      </Link>
    </>
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
        className="leading-6 text-accent underline"
      >
        {holder.name}
      </Link>
    );
  return (
    <>
      {holder.name} {holder.id !== undefined && <RunnerLink id={holder.id} />}
    </>
  );
}
