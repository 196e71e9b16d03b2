import { createHash } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { CreateTaskInput } from "@/contract/queue";
import { queueTasks, type ScheduleRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import { createTask } from "@/server/queue";

/**
 * Adds the task of a firing and returns its id. Its key keeps one time from making two tasks, whatever was noted of it
 * and however the schedule has changed since.
 */
export function addTask(ctx: TxContext, schedule: ScheduleRow, dueAt: Date): Promise<string> {
  const jitterMs = jitterOf(schedule, dueAt);
  const runAt = new Date(dueAt.getTime() + jitterMs);
  const task = { ...taskFor(schedule, runAt), ...(jitterMs === 0 ? {} : { runAt: runAt.toISOString() }) };
  return addKeyedTask(ctx, schedule, { ...task, idempotencyKey: `schedule ${schedule.id} ${dueAt.toISOString()}` });
}

/**
 * Adds a task and returns its id, or the id of the task that the schedule has added with this key before: when that one
 * expires, and what the schedule asked for then, may differ.
 */
export async function addKeyedTask(
  ctx: TxContext,
  schedule: ScheduleRow,
  task: CreateTaskInput & { idempotencyKey: string },
): Promise<string> {
  try {
    return (await createTask(ctx, task)).id;
  } catch (error) {
    if (!isAgentRunError(error) || error.reason !== "idempotency-conflict") throw error;
    const taskId = await findAdded(ctx, schedule, task.idempotencyKey);
    if (taskId === null) throw error;
    return taskId;
  }
}

/**
 * Returns how much later than its time a task may start, in milliseconds: always the same for one schedule and time,
 * and different between them.
 */
function jitterOf({ id, jitterMs }: ScheduleRow, dueAt: Date): number {
  if (jitterMs === 0) return 0;
  const hash = createHash("sha256").update(`${id} ${dueAt.toISOString()}`).digest().readUInt32BE();
  return Math.floor((hash / 2 ** 32) * jitterMs);
}

/**
 * Returns the task of one time of a schedule, with its owner and the schedule's id. If the task expires, it does so
 * after `at`.
 */
export function taskFor({ id: scheduleId, tenantId, projectId, task }: ScheduleRow, at: Date): CreateTaskInput {
  const { expiresAfterMs, ...taskInput } = task;
  return {
    ...taskInput,
    tenantId,
    projectId,
    metadata: { ...taskInput.metadata, scheduleId },
    ...(expiresAfterMs === undefined ? {} : { expiresAt: new Date(at.getTime() + expiresAfterMs).toISOString() }),
  };
}

/** Returns the task that this schedule made with the key; null: the key belongs to another task. */
async function findAdded(ctx: TxContext, schedule: ScheduleRow, idempotencyKey: string): Promise<string | null> {
  const [task] = await ctx.db
    .select({ id: queueTasks.id })
    .from(queueTasks)
    .where(
      and(
        ...[eq(queueTasks.tenantId, schedule.tenantId), eq(queueTasks.projectId, schedule.projectId)],
        eq(queueTasks.idempotencyKey, idempotencyKey),
        sql`${queueTasks.metadata}->>'scheduleId' = ${schedule.id}`,
      ),
    );
  return task?.id ?? null;
}
