import { eq, sql } from "drizzle-orm";
import type { QueueTask, TaskState, UpdateAttemptInput } from "@/contract/queue";
import { isActiveTask } from "@/contract/words";
import { noteDoubtful } from "@/db/queries/queue/dependencies";
import { UNTIL_DEPENDENCIES } from "@/db/queries/queue/held-until";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { cancelRun } from "@/server/runs";
import { closeAttempt, isHeld } from "@/server/task-attempts";
import { readUnsatisfied } from "./dependencies";
import { lockTask } from "./lock-task";
import { isTerminalTask, toTask } from "./task";

/**
 * Records what became of a task's attempt, as reported by a program. Any state may follow a state that is not terminal.
 */
export function updateAttempt(ctx: ServiceContext, input: UpdateAttemptInput): Promise<QueueTask> {
  return inTx(ctx, async (ctx) => {
    const task = await lockTask(ctx, input.taskId);
    if (isTerminalTask(task.state)) throw new AlreadyTerminalError("queue task", task.id, task.state);
    const keepsAttempt = isActiveTask(task.state) && isActiveTask(input.state);
    const isWaiting = input.state === "pending" && (await mustWaitForDependencies(ctx, task));
    const [updated] = await ctx.db
      .update(queueTasks)
      .set({
        state: input.state,
        latestAttempt: input.latestAttempt,
        ...(input.sessionPath === undefined ? {} : { sessionPath: input.sessionPath }),
        notBefore: isWaiting ? UNTIL_DEPENDENCIES : null,
        parkedAt: null,
        parkedUntil: null,
        blockedOn: null,
        // An earlier attempt, or one that is left, has no part in what is set by hand.
        ...(keepsAttempt ? {} : { runId: null, cancelRequestedAt: null, failureKind: null, failureMessage: null }),
        ...(input.state === "pending" ? { readyAt: sql`clock_timestamp()` } : {}),
        ...(input.state === "cancelled" ? { cancelledAt: sql`clock_timestamp()` } : {}),
      })
      .where(eq(queueTasks.id, task.id))
      .returning();
    if (!updated) throw new NotFoundError("queue task", task.id);
    // What the task waits for may be ending just now.
    if (isWaiting) await noteDoubtful(ctx.db, task.id);
    await closeLeftAttempt(ctx, task, input.state);
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

/**
 * Whether the task waits for its dependencies. A held task stays held until it is given a run; a task that had a run
 * and is set back to waiting is judged anew.
 */
async function mustWaitForDependencies(ctx: TxContext, task: QueueTaskRow): Promise<boolean> {
  if (task.state === "pending") return isHeld(task);
  return (await readUnsatisfied(ctx, task.id)).length > 0;
}

/** Closes the attempt of a task whose state was set by hand, and cancels the attempt's run. */
async function closeLeftAttempt(ctx: TxContext, task: QueueTaskRow, state: TaskState): Promise<void> {
  if (isActiveTask(state)) return;
  const runId = await closeAttempt(ctx, task, isTerminalTask(state) ? state : "cancelled");
  if (runId === null) return;
  await cancelRun(ctx, { runId, reason: `task ${task.id} was set to ${state}` });
}
