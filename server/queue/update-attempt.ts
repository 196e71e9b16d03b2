import { and, eq, isNull, sql } from "drizzle-orm";
import type { QueueTask, TaskState, UpdateAttemptInput } from "@/contract/queue";
import { type QueueTaskRow, queueAttempts, queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { cancelRun } from "@/server/runs";
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
        ...(input.state === "pending" ? { notBefore: null, blockedOn: null, readyAt: sql`clock_timestamp()` } : {}),
        ...(input.state === "cancelled" ? { cancelledAt: sql`clock_timestamp()` } : {}),
      })
      .where(eq(queueTasks.id, task.id))
      .returning();
    if (!updated) throw new NotFoundError("queue task", task.id);
    await closeAttempt(ctx, task, input.state);
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

/** A task that was given another state by hand leaves its attempt, whose run is no longer its own. */
async function closeAttempt(ctx: TxContext, task: QueueTaskRow, state: TaskState): Promise<void> {
  const isLive = state === "dispatched" || state === "running";
  if (isLive || task.runId === null) return;
  const [closed] = await ctx.db
    .update(queueAttempts)
    .set({ state: isTerminalTask(state) ? state : "cancelled", endedAt: sql`clock_timestamp()` })
    .where(and(eq(queueAttempts.taskId, task.id), isNull(queueAttempts.endedAt)))
    .returning({ runId: queueAttempts.runId });
  if (!closed?.runId) return;
  await ctx.db.update(queueTasks).set({ runId: null }).where(eq(queueTasks.id, task.id));
  await cancelRun(ctx, { runId: closed.runId, reason: `task ${task.id} was set to ${state}` });
}
