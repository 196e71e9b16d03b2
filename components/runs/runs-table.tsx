"use client";
import Link from "next/link";
import { Profile } from "@/components/sessions/demo-label";
import { attemptOf, explainRun } from "@/components/sessions/session-state";
import { runAddress, runnerAddress, sessionAddress } from "@/components/shell/addresses";
import { shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { State } from "@/components/ui/state";
import { type Column, type RowChoice, Table } from "@/components/ui/table";
import { Countdown, Duration, Time } from "@/components/ui/time";
import type { Run, RunSummary } from "@/contract/run";
import { RunMenu } from "./run-menu";
import { useLeases } from "./use-leases";

const COLUMNS: Column<RunSummary>[] = [
  {
    name: "Status",
    cell: (run) => {
      const explained = explainRun(run);
      return (
        <span className="flex flex-col items-start gap-0.5 max-sm:flex-row max-sm:items-center max-sm:gap-2">
          <State state={explained.state} word={explained.word} title={explained.why} />
          {run.status === "failed" && (
            <span className="pl-2 text-2xs text-bad max-sm:pl-0" title={run.failureMessage ?? undefined}>
              {run.failureKind ?? "unknown"}
            </span>
          )}
        </span>
      );
    },
  },
  {
    name: "Run",
    isLead: true,
    className: "max-sm:order-first",
    cell: (run) => (
      <span className="flex min-w-0 flex-col">
        <Link
          href={runAddress(run.id)}
          title={run.title ?? run.id}
          className="max-w-80 truncate font-medium after:absolute after:inset-0 hover:underline max-sm:max-w-full"
        >
          {run.title === null ? <code className="text-xs">{shortenId(run.id)}</code> : showTricks(run.title)}
        </Link>
        <span className="flex min-w-0 gap-x-2 font-mono text-2xs text-ink-3">
          {run.title !== null && <span title={run.id}>{shortenId(run.id)}</span>}
          <SessionLink run={run} />
        </span>
      </span>
    ),
  },
  { name: "Profile", cell: (run) => <Profile profile={run.backendProfile} /> },
  {
    name: "Attempt",
    isWideOnly: true,
    className: "whitespace-nowrap text-ink-2 tabular-nums",
    cell: attemptOf,
  },
  {
    name: "Runner",
    isWideOnly: true,
    cell: (run) => <Holder run={run} />,
  },
  {
    name: "Queued",
    isWideOnly: true,
    className: "text-right whitespace-nowrap text-ink-2",
    cell: (run) => <Time at={run.createdAt} />,
  },
  {
    name: "Started",
    className: "text-right whitespace-nowrap text-ink-2",
    cell: (run) => (run.startedAt === null ? <span className="text-ink-3">not yet</span> : <Time at={run.startedAt} />),
  },
  {
    name: "Duration",
    className: "text-right whitespace-nowrap text-ink-2 tabular-nums",
    cell: (run) =>
      run.startedAt === null ? null : (
        <Duration from={run.startedAt} to={run.terminalStatus === null ? null : run.updatedAt} />
      ),
  },
  { name: "Actions", className: "w-9 text-right max-sm:ml-auto", cell: (run) => <RunMenu run={run} /> },
];

function SessionLink({ run }: { run: Run }) {
  const sessionId = run.sessionRef?.sessionId;
  if (typeof sessionId !== "string") return null;
  return (
    <Link href={sessionAddress(sessionId)} className="relative truncate hover:underline" title={sessionId}>
      {shortenId(sessionId)}
    </Link>
  );
}

/** Who has the run, and until when unless it is heard of again. */
function Holder({ run }: { run: Run }) {
  if (run.claimedBy === null) return <span className="text-xs text-ink-3">none</span>;
  return (
    <span className="flex flex-col text-2xs">
      <Link
        href={runnerAddress(run.claimedBy)}
        prefetch={false}
        title={run.claimedBy}
        className="relative font-mono whitespace-nowrap hover:underline"
      >
        {shortenId(run.claimedBy)}
      </Link>
      {run.status === "claimed" && run.leaseExpiresAt !== null && (
        <span className="whitespace-nowrap text-ink-3">
          lease {run.leaseState === "held" ? "ends " : run.leaseState}
          {run.leaseState === "held" && <Countdown to={run.leaseExpiresAt} />}
        </span>
      )}
    </span>
  );
}

type RunsTableProps = { runs: readonly RunSummary[]; isInSession?: boolean; choice?: RowChoice | null };

/** Runs, newest first. In a session all have its title: there the id leads. */
export function RunsTable({ runs, isInSession = false, choice }: RunsTableProps) {
  const leased = useLeases(runs);
  const rows = isInSession ? leased.map((run) => ({ ...run, title: null, sessionRef: null })) : leased;
  return <Table label="Runs" rows={rows} columns={COLUMNS} keyOf={(run) => run.id} choice={choice} />;
}
