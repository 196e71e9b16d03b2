"use client";
import Link from "next/link";
import { Profile } from "@/components/sessions/demo-label";
import { explainRun } from "@/components/sessions/session-state";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { shortenId } from "@/components/ui/format";
import { State } from "@/components/ui/state";
import { type Column, Table } from "@/components/ui/table";
import { Duration, Time } from "@/components/ui/time";
import type { Run } from "@/contract/run";

const COLUMNS: Column<Run>[] = [
  {
    name: "Status",
    cell: (run) => {
      const explained = explainRun(run);
      return <State state={explained.state} word={explained.word} title={explained.why} />;
    },
  },
  {
    name: "Run",
    isLead: true,
    className: "max-sm:order-first",
    cell: (run) => (
      <Link
        href={runAddress(run.id)}
        className="font-mono text-xs font-medium whitespace-nowrap after:absolute after:inset-0 hover:underline"
        title={run.id}
      >
        {shortenId(run.id)}
      </Link>
    ),
  },
  {
    name: "Session",
    cell: (run) => {
      const sessionId = run.sessionRef?.sessionId;
      if (typeof sessionId !== "string") return <span className="text-ink-3">none</span>;
      return (
        <Link
          href={sessionAddress(sessionId)}
          className="relative font-mono text-xs whitespace-nowrap hover:underline"
          title={sessionId}
        >
          {shortenId(sessionId)}
        </Link>
      );
    },
  },
  { name: "Profile", cell: (run) => <Profile profile={run.backendProfile} /> },
  {
    name: "Failure",
    isWideOnly: true,
    className: "max-w-72",
    cell: (run) =>
      run.failureKind === null ? null : (
        <span className="block truncate text-xs text-bad" title={run.failureMessage ?? undefined}>
          {run.failureKind}
          {run.failureMessage !== null && <span className="text-ink-2"> · {run.failureMessage}</span>}
        </span>
      ),
  },
  { name: "Attempt", isWideOnly: true, className: "text-right tabular-nums", cell: (run) => run.attemptCount },
  {
    name: "Events",
    isWideOnly: true,
    className: "text-right tabular-nums",
    cell: (run) => run.lastEventSeq.toLocaleString("en"),
  },
  {
    name: "Length",
    isWideOnly: true,
    className: "text-right whitespace-nowrap tabular-nums",
    cell: (run) => <Duration from={run.createdAt} to={run.terminalStatus === null ? null : run.updatedAt} />,
  },
  {
    name: "Created",
    className: "whitespace-nowrap text-ink-2 sm:text-right",
    cell: (run) => <Time at={run.createdAt} />,
  },
];

/** Runs, newest first. */
export function RunsTable({ runs, isInSession = false }: { runs: readonly Run[]; isInSession?: boolean }) {
  const columns = isInSession ? COLUMNS.filter((column) => column.name !== "Session") : COLUMNS;
  return <Table label="Runs" rows={runs} columns={columns} keyOf={(run) => run.id} />;
}
