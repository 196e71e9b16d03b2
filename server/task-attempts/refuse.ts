import { eq } from "drizzle-orm";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import type { TxContext } from "@/server/context";

/** Fails a locked task that cannot become a run as it is. */
export async function refuseTask(ctx: TxContext, task: QueueTaskRow, message: string): Promise<void> {
  await ctx.db
    .update(queueTasks)
    .set({ state: "failed", failureKind: "schema-invalid", failureMessage: message, deadLetter: "refused" })
    .where(eq(queueTasks.id, task.id));
  await audit(ctx, {
    action: "queue.refuse",
    targetKind: "task",
    targetId: task.id,
    tenantId: task.tenantId,
    details: { message },
  });
  ctx.wake("queue");
}
