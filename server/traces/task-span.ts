import { asc, eq } from "drizzle-orm";
import { isTerminal } from "@/contract/run";
import { type QueueAttemptRow, type QueueTaskRow, queueAttempts, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { rootOf, spanIdOf } from "./ids";
import { attributesOf, errorOf, type Span } from "./span";

/** More attempts than any policy allows, because people may retry. */
const ATTEMPTS_READ_MAX = 1_000;

/**
 * Returns the span of a task that has ended, which is the parent of its runs' spans; empty: the task has not ended, or
 * is gone.
 */
export async function spansOfTask(ctx: ServiceContext, taskId: string): Promise<Span[]> {
  const [task] = await ctx.db.select().from(queueTasks).where(eq(queueTasks.id, taskId));
  if (task === undefined || !isTerminal(task.state)) return [];
  const attempts = await ctx.db
    .select()
    .from(queueAttempts)
    .where(eq(queueAttempts.taskId, taskId))
    .orderBy(asc(queueAttempts.attempt))
    .limit(ATTEMPTS_READ_MAX);
  return [taskSpan(task, attempts)];
}

function taskSpan(task: QueueTaskRow, attempts: QueueAttemptRow[]): Span {
  const startMs = task.createdAt.getTime();
  const endMs = endOf(task, attempts);
  const hasFailed = task.state === "failed";
  const waits = attempts.map(({ readyAt, dispatchedAt }) => Math.max(0, dispatchedAt.getTime() - readyAt.getTime()));
  const waitMs = attempts.length === 0 ? endMs - startMs : waits.reduce((sum, ms) => sum + ms, 0);
  return {
    ...rootOf(task.id, task.metadata),
    spanId: spanIdOf("task", task.id),
    name: "task",
    kind: "internal",
    startMs,
    endMs,
    attributes: attributesOf({
      "agentrun.tenant": task.tenantId,
      "agentrun.project": task.projectId,
      "agentrun.task": task.id,
      "agentrun.session": task.sessionId,
      "gen_ai.conversation.id": task.sessionId,
      "agentrun.profile": task.backendProfile,
      "agentrun.task.queue": task.queue,
      "agentrun.task.lane": task.lane,
      "agentrun.task.priority": task.priority,
      "agentrun.task.state": task.state,
      "agentrun.task.attempts": task.attemptCount,
      "agentrun.task.wait_ms": waitMs,
      "agentrun.task.dead_letter": task.deadLetter,
      "agentrun.failure_kind": task.failureKind,
      "error.type": hasFailed ? (task.failureKind ?? task.deadLetter ?? "failed") : null,
    }),
    error: hasFailed ? errorOf(task.failureMessage, task.failureKind ?? task.deadLetter) : null,
  };
}

/** Returns when a task ended, whatever was changed later. A task that expired did so after its last attempt. */
function endOf(task: QueueTaskRow, attempts: QueueAttemptRow[]): number {
  if (task.cancelledAt !== null) return task.cancelledAt.getTime();
  const ended = task.deadLetter === "expired" ? null : (attempts.at(-1)?.endedAt ?? null);
  return (ended ?? task.updatedAt).getTime();
}
