import { and, eq, sql } from "drizzle-orm";
import type { CreateTaskInput } from "@/contract/queue";
import { queueTasks, type ScheduleRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import { createTask } from "@/server/queue";

/**
 * Adds the task of a time, and answers its id. Its key keeps the same time from coming twice, whatever is noted of it,
 * and whatever the schedule has become since.
 */
export async function addTask(ctx: TxContext, schedule: ScheduleRow, dueAt: Date): Promise<string> {
  const idempotencyKey = `schedule ${schedule.id} ${dueAt.toISOString()}`;
  try {
    const { id } = await createTask(ctx, { ...taskFor(schedule, dueAt), idempotencyKey });
    return id;
  } catch (error) {
    if (!isAgentRunError(error) || error.reason !== "idempotency-conflict") throw error;
    const taskId = await findAdded(ctx, schedule, idempotencyKey);
    if (taskId === null) throw error;
    return taskId;
  }
}

/** The task of one time of a schedule, with whose it is and by which schedule. */
export function taskFor({ id: scheduleId, tenantId, projectId, task }: ScheduleRow, dueAt: Date): CreateTaskInput {
  const { expiresAfterMs, ...made } = task;
  return {
    ...{ ...made, tenantId, projectId, metadata: { ...made.metadata, scheduleId } },
    ...(expiresAfterMs === undefined ? {} : { expiresAt: new Date(dueAt.getTime() + expiresAfterMs).toISOString() }),
  };
}

/** null: the key is another's, who has not made its task by this schedule. */
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
