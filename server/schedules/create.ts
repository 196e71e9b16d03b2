import { eq, sql } from "drizzle-orm";
import type { CreateScheduleInput, Schedule } from "@/contract/schedule";
import { SCHEDULES_MAX } from "@/contract/words";
import { isUniqueViolation } from "@/db/errors";
import { lockOwnerKey } from "@/db/queries/advisory-lock";
import { schedules } from "@/db/schema";
import { setScheduleImages } from "@/server/attachments";
import { actorName, audit } from "@/server/audit";
import { inTx, ownerOf, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { checkTask } from "./check-task";
import { firstTime, readPlan } from "./plan";
import { databaseNow, instant, nameTaken, readSchedule } from "./schedule";

/** Creates a schedule. Its first time is the next one of its plan. */
export async function createSchedule(ctx: ServiceContext, input: CreateScheduleInput): Promise<Schedule> {
  const { name, cron, timeZone, overlap, catchUpMs, jitterMs, isPaused, task } = input;
  const bounds = { startsAt: instant(input.startsAt), endsAt: instant(input.endsAt) };
  const owner = ownerOf(ctx, input);
  const plan = readPlan(cron, timeZone, bounds);
  const first = firstTime(plan, await databaseNow(ctx), bounds);
  await checkTask(ctx, owner, task);
  try {
    return await inTx(ctx, async (ctx) => {
      await assertRoom(ctx, owner.tenantId);
      const id = newId("schedule");
      await ctx.db.insert(schedules).values({
        id,
        ...owner,
        name,
        cron,
        timeZone,
        overlap,
        catchUpMs,
        jitterMs,
        ...bounds,
        isPaused,
        task,
        nextAt: isPaused ? null : first,
        createdBy: actorName(ctx.actor),
        createdAt: sql`clock_timestamp()`,
        updatedAt: sql`clock_timestamp()`,
      });
      await setScheduleImages(ctx, { id, ...owner }, task.payload);
      await audit(ctx, {
        action: "schedules.create",
        targetKind: "schedule",
        targetId: id,
        tenantId: owner.tenantId,
        details: { name, cron, timeZone, overlap, jitterMs, ...bounds, isPaused },
      });
      return readSchedule(ctx, id);
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_schedules_name_idx")) throw error;
    throw nameTaken(name);
  }
}

async function assertRoom(ctx: TxContext, tenantId: string): Promise<void> {
  // Two concurrent calls are counted one after the other.
  await lockOwnerKey(ctx.db, `schedules ${tenantId}`);
  if ((await ctx.db.$count(schedules, eq(schedules.tenantId, tenantId))) < SCHEDULES_MAX) return;
  throw new ConflictError("limit-reached", `${SCHEDULES_MAX} schedules are the most: delete one first`, {
    max: SCHEDULES_MAX,
  });
}
