import { eq, sql } from "drizzle-orm";
import type { QueueTask, RetryTaskInput } from "@/contract/queue";
import { isActiveTask } from "@/contract/words";
import { queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { assertVersion } from "./assert-version";
import { lockTask } from "./lock-task";
import { toTask } from "./task";

/**
 * Has a task run again that has ended, as a new attempt in its session; one that waits for its next attempt, or for a
 * provider's limit, goes on now. Its policy counts attempts anew.
 */
export function retryTask(ctx: ServiceContext, input: RetryTaskInput): Promise<QueueTask> {
  return inTx(ctx, async (ctx) => {
    const task = await lockTask(ctx, input.taskId);
    assertVersion(task, input.expectedVersion);
    if (isActiveTask(task.state))
      throw new ConflictError(
        "run-live",
        `queue task ${task.id} is ${task.state}: cancel it first, or wait for its end`,
      );
    const [retried] = await ctx.db
      .update(queueTasks)
      .set({
        state: "pending",
        ...{ notBefore: null, parkedAt: null, parkedUntil: null, parkCount: 0, blockedOn: null },
        ...{ failureKind: null, failureMessage: null, deadLetter: null },
        ...{ cancelRequestedAt: null, cancelledAt: null, cancelReason: null },
        // What has expired has no other time to run in.
        ...(task.expiresAt !== null && task.expiresAt <= new Date() ? { expiresAt: null } : {}),
        attemptsBefore: task.attemptCount,
        readyAt: sql`clock_timestamp()`,
      })
      .where(eq(queueTasks.id, task.id))
      .returning();
    if (!retried) throw new NotFoundError("queue task", task.id);
    await audit(ctx, {
      action: "queue.retryTask",
      targetKind: "task",
      targetId: task.id,
      tenantId: task.tenantId,
      details: { from: task.state },
    });
    ctx.wake("queue");
    return toTask(retried);
  });
}
