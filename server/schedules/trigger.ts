import { and, eq } from "drizzle-orm";
import type { ScheduleFiring, TriggerScheduleInput } from "@/contract/schedule";
import { queueTasks, scheduleFirings } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { createTask } from "@/server/queue";
import { addKeyedTask, taskFor } from "./add-task";
import { FIRING_AND_TASK, IS_ITS_TASK, toFiring } from "./firing";
import { recordFiring } from "./record";
import { databaseNow, lockSchedule } from "./schedule";

/**
 * Adds a schedule's task now, regardless of its plan, a pause or an earlier task. The next time stays as it is. The
 * same key again returns the first result.
 */
export function triggerSchedule(ctx: ServiceContext, input: TriggerScheduleInput): Promise<ScheduleFiring> {
  return inTx(ctx, async (ctx) => {
    const { idempotencyKey } = input;
    const schedule = await lockSchedule(ctx, input);
    const { id: scheduleId, tenantId, name } = schedule;
    const task = taskFor(schedule, await databaseNow(ctx));
    const taskId =
      idempotencyKey === undefined
        ? (await createTask(ctx, task)).id
        : await addKeyedTask(ctx, schedule, { ...task, idempotencyKey });
    const existing = await firingOf(ctx, scheduleId, taskId);
    if (existing !== null) return existing;
    await recordFiring(ctx, { scheduleId, dueAt: null, outcome: "created", taskId });
    const details = { name, taskId };
    await audit(ctx, { action: "schedules.trigger", targetKind: "schedule", targetId: scheduleId, tenantId, details });
    const firing = await firingOf(ctx, scheduleId, taskId);
    if (firing === null) throw new Error("a firing was not stored");
    return firing;
  });
}

async function firingOf(ctx: TxContext, scheduleId: string, taskId: string): Promise<ScheduleFiring | null> {
  const [found] = await ctx.db
    .select(FIRING_AND_TASK)
    .from(scheduleFirings)
    .leftJoin(queueTasks, IS_ITS_TASK)
    .where(and(eq(scheduleFirings.scheduleId, scheduleId), eq(scheduleFirings.taskId, taskId)));
  return found === undefined ? null : toFiring(found);
}
