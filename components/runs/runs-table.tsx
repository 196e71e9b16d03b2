"use client";
import Link from "next/link";
import { useMemo } from "react";
import { columnsFor } from "@/components/arrange/columns";
import { GroupedTable } from "@/components/arrange/grouped-table";
import type { ShownGroups } from "@/components/arrange/use-groups";
import { Profile } from "@/components/sessions/demo-label";
import { attemptOf, explainRun } from "@/components/sessions/session-state";
import { runAddress, runnerAddress, sessionAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Column, RowChoice } from "@/components/ui/list/table";
import { State } from "@/components/ui/state";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import { failureWords } from "@/contract/failure-words";
import type { ColumnId } from "@/contract/query/arrangement";
import { RUN_COLUMNS } from "@/contract/query/runs";
import type { Run, RunSummary } from "@/contract/run";
import { MORE_CELLS } from "./more-cells";
import { RunMenu } from "./run-menu";
import { sessionIdOf } from "./session-id";
import { useLeases } from "./use-leases";

/** Without these a row says nothing. */
const LEADING_COLUMNS: Column<RunSummary>[] = [
  {
    name: "State",
    cell: (run) => {
      const explained = explainRun(run, run.pendingApprovals);
      return (
        <span className="flex flex-col items-start gap-0.5 max-sm:flex-row max-sm:items-center max-sm:gap-2">
          <State state={explained.state} word={explained.word} why={revealHidden(explained.why)} />
          {(run.status === "failed" || run.turnFailureKind != null) && (
            <span className="pl-2 text-2xs text-bad max-sm:pl-0" title={revealHidden(run.failureMessage) ?? undefined}>
              {revealHidden(sentence(failureWords(run.failureKind ?? run.turnFailureKind)))}
            </span>
          )}
        </span>
      );
    },
  },
  {
    name: "Run",
    // On a phone the menu has the rest of its line.
    className: "max-sm:order-first max-sm:min-w-0 max-sm:basis-[calc(100%-3.5rem)]",
    cell: (run) => (
      <span className="flex min-w-0 flex-col">
        <Link
          href={runAddress(run.id)}
          title={revealHidden(run.title) ?? run.id}
          className="max-w-80 truncate leading-6 font-medium after:absolute after:inset-0 hover:underline max-sm:max-w-full"
        >
          {run.title === null ? <code className="text-xs">{shortenId(run.id)}</code> : revealHidden(run.title)}
        </Link>
        <span className="flex min-w-0 items-center gap-x-2 font-mono text-2xs text-ink-3">
          {run.title !== null && <span title={run.id}>{shortenId(run.id)}</span>}
          <SessionLink run={run} />
        </span>
      </span>
    ),
  },
];

/** Closer together where all columns would not fit a desk of 1,280 pixels. */
const NARROW = "sm:max-2xl:px-2";

const DEFAULT_COLUMNS: Record<ColumnId<typeof RUN_COLUMNS, false>, Omit<Column<RunSummary>, "name">> = {
  profile: { className: NARROW, cell: (run) => <Profile profile={run.backendProfile} /> },
  attempt: {
    isWideOnly: true,
    className: cn(NARROW, "whitespace-nowrap text-ink-2 tabular-nums"),
    cell: attemptOf,
  },
  runner: {
    isWideOnly: true,
    className: NARROW,
    cell: (run) => <Holder run={run} />,
  },
  queued: {
    isWideOnly: true,
    className: cn(NARROW, "text-right whitespace-nowrap text-ink-2"),
    cell: (run) => <Time at={run.createdAt} />,
  },
  started: {
    className: cn(NARROW, "text-right whitespace-nowrap text-ink-2"),
    cell: (run) => (run.startedAt === null ? <span className="text-ink-3">—</span> : <Time at={run.startedAt} />),
  },
  duration: {
    className: cn(NARROW, "text-right whitespace-nowrap text-ink-2 tabular-nums"),
    cell: (run) =>
      run.startedAt === null ? null : (
        <Duration from={run.startedAt} to={run.terminalStatus === null ? null : run.updatedAt} />
      ),
  },
};

const ACTIONS: Column<RunSummary> = {
  name: "Actions",
  isNameHidden: true,
  className: "w-9 text-right max-sm:order-first max-sm:self-start",
  cell: (run) => <RunMenu run={run} />,
};

function SessionLink({ run }: { run: Run }) {
  const sessionId = sessionIdOf(run);
  if (sessionId === null) return null;
  return (
    <Link href={sessionAddress(sessionId)} className="relative truncate leading-6 hover:underline" title={sessionId}>
      {shortenId(sessionId)}
    </Link>
  );
}

/** Who has the run, and until when unless it is heard of again. */
function Holder({ run }: { run: Run }) {
  if (run.claimedBy === null) return <span className="text-xs text-ink-3">None</span>;
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
          Lease {run.leaseState === "held" ? "ends " : run.leaseState}
          {run.leaseState === "held" && <Countdown to={run.leaseExpiresAt} />}
        </span>
      )}
    </span>
  );
}

const renderMore = (id: string, run: RunSummary) => MORE_CELLS[id as keyof typeof MORE_CELLS](run);

type RunsTableProps = {
  runs: readonly RunSummary[];
  isInSession?: boolean;
  choice?: RowChoice | null;
  /** The one that a panel is open at. */
  lookedInto?: string | null;
  /** Those that were chosen, where they were. */
  columns?: string | null;
  groups?: ShownGroups<RunSummary> | null;
  hasMore?: boolean;
};

/** Runs, newest first. In a session all have its title: there the id leads. */
export function RunsTable({ runs, isInSession = false, columns = null, groups = null, ...props }: RunsTableProps) {
  const leased = useLeases(runs);
  const shown = useMemo(
    () => [
      ...LEADING_COLUMNS,
      ...columnsFor(RUN_COLUMNS, columns, { defaultColumns: DEFAULT_COLUMNS, renderMore }),
      ACTIONS,
    ],
    [columns],
  );
  const rows = isInSession ? leased.map((run) => ({ ...run, title: null, sessionRef: null })) : leased;
  return (
    <GroupedTable
      label="Runs"
      noun="run"
      rows={rows}
      columns={shown}
      keyOf={(run) => run.id}
      choice={props.choice}
      currentKey={props.lookedInto}
      groups={groups === null ? null : withRows(groups, rows)}
      hasMore={props.hasMore ?? false}
    />
  );
}

/** Groups of the rows as they are now. */
function withRows(shown: ShownGroups<RunSummary>, rows: readonly RunSummary[]): ShownGroups<RunSummary> {
  const byId = new Map(rows.map((run) => [run.id, run]));
  const groups = shown.groups.map((group) => ({ ...group, rows: group.rows.map((run) => byId.get(run.id) ?? run) }));
  return { ...shown, groups };
}
