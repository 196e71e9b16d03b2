import { and, eq, isNull, sql } from "drizzle-orm";
import { type QueueTaskRow, queueAttempts, queueTasks, type RunRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { storedJson } from "@/server/stored";

/**
 * Marks a task as running when a runner has claimed its run. The caller has locked the task, and locked it before the
 * run.
 */
export async function markTaskRunning(ctx: TxContext, task: QueueTaskRow, run: RunRow): Promise<void> {
  if (task.runId !== run.id || task.state !== "dispatched") return;
  await ctx.db
    .update(queueAttempts)
    .set({ state: "running", startedAt: sql`clock_timestamp()` })
    .where(and(eq(queueAttempts.taskId, task.id), eq(queueAttempts.runId, run.id), isNull(queueAttempts.endedAt)));
  const latestAttempt = { ...storedJson(task.latestAttempt), state: "running", startedAt: new Date().toISOString() };
  await ctx.db.update(queueTasks).set({ state: "running", latestAttempt }).where(eq(queueTasks.id, task.id));
  task.state = "running";
  ctx.wake("queue");
}
