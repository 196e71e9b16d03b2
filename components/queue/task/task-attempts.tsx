"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { runAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { attemptPages } from "@/components/trpc/lists";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { LoadMore } from "@/components/ui/list/load-more";
import { type Column, Table } from "@/components/ui/list/table";
import { Panel, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { Duration, Time } from "@/components/ui/time/time";
import { failureWords } from "@/contract/failure-words";
import type { TaskAttempt } from "@/contract/queue";
import { stateWords } from "./explain";

const COLUMNS: Column<TaskAttempt>[] = [
  { name: "#", className: "tabular-nums sm:w-px", cell: ({ attempt }) => attempt },
  { name: "State", cell: ({ state }) => <State {...stateWords(state)} /> },
  {
    name: "Run",
    isLead: true,
    cell: ({ runId }) => (runId === null ? "none" : <IdLink href={runAddress(runId)} id={runId} />),
  },
  {
    name: "Waited",
    className: "whitespace-nowrap text-xs text-ink-2 tabular-nums",
    cell: ({ readyAt, dispatchedAt }) => (
      <>
        <span className="sm:hidden">waited </span>
        <Duration from={readyAt} to={dispatchedAt} />
      </>
    ),
  },
  {
    name: "Duration",
    className: "whitespace-nowrap text-xs text-ink-2 tabular-nums",
    cell: ({ dispatchedAt, startedAt, endedAt }) => (
      <>
        <span className="sm:hidden">duration </span>
        <Duration from={startedAt ?? dispatchedAt} to={endedAt} />
      </>
    ),
  },
  {
    name: "Failure",
    className: "max-w-60 text-xs max-sm:w-full",
    cell: ({ failureKind, failureMessage }) =>
      failureKind === null ? null : (
        <span className="block truncate text-bad" title={revealHidden(failureMessage) ?? undefined}>
          {revealHidden(sentence(failureWords(failureKind)))}
          {failureMessage !== null && `: ${revealHidden(failureMessage)}`}
        </span>
      ),
  },
  {
    name: "Started",
    className: "whitespace-nowrap text-xs text-ink-2 sm:text-right",
    cell: ({ dispatchedAt }) => <Time at={dispatchedAt} />,
  },
];

function IdLink({ href, id }: { href: string; id: string }) {
  return (
    <Link href={href} title={id} className="font-mono text-xs whitespace-nowrap text-accent hover:underline">
      {shortenId(id, 4)}
    </Link>
  );
}

/** How a task was tried: a run for each attempt. */
export function TaskAttempts({ taskId }: { taskId: string }) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(attemptPages(trpc, taskId));
  const attempts = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Attempts" className="overflow-hidden">
      <QueryView query={query} skeleton={<TableSkeleton rows={1} />}>
        {() =>
          attempts.length === 0 ? (
            <p className="p-4 text-xs text-ink-2">No attempts yet. The task starts when its limits allow.</p>
          ) : (
            <>
              <Table label="Attempts" rows={attempts} columns={COLUMNS} keyOf={({ attempt }) => String(attempt)} />
              {query.hasNextPage && (
                <p className="flex justify-center p-3">
                  <LoadMore query={query} />
                </p>
              )}
            </>
          )
        }
      </QueryView>
    </Panel>
  );
}
