"use client";
import { useQuery } from "@tanstack/react-query";
import { RunnerLink } from "@/components/runners/runner-link";
import { useTRPC } from "@/components/trpc/client";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { Panel, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { Duration, Time } from "@/components/ui/time/time";
import type { Run } from "@/contract/run";
import type { RunnerJob } from "@/contract/runner";
import { AttemptFacts } from "./attempt-facts";
import { isLive, runJobs } from "./run-jobs";

const COLUMNS: Column<RunnerJob>[] = [
  { name: "State", className: "sm:w-px", cell: (job) => <State state={job.state} word={sentence(job.state)} /> },
  { name: "Runner", className: "sm:w-px", cell: (job) => <RunnerLink id={job.runnerId} /> },
  { name: "Launched", className: "whitespace-nowrap text-ink-2 sm:w-px", cell: (job) => <Time at={job.createdAt} /> },
  {
    name: "Duration",
    className: "whitespace-nowrap text-ink-2 sm:w-px",
    cell: (job) => <Duration from={job.createdAt} to={isLive(job) ? null : job.updatedAt} />,
  },
  {
    name: "Outcome",
    className: "max-w-0 min-w-60 py-1.5 text-xs text-ink-2 max-sm:max-w-full max-sm:basis-full",
    cell: (job) => (
      <>
        <span className="line-clamp-2 wrap-anywhere" title={outcomeOf(job)}>
          {outcomeOf(job)}
        </span>
        <AttemptFacts job={job} />
      </>
    ),
  },
];

/** A run's attempts: one row per runner that was launched for it. */
export function RunAttempts({ run }: { run: Run }) {
  const trpc = useTRPC();
  const jobs = useQuery(runJobs(trpc, run.id));
  return (
    <Panel title="Attempts">
      <QueryView query={jobs} skeleton={<TableSkeleton rows={1} />}>
        {(page) =>
          page.items.length === 0 ? (
            <p className="p-4 text-xs text-ink-2">
              No attempts yet. A runner is launched when the run has work and there is capacity.
            </p>
          ) : (
            <Table label="Attempts" rows={page.items} columns={COLUMNS} keyOf={(job) => job.id} />
          )
        }
      </QueryView>
    </Panel>
  );
}

/** How an attempt ended, what it said last only where that explains a failure; of one that waits, why. */
export function outcomeOf(job: RunnerJob): string {
  return revealHidden(toldOutcome(job));
}

function toldOutcome(job: RunnerJob): string {
  if (job.wait !== null) return `Not started yet: ${job.wait.message}`;
  const { code, signal, message, pid } = job.result;
  const end =
    typeof signal === "string" ? `Killed by ${signal}` : typeof code === "number" ? `Exit code ${code}` : null;
  if (end === null) return typeof message === "string" ? message : typeof pid === "number" ? `Process ${pid}` : "";
  return code === 0 || typeof message !== "string" ? end : `${end}: ${message}`;
}
