import { and, eq, isNull, sql } from "drizzle-orm";
import type { TaskState } from "@/contract/queue";
import { type QueueTaskRow, queueAttempts, queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import type { TxContext } from "@/server/context";

/** Ends the attempt of a locked task before its run ends, so that the run's end no longer affects the task. */
export async function closeAttempt(ctx: TxContext, task: QueueTaskRow, state: TaskState): Promise<string | null> {
  const [closed] = await ctx.db
    .update(queueAttempts)
    .set({ state, endedAt: sql`clock_timestamp()` })
    .where(and(eq(queueAttempts.taskId, task.id), isNull(queueAttempts.endedAt)))
    .returning({ runId: queueAttempts.runId });
  return closed?.runId ?? null;
}

/** Sends a task back to wait because its attempt cannot go on, through no fault of its own. */
export async function giveBackAttempt(ctx: TxContext, task: QueueTaskRow, reason: string): Promise<void> {
  await closeAttempt(ctx, task, "cancelled");
  await ctx.db
    .update(queueTasks)
    .set({
      state: "pending",
      runId: null,
      blockedOn: null,
      readyAt: sql`clock_timestamp()`,
      // The attempt does not count against the task's policy.
      attemptsBefore: sql`${queueTasks.attemptsBefore} + 1`,
    })
    .where(eq(queueTasks.id, task.id));
  await audit(ctx, {
    action: "queue.giveBack",
    targetKind: "task",
    targetId: task.id,
    tenantId: task.tenantId,
    details: { why: reason, runId: task.runId },
  });
  ctx.wake("queue");
}
