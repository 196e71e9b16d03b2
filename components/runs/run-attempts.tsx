"use client";
import { useQuery } from "@tanstack/react-query";
import { RunnerLink } from "@/components/runners/runner-link";
import { useTRPC } from "@/components/trpc/client";
import { Id } from "@/components/ui/copy";
import { showTricks } from "@/components/ui/hidden-text";
import { EmptyState, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { type Column, Table } from "@/components/ui/table";
import { Duration, Time } from "@/components/ui/time";
import type { Run } from "@/contract/run";
import type { RunnerJob } from "@/contract/runner";
import { AttemptFacts } from "./attempt-facts";
import { isLive, runJobs } from "./run-jobs";

const COLUMNS: Column<RunnerJob>[] = [
  { name: "State", cell: (job) => <State state={job.state} /> },
  { name: "Attempt", cell: (job) => <Id id={job.attemptId} /> },
  { name: "Runner", isWideOnly: true, cell: (job) => <RunnerLink id={job.runnerId} /> },
  {
    name: "Job",
    isWideOnly: true,
    className: "text-xs text-ink-2",
    cell: (job) => <Id id={job.jobName} />,
  },
  { name: "Launched", className: "whitespace-nowrap text-ink-2", cell: (job) => <Time at={job.createdAt} /> },
  {
    name: "Took",
    className: "whitespace-nowrap text-ink-2",
    cell: (job) => <Duration from={job.createdAt} to={isLive(job) ? null : job.updatedAt} />,
  },
  {
    name: "Outcome",
    className: "max-w-80 text-xs text-ink-2 max-sm:basis-full",
    cell: (job) => (
      <>
        <span className="block truncate" title={outcomeOf(job)}>
          {outcomeOf(job)}
        </span>
        <AttemptFacts job={job} />
      </>
    ),
  },
];

/** How a run was tried: one row per runner that was launched for it. */
export function RunAttempts({ run }: { run: Run }) {
  const trpc = useTRPC();
  const jobs = useQuery(runJobs(trpc, run.id));
  return (
    <Panel title="Attempts">
      <QueryView query={jobs}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState title="No attempt yet">
              A runner is launched once there is a command to work on and room for it.
            </EmptyState>
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
  return showTricks(toldOutcome(job));
}

function toldOutcome(job: RunnerJob): string {
  if (job.wait !== null) return `not started yet: ${job.wait.message}`;
  const { code, signal, message, pid } = job.result;
  const end = typeof signal === "string" ? signal : typeof code === "number" ? `exit ${code}` : null;
  if (end === null) return typeof message === "string" ? message : typeof pid === "number" ? `process ${pid}` : "";
  return code === 0 || typeof message !== "string" ? end : `${end}: ${message}`;
}
