import { eq, sql } from "drizzle-orm";
import type { CancelTaskInput, QueueTask } from "@/contract/queue";
import { isActiveTask } from "@/contract/words";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { cancelRun } from "@/server/runs";
import { assertVersion } from "./assert-version";
import { lockTask } from "./lock-task";
import { isTerminalTask, toTask } from "./task";

const DEFAULT_REASON = "cancel requested";

/**
 * Cancels a task. A waiting task ends at once. For a running task the request is recorded and its run is cancelled; the
 * task becomes `cancelled` once the run has really stopped. Cancelling a cancelled task changes nothing, not even its
 * reason.
 */
export function cancelTask(ctx: ServiceContext, input: CancelTaskInput): Promise<QueueTask> {
  return inTx(ctx, async (ctx) => {
    const task = await lockTask(ctx, input.taskId);
    assertVersion(task, input.expectedVersion);
    if (task.state === "cancelled") return toTask(task);
    if (isTerminalTask(task.state)) {
      throw new AlreadyTerminalError("queue task", task.id, task.state);
    }
    const reason = redactMessage(input.reason) ?? DEFAULT_REASON;
    if (isActiveTask(task.state) && task.runId !== null) return cancelAttempt(ctx, task, { runId: task.runId, reason });
    const [cancelled] = await ctx.db
      .update(queueTasks)
      .set({
        state: "cancelled",
        cancelledAt: sql`clock_timestamp()`,
        cancelReason: reason,
        // Of an earlier attempt: the task itself has not failed, and waits for nothing any more.
        failureKind: null,
        failureMessage: null,
        parkedAt: null,
        parkedUntil: null,
      })
      .where(eq(queueTasks.id, task.id))
      .returning();
    if (!cancelled) throw new NotFoundError("queue task", task.id);
    await audit(ctx, {
      action: "queue.cancelTask",
      targetKind: "task",
      targetId: task.id,
      tenantId: task.tenantId,
      details: { reason },
    });
    ctx.wake("queue");
    return toTask(cancelled);
  });
}

/** Records the request and cancels the run. A run that nobody has claimed ends here, and the task with it. */
async function cancelAttempt(
  ctx: TxContext,
  task: QueueTaskRow,
  { runId, reason }: { runId: string; reason: string },
): Promise<QueueTask> {
  if (task.cancelRequestedAt !== null) return toTask(task);
  await ctx.db
    .update(queueTasks)
    .set({ cancelRequestedAt: sql`clock_timestamp()`, cancelReason: reason })
    .where(eq(queueTasks.id, task.id));
  await audit(ctx, {
    action: "queue.cancelTask",
    targetKind: "task",
    targetId: task.id,
    tenantId: task.tenantId,
    details: { reason, runId },
  });
  await cancelRun(ctx, { runId, reason });
  const [updated] = await ctx.db.select().from(queueTasks).where(eq(queueTasks.id, task.id));
  ctx.wake("queue");
  return toTask(updated ?? task);
}
