"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import { Profile } from "@/components/sessions/demo-label";
import { runAddress, runnerAddress } from "@/components/shell/addresses";
import { formatBytes, formatDuration, sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, type RowChoice, Table } from "@/components/ui/list/table";
import { State } from "@/components/ui/state";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import type { Runner } from "@/contract/runner";
import { attemptOf, explainRunner } from "./explain";
import { HeartbeatStrip } from "./heartbeat-strip";
import { latencyOf } from "./heartbeats";
import { SkewBadge } from "./skew-badge";

// With what it does to a runner. Its button comes a moment after the rows.
const RunnerMenu = dynamic(() => import("./runner-menu").then((module) => module.RunnerMenu), {
  loading: () => <span className="block size-7" />,
});

const COLUMNS: Column<Runner>[] = [
  { name: "State", cell: (runner) => <RunnerState runner={runner} /> },
  {
    name: "Runner",
    isLead: true,
    className: "max-sm:order-first",
    cell: (runner) => (
      <span className="flex min-w-0 flex-col">
        <Link
          href={runnerAddress(runner.id)}
          title={runner.id}
          className="truncate font-mono text-xs leading-6 font-medium after:absolute after:inset-0 hover:underline"
        >
          {shortenId(runner.id)}
        </Link>
        <RunLink runner={runner} />
      </span>
    ),
  },
  {
    name: "Heartbeats",
    cell: (runner) => (
      <span className="flex flex-col gap-0.5">
        <HeartbeatStrip runner={runner} />
        <span className="whitespace-nowrap text-2xs text-ink-3">
          <Time at={runner.heartbeatAt} />
          <Latency runner={runner} />
        </span>
      </span>
    ),
  },
  {
    name: "Profile",
    isWideOnly: true,
    cell: (runner) => (runner.backendProfile === null ? null : <Profile profile={runner.backendProfile} />),
  },
  {
    name: "Place",
    isWideOnly: true,
    cell: (runner) => (
      <span className="flex max-w-40 flex-col items-start text-xs text-ink-2">
        <span className="max-w-full truncate" title={revealHidden(runner.placement ?? undefined)}>
          {revealHidden(runner.placement)}
        </span>
        <span className="max-w-full truncate text-2xs text-ink-3">{revealHidden(processOf(runner))}</span>
      </span>
    ),
  },
  {
    name: "Epoch",
    isWideOnly: true,
    className: "text-ink-2 tabular-nums",
    cell: (runner) => (
      <span className="flex items-center gap-1.5">
        {runner.leaseEpoch}
        <SkewBadge runner={runner} />
      </span>
    ),
  },
  {
    name: "CPU, memory",
    isWideOnly: true,
    className: "text-xs whitespace-nowrap text-ink-2 tabular-nums",
    cell: usageOf,
  },
  {
    name: "Up",
    className: "text-right whitespace-nowrap text-ink-2 tabular-nums",
    cell: (runner) => <Duration from={runner.registeredAt} to={runner.endedAt} />,
  },
  {
    name: "Actions",
    isNameHidden: true,
    className: "w-9 text-right max-sm:ml-auto",
    cell: (runner) => <RunnerMenu runner={runner} />,
  },
];

/** What a runner does, and where that is not well when what follows comes. */
function RunnerState({ runner }: { runner: Runner }) {
  const why = explainRunner(runner);
  return (
    <span className="flex flex-col items-start gap-0.5 max-sm:flex-row max-sm:items-center max-sm:gap-2">
      <State state={runner.state} word={sentence(runner.state)} why={`${why.title}. ${why.next}`} />
      {runner.state === "ended" && runner.endKind === "lost" && (
        <span className="pl-2 text-2xs text-bad max-sm:pl-0" title={revealHidden(runner.endMessage) ?? undefined}>
          Lost
        </span>
      )}
      {(runner.state === "late" || runner.state === "lost") && (
        <span className="max-w-48 pl-2 text-2xs text-ink-2 max-sm:pl-0">
          {why.nextAt === undefined ? why.title : <Recovery runner={runner} at={why.nextAt} />}
        </span>
      )}
    </span>
  );
}

function Recovery({ runner, at }: { runner: Runner; at: string }) {
  const attempt = runner.run === null ? "" : `, ${attemptOf(runner.run.attemptCount + 1, runner.run.attemptMax)}`;
  return (
    <>
      {runner.state === "late" ? "Lease expires " : "Next runner "}
      <Countdown to={at} />
      {attempt}
    </>
  );
}

function RunLink({ runner }: { runner: Runner }) {
  const { runId, run } = runner;
  if (runId === null) return <span className="text-2xs text-ink-3">no run</span>;
  return (
    <Link
      href={runAddress(runId)}
      title={runId}
      className="relative max-w-52 truncate text-2xs leading-6 text-ink-3 hover:underline max-sm:max-w-full"
    >
      {run?.title == null ? <code>{shortenId(runId)}</code> : revealHidden(run.title)}
    </Link>
  );
}

function Latency({ runner }: { runner: Runner }) {
  const tripMs = latencyOf(runner.beats);
  if (tripMs === null) return null;
  return <span title="Round trip to the server"> · {formatDuration(tripMs)}</span>;
}

/** The pod that it is, or its process. */
export function processOf({ job, metadata }: Runner): string {
  const { pid, host } = metadata;
  if (job !== null && job.namespace !== "local" && typeof host === "string") return `pod ${host}`;
  return typeof pid === "number" ? `pid ${pid}` : "";
}

/** What its own process takes; its agent's is not known here. */
export function usageOf({ cpuPercent, rssBytes }: Runner): string {
  const cpu = cpuPercent === null ? [] : [`${cpuPercent}%`];
  return [...cpu, ...(rssBytes === null ? [] : [formatBytes(rssBytes)])].join(", ");
}

const ROW: Partial<Record<Runner["state"], string>> = { late: "bg-warn-soft/50", lost: "bg-bad-soft/60" };

/** Without the columns that no runner of the list has anything for. */
function columnsFor(runners: readonly Runner[]): Column<Runner>[] {
  const empty = new Set<string>();
  if (runners.every((runner) => runner.placement === null && processOf(runner) === "")) empty.add("Place");
  if (runners.every((runner) => usageOf(runner) === "")) empty.add("CPU, memory");
  return COLUMNS.filter((column) => !empty.has(column.name));
}

type RunnersTableProps = {
  runners: readonly Runner[];
  choice: RowChoice;
  /** The one that a panel is open at. */
  peekedId: string | null;
};

/** Runners, the last registered first; those that are not well stand out. */
export function RunnersTable({ runners, choice, peekedId }: RunnersTableProps) {
  return (
    <Table
      label="Runners"
      rows={runners}
      columns={columnsFor(runners)}
      keyOf={(runner) => runner.id}
      choice={choice}
      currentKey={peekedId}
      rowClassName={(runner) => ROW[runner.state]}
    />
  );
}
