import { eq, sql } from "drizzle-orm";
import type { QueueTask, UpdateTaskInput } from "@/contract/queue";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { AlreadyTerminalError, ConflictError, InvalidInputError, NotFoundError } from "@/server/errors";
import { isHeld } from "@/server/task-attempts";
import { assertAcceptsTasks } from "./assert-takes-tasks";
import { assertVersion } from "./assert-version";
import { dropDependencies } from "./drop-dependencies";
import { lockTask } from "./lock-task";
import { isTerminalTask, toTask } from "./task";

/** Changes how a task waits. A running task keeps its place; only its title and priority can be changed. */
export function updateTask(ctx: ServiceContext, input: UpdateTaskInput): Promise<QueueTask> {
  const { taskId, expectedVersion, title, priority, queue, lane, runAt, expiresAt, dependsOn } = input;
  if ([title, priority, queue, lane, runAt, expiresAt, dependsOn].every((change) => change === undefined))
    throw new InvalidInputError("name what is to change: title, priority, queue, lane, runAt, expiresAt or dependsOn");
  return inTx(ctx, async (ctx) => {
    const task = await lockTask(ctx, taskId);
    assertVersion(task, expectedVersion);
    if (isTerminalTask(task.state)) throw new AlreadyTerminalError("queue task", task.id, task.state);
    const isMoved = (queue ?? task.queue) !== task.queue || (lane ?? task.lane) !== task.lane;
    const changesSchedule = runAt !== undefined || expiresAt !== undefined || dependsOn !== undefined;
    if (task.state !== "pending" && (isMoved || changesSchedule))
      throw new ConflictError(
        "run-live",
        `queue task ${task.id} is ${task.state}: only its title and priority can change`,
      );
    if (isMoved) await assertAcceptsTasks(ctx, { ...task, queue: queue ?? task.queue, lane: lane ?? task.lane });
    const at = runAt === undefined ? undefined : runAt === null ? null : new Date(runAt);
    const isFree = dependsOn !== undefined && (await dropDependencies(ctx, task, dependsOn));
    const isReleased = isHeld(task) && isFree;
    const [updated] = await ctx.db
      .update(queueTasks)
      .set({
        ...(title === undefined ? {} : { title }),
        ...(priority === undefined ? {} : { priority }),
        ...(queue === undefined ? {} : { queue }),
        ...(lane === undefined ? {} : { lane }),
        ...(at === undefined ? {} : { runAt: at, parkedAt: null, parkedUntil: null }),
        // Written even when unchanged, because a change of the dependencies must be visible.
        ...(at === undefined && dependsOn === undefined ? {} : { notBefore: notBeforeOf(task, { at, isReleased }) }),
        ...(isReleased ? { readyAt: sql`clock_timestamp()` } : {}),
        ...(expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : new Date(expiresAt) }),
        // In another place, what the task waits for is judged anew.
        ...(isMoved ? { blockedOn: null } : {}),
        updatedAt: sql`clock_timestamp()`,
      })
      .where(eq(queueTasks.id, task.id))
      .returning();
    if (!updated) throw new NotFoundError("queue task", task.id);
    const { taskId: _taskId, expectedVersion: _expectedVersion, ...change } = input;
    await audit(ctx, {
      action: "queue.updateTask",
      targetKind: "task",
      targetId: task.id,
      tenantId: task.tenantId,
      details: change,
    });
    ctx.wake("queue");
    return toTask(updated);
  });
}

/** A task that waits for others keeps waiting whatever its time is. Once it is released, it waits for its time. */
function notBeforeOf(
  task: QueueTaskRow,
  { at, isReleased }: { at: Date | null | undefined; isReleased: boolean },
): Date | null {
  if (isHeld(task) && !isReleased) return task.notBefore;
  if (!isReleased) return at === undefined ? task.notBefore : at;
  const dueAt = at === undefined ? task.runAt : at;
  return dueAt !== null && dueAt > new Date() ? dueAt : null;
}
