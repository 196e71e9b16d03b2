import { eq, sql } from "drizzle-orm";
import type { QueueTask, UpdateAttemptInput } from "@/contract/queue";
import { queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { lockTask } from "./lock-task";
import { isTerminalTask, toTask } from "./task";

/** Records what became of a task's attempt; any state may follow one that is not terminal. */
export function updateAttempt(ctx: ServiceContext, input: UpdateAttemptInput): Promise<QueueTask> {
  return inTx(ctx, async (ctx) => {
    const task = await lockTask(ctx, input.taskId);
    if (isTerminalTask(task.state)) throw new AlreadyTerminalError("queue task", task.id, task.state);
    const [updated] = await ctx.db
      .update(queueTasks)
      .set({
        state: input.state,
        latestAttempt: input.latestAttempt,
        ...(input.sessionPath === undefined ? {} : { sessionPath: input.sessionPath }),
        ...(input.state === "cancelled" ? { cancelledAt: sql`clock_timestamp()` } : {}),
      })
      .where(eq(queueTasks.id, task.id))
      .returning();
    if (!updated) throw new NotFoundError("queue task", task.id);
    await audit(ctx, {
      action: "queue.updateAttempt",
      targetKind: "task",
      targetId: task.id,
      tenantId: task.tenantId,
      details: { from: task.state, to: input.state },
    });
    ctx.wake("queue");
    return toTask(updated);
  });
}
