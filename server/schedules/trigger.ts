import { desc, eq } from "drizzle-orm";
import type { ScheduleFiring, ScheduleInput } from "@/contract/schedule";
import { queueTasks, scheduleFirings } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { addTask } from "./fire";
import { FIRING_AND_TASK, IS_ITS_TASK, toFiring } from "./firing";
import { recordFiring } from "./record";
import { lockSchedule } from "./schedule";

/** Adds a schedule's task now, whatever its plan, a pause or a task of before says. Its next time stays as it is. */
export function triggerSchedule(ctx: ServiceContext, input: ScheduleInput): Promise<ScheduleFiring> {
  return inTx(ctx, async (ctx) => {
    const schedule = await lockSchedule(ctx, input);
    const { id: scheduleId, tenantId, name } = schedule;
    const { id: taskId } = await addTask(ctx, schedule, null);
    await recordFiring(ctx, { scheduleId, dueAt: null, outcome: "created", taskId });
    const details = { name, taskId };
    await audit(ctx, { action: "schedules.trigger", targetKind: "schedule", targetId: scheduleId, tenantId, details });
    const [made] = await ctx.db
      .select(FIRING_AND_TASK)
      .from(scheduleFirings)
      .leftJoin(queueTasks, IS_ITS_TASK)
      .where(eq(scheduleFirings.scheduleId, scheduleId))
      .orderBy(desc(scheduleFirings.dueAt))
      .limit(1);
    if (made === undefined) throw new Error("a firing was not stored");
    return toFiring(made);
  });
}
