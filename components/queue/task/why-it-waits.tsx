"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { BUDGETS_ADDRESS, budgetAddress, taskAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { Countdown } from "@/components/ui/time/time";
import type { Blocker, QueueTaskSummary, TaskExplanation } from "@/contract/queue";
import { blockerWords, needsPerson, ordinal, stateWords, type TaskLocation } from "./explain";

/** Others' tasks change it too, and no stream tells of them here. */
const EXPLAIN_POLL_MS = 4_000;

/** What a task waits for, who holds it, how many come before it, and when it may start. */
export function WhyItWaits({ task }: { task: QueueTaskSummary }) {
  const trpc = useTRPC();
  const explained = useQuery(
    trpc.queue.explain.queryOptions({ taskId: task.id }, { refetchInterval: EXPLAIN_POLL_MS, staleTime: 0 }),
  );
  return (
    <Panel title="Why it's waiting">
      <QueryView query={explained} skeleton={<p className="p-4 text-sm text-ink-3">Loading…</p>}>
        {(explanation) => <Explained task={task} explanation={explanation} />}
      </QueryView>
    </Panel>
  );
}

function Explained({ task, explanation }: { task: QueueTaskSummary; explanation: TaskExplanation }) {
  const { blocker } = explanation;
  if (blocker === null) return <p className="p-4 text-sm">No longer waiting.</p>;
  return <Wait className="p-4 text-sm" task={task} wait={{ ...explanation, blocker }} />;
}

type WaitProps = {
  task: TaskLocation;
  wait: Pick<TaskExplanation, "rank" | "isRankBounded" | "estimatedStartAt"> & { blocker: Blocker };
  className: string;
};

/** What is waited for and who holds it, the place among the others of the lane, and when it may end. */
export function Wait({ task, wait, className }: WaitProps) {
  const { blocker, rank, isRankBounded, estimatedStartAt } = wait;
  return (
    <div className={cn("flex flex-col gap-2", className)}>
      <p className={needsPerson(blocker) ? "font-medium text-warn" : "font-medium"}>
        {blockerWords(blocker, task)}
        {blocker.until !== null && (
          <>
            {" "}
            ({blocker.rate && "the next "}
            <Countdown to={blocker.until} past="any moment now" />)
          </>
        )}
      </p>
      {blocker.kind === "budget-reached" && (
        <p className="text-xs text-ink-2">
          The task starts once the budget is raised or its period ends.{" "}
          <Link
            href={blocker.budgetId === undefined ? BUDGETS_ADDRESS : budgetAddress(blocker.budgetId)}
            className="text-accent underline"
          >
            {blocker.budgetId === undefined ? "View budgets" : "View budget"}
          </Link>
        </p>
      )}
      {blocker.dependencies !== undefined && (
        <ul className="flex flex-col gap-1 text-xs">
          {blocker.dependencies.tasks.map((dependency) => (
            <li key={dependency.taskId} className="flex flex-wrap items-center gap-x-2">
              <Link
                href={taskAddress(dependency.taskId)}
                className="text-accent hover:underline"
                title={dependency.taskId}
              >
                {revealHidden(dependency.title)}
              </Link>
              <State isIconless {...stateWords(dependency.state)} />
            </li>
          ))}
        </ul>
      )}
      {blocker.dependencies === undefined && blocker.holders.length > 0 && (
        <div className="text-xs text-ink-2">
          In use by
          <ul className="mt-1 flex flex-col gap-1">
            {blocker.holders.map((id) => (
              <li key={id}>
                <Holder taskId={id} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs">
        {rank !== null && (
          <div className="flex gap-1.5">
            <dt className="text-ink-3">Position</dt>
            <dd>
              {isRankBounded ? `behind more than ${(rank - 1).toLocaleString("en")}` : ordinal(rank)} in {task.lane}
            </dd>
          </div>
        )}
        <div className="flex gap-1.5">
          <dt className="text-ink-3">Estimated start</dt>
          <dd>
            {estimatedStartAt === null ? (
              "not known"
            ) : (
              <>
                <Countdown to={estimatedStartAt} past="now" /> at the lane's current pace
              </>
            )}
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Holder({ taskId }: { taskId: string }) {
  const trpc = useTRPC();
  const holder = useQuery(trpc.queue.getTask.queryOptions({ taskId })).data;
  return (
    <Link href={taskAddress(taskId)} className="text-accent hover:underline" title={taskId}>
      {revealHidden(holder?.title) ?? taskId}
    </Link>
  );
}
