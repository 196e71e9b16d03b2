import { eq, sql } from "drizzle-orm";
import type { QueueTask, RetryTaskInput } from "@/contract/queue";
import { isActiveTask } from "@/contract/words";
import { noteDoubtful } from "@/db/queries/queue/dependencies";
import { UNTIL_DEPENDENCIES } from "@/db/queries/queue/held-until";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { isHeld } from "@/server/task-attempts";
import { assertVersion } from "./assert-version";
import { hasFailed, readUnsatisfied } from "./dependencies";
import { lockTask } from "./lock-task";
import { isTerminalTask, toTask } from "./task";

/**
 * Runs a task again that has ended, as a new attempt in its session. A task that waits for its next attempt or for a
 * provider's limit continues at once. Its policy counts attempts anew.
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
    const mustWait = await mustWaitAgain(ctx, task);
    const [retried] = await ctx.db
      .update(queueTasks)
      .set({
        state: "pending",
        notBefore: mustWait ? UNTIL_DEPENDENCIES : null,
        parkedAt: null,
        parkedUntil: null,
        parkCount: 0,
        blockedOn: null,
        failureKind: null,
        failureMessage: null,
        deadLetter: null,
        cancelRequestedAt: null,
        cancelledAt: null,
        cancelReason: null,
        // A task past its expiry would never run, so the expiry is removed.
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
    // What the task waits for may be ending just now.
    if (mustWait) await noteDoubtful(ctx.db, task.id);
    ctx.wake("queue");
    return toTask(retried);
  });
}

/**
 * Whether an ended task waits again for its dependencies. Throws when the task would only fail again, or waits already.
 */
async function mustWaitAgain(ctx: TxContext, task: QueueTaskRow): Promise<boolean> {
  if (isHeld(task) && task.state === "pending")
    throw new ConflictError(
      "dependency-open",
      `queue task ${task.id} waits for others: retry what failed of them, or take them from what it comes after (queue.updateTask with dependsOn)`,
    );
  if (!isTerminalTask(task.state)) return false;
  const open = await readUnsatisfied(ctx, task.id);
  const failed = open.find(({ state, onFailed }) => onFailed === "fail" && hasFailed(state));
  if (failed)
    throw new ConflictError(
      "dependency-open",
      `queue task ${task.id} comes after ${failed.taskId}, which is ${failed.state}: retry that first`,
    );
  return open.length > 0;
}
