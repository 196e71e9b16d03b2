import { eq, sql } from "drizzle-orm";
import type { QueueTask, UpdateTaskInput } from "@/contract/queue";
import { queueTasks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { AlreadyTerminalError, ConflictError, InvalidInputError, NotFoundError } from "@/server/errors";
import { assertTakesTasks } from "./assert-takes-tasks";
import { assertVersion } from "./assert-version";
import { lockTask } from "./lock-task";
import { isTerminalTask, toTask } from "./task";

/** Changes how a task waits; a task that runs keeps its place, and may only be given another title or priority. */
export function updateTask(ctx: ServiceContext, input: UpdateTaskInput): Promise<QueueTask> {
  const { taskId, expectedVersion, title, priority, queue, lane, runAt, expiresAt } = input;
  if ([title, priority, queue, lane, runAt, expiresAt].every((change) => change === undefined))
    throw new InvalidInputError("name what is to change: title, priority, queue, lane, runAt or expiresAt");
  return inTx(ctx, async (ctx) => {
    const task = await lockTask(ctx, taskId);
    assertVersion(task, expectedVersion);
    if (isTerminalTask(task.state)) throw new AlreadyTerminalError("queue task", task.id, task.state);
    const isMoved = (queue ?? task.queue) !== task.queue || (lane ?? task.lane) !== task.lane;
    if (task.state !== "pending" && (isMoved || runAt !== undefined || expiresAt !== undefined))
      throw new ConflictError(
        "run-live",
        `queue task ${task.id} is ${task.state}: only its title and priority can change`,
      );
    if (isMoved) await assertTakesTasks(ctx, { ...task, queue: queue ?? task.queue, lane: lane ?? task.lane });
    const at = runAt === undefined ? undefined : runAt === null ? null : new Date(runAt);
    const [updated] = await ctx.db
      .update(queueTasks)
      .set({
        ...(title === undefined ? {} : { title }),
        ...(priority === undefined ? {} : { priority }),
        ...(queue === undefined ? {} : { queue }),
        ...(lane === undefined ? {} : { lane }),
        ...(at === undefined ? {} : { runAt: at, notBefore: at, parkedAt: null, parkedUntil: null }),
        ...(expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : new Date(expiresAt) }),
        // What it waits for is looked at anew in another place.
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
