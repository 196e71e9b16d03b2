import { eq, sql } from "drizzle-orm";
import type { Schedule, UpdateScheduleInput } from "@/contract/schedule";
import { isUniqueViolation } from "@/db/errors";
import { type ScheduleRow, schedules } from "@/db/schema";
import { setScheduleImages } from "@/server/attachments";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { canonicalJson } from "@/server/idempotency";
import { checkTask } from "./check-task";
import { firstTime, nextTime, readPlan } from "./plan";
import { databaseNow, instant, lockSchedule, nameTaken, readSchedule } from "./schedule";

/**
 * Changes a schedule; values that are set already change nothing. A new plan, or the end of a pause, counts from now:
 * no earlier time is made up for.
 */
export async function updateSchedule(ctx: ServiceContext, input: UpdateScheduleInput): Promise<Schedule> {
  const { scheduleId, expectedVersion: _expectedVersion, startsAt, endsAt, ...rest } = input;
  const requested: Partial<Settable> = {
    ...rest,
    ...(startsAt === undefined ? {} : { startsAt: instant(startsAt) }),
    ...(endsAt === undefined ? {} : { endsAt: instant(endsAt) }),
  };
  if (requested.task !== undefined) await checkTask(ctx, await readSchedule(ctx, scheduleId), requested.task);
  try {
    return await inTx(ctx, async (ctx) => {
      const before = await lockSchedule(ctx, input);
      const changes = changesTo(before, requested);
      if (Object.keys(changes).length > 0) await store(ctx, before, changes);
      return readSchedule(ctx, scheduleId);
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_schedules_name_idx")) throw error;
    throw nameTaken(input.name ?? scheduleId);
  }
}

type Settable = Pick<
  ScheduleRow,
  "name" | "cron" | "timeZone" | "overlap" | "catchUpMs" | "jitterMs" | "startsAt" | "endsAt" | "isPaused" | "task"
>;

function changesTo(before: ScheduleRow, requested: Partial<Settable>): Partial<Settable> {
  const fields = Object.keys(requested) as (keyof Settable)[];
  const changed = fields.filter(
    (field) => requested[field] !== undefined && canonicalJson(requested[field]) !== canonicalJson(before[field]),
  );
  return Object.fromEntries(changed.map((field) => [field, requested[field]]));
}

async function store(ctx: TxContext, before: ScheduleRow, changes: Partial<Settable>): Promise<void> {
  await ctx.db
    .update(schedules)
    .set({
      ...changes,
      ...(await nextOf(ctx, before, changes)),
      version: before.version + 1,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(eq(schedules.id, before.id));
  if (changes.task !== undefined) await setScheduleImages(ctx, before, changes.task.payload);
  // Only the schedule shows what its agent is asked; the audit log does not.
  const { task, ...shownChanges } = changes;
  await audit(ctx, {
    action: "schedules.update",
    targetKind: "schedule" as const,
    targetId: before.id,
    tenantId: before.tenantId,
    details: { was: before.name, ...shownChanges, ...(task === undefined ? {} : { task: "changed" }) },
  });
}

const PLANS = ["cron", "timeZone", "startsAt", "endsAt"] as const;

async function nextOf(
  ctx: TxContext,
  before: ScheduleRow,
  changes: Partial<Settable>,
): Promise<{ nextAt?: Date | null }> {
  const isReplanned = PLANS.some((field) => changes[field] !== undefined);
  if (!isReplanned && changes.isPaused === undefined) return {};
  const after = { ...before, ...changes };
  const now = await databaseNow(ctx);
  // Setting the clock back does not repeat a time.
  const from = before.lastDueAt !== null && before.lastDueAt > now ? before.lastDueAt : now;
  const plan = readPlan(after.cron, after.timeZone, after);
  // A schedule that has ended may be paused and resumed; only a new plan must have a next time.
  const next = isReplanned ? firstTime(plan, from, after) : nextTime(plan, from, after);
  return { nextAt: after.isPaused ? null : next };
}
