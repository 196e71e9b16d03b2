import { eq, sql } from "drizzle-orm";
import type { CancelTaskInput, QueueTask } from "@/contract/queue";
import { queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { lockTask } from "./lock-task";
import { toTask } from "./task";

const DEFAULT_REASON = "cancel requested";

/** Cancels a task; cancelling one that is cancelled changes nothing, not even its reason. */
export function cancelTask(ctx: ServiceContext, input: CancelTaskInput): Promise<QueueTask> {
  return inTx(ctx, async (ctx) => {
    const task = await lockTask(ctx, input.taskId);
    if (task.state === "cancelled") return toTask(task);
    if (task.state === "completed" || task.state === "failed") {
      throw new AlreadyTerminalError("queue task", task.id, task.state);
    }
    const reason = redactMessage(input.reason) ?? DEFAULT_REASON;
    const [cancelled] = await ctx.db
      .update(queueTasks)
      .set({ state: "cancelled", cancelledAt: sql`clock_timestamp()`, cancelReason: reason })
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
