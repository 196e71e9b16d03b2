import { and, asc, eq, lte, sql } from "drizzle-orm";
import { isDatabaseBusy, isDatabaseDown } from "@/db/errors";
import { type ScheduleRow, scheduleFirings, schedules } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { isAgentRunError, toAgentRunError } from "@/server/errors";
import { type Deed, runFiring } from "./act";
import { lastDue, nextTime, type Plan, readPlan } from "./plan";
import { recordFiring } from "./record";
import { databaseNow } from "./schedule";

/** Schedules that one query returns. */
const LOOK_MAX = 50;
/**
 * How long to wait for a locked schedule, in milliseconds. It is then left to the next pass, so that the others are not
 * late.
 */
const LOCK_WAIT_MS = 200;
/** How long until a firing is tried again whose plan can no longer be read, in milliseconds. */
const UNREADABLE_MS = 3_600_000;

/**
 * Runs one pass over the schedules that are due when it begins, each once. A firing is one transaction: the task, the
 * note and the next time are stored together, so that each time fires once, whichever process is killed when, and even
 * beside another worker's pass. A failure of one schedule does not affect the others.
 *
 * @returns how many times fired
 */
export async function fireSchedules(ctx: ServiceContext): Promise<number> {
  const until = await databaseNow(ctx);
  let fired = 0;
  for (let after: DueSchedule | undefined; ; ) {
    const found = await findDue(ctx, until, after);
    for (const firing of found) if (await fireUnlessLocked(ctx, firing)) fired += 1;
    after = found.at(-1);
    if (found.length < LOOK_MAX) return fired;
  }
}

type DueSchedule = { id: string; tenantId: string; position: string };

function findDue(ctx: ServiceContext, until: Date, after: DueSchedule | undefined): Promise<DueSchedule[]> {
  const isAfter = sql`(${schedules.nextAt}, ${schedules.id}) > (${after?.position}::timestamptz, ${after?.id})`;
  return ctx.db
    .select({ id: schedules.id, tenantId: schedules.tenantId, position: sql<string>`${schedules.nextAt}::text` })
    .from(schedules)
    .where(and(lte(schedules.nextAt, until), after === undefined ? undefined : isAfter))
    .orderBy(asc(schedules.nextAt), asc(schedules.id))
    .limit(LOOK_MAX);
}

async function fireUnlessLocked(ctx: ServiceContext, { id, tenantId }: DueSchedule): Promise<boolean> {
  // Bound to the schedule's tenant, so that its task can use and reveal nothing of another tenant's.
  const own: ServiceContext = { ...ctx, actor: { kind: "system", name: "schedules", tenantId } };
  try {
    return await fireOne(own, id);
  } catch (error) {
    if (!isDatabaseBusy(error)) throw error;
    ctx.log.warn({ err: error, scheduleId: id }, "schedule is locked by another process, will retry");
    return false;
  }
}

async function fireOne(ctx: ServiceContext, scheduleId: string): Promise<boolean> {
  try {
    return await comeTo(ctx, scheduleId, readPlanOf, runFiring);
  } catch (error) {
    if (isDatabaseDown(error) || isDatabaseBusy(error)) throw error;
    const fault = toAgentRunError(error);
    if (fault.reason === "unexpected") ctx.log.error({ err: error, scheduleId }, "could not add the schedule's task");
    // Notes the reason in a transaction without the failure, so that it does not block the schedule; the next time is
    // tried normally.
    return comeTo(ctx, scheduleId, planIfReadable, async () => ({ outcome: "refused", message: fault.message }));
  }
}

/** Fires a schedule that is due, unless that time has fired already, and moves it to its next time. */
function comeTo(
  ctx: ServiceContext,
  scheduleId: string,
  planOf: (schedule: ScheduleRow, now: Date) => Plan | null,
  deed: (ctx: TxContext, schedule: ScheduleRow, at: { dueAt: Date; now: Date }) => Promise<Deed>,
): Promise<boolean> {
  return inTx(ctx, async (ctx) => {
    await ctx.db.execute(sql.raw(`set local lock_timeout = ${LOCK_WAIT_MS}`));
    const schedule = await lockDue(ctx, scheduleId);
    if (schedule === null) return false;
    const now = await databaseNow(ctx);
    const plan = planOf(schedule, now);
    const due = plan === null ? { dueAt: schedule.nextAt, missed: 0 } : lastDue(plan, schedule.nextAt, now);
    // A worker of a release that knows no end may have set this time.
    const isOver = schedule.endsAt !== null && due.dueAt > schedule.endsAt;
    const isNew = !isOver && !(await isRecorded(ctx, scheduleId, due.dueAt));
    if (isNew) await recordFiring(ctx, { scheduleId, ...due, ...(await deed(ctx, schedule, { ...due, now })) });
    // Setting the clock back does not repeat a time.
    const from = new Date(Math.max(now.getTime(), due.dueAt.getTime()));
    const nextAt = plan === null ? new Date(from.getTime() + UNREADABLE_MS) : nextTime(plan, from, schedule);
    await ctx.db.update(schedules).set({ nextAt }).where(eq(schedules.id, scheduleId));
    return isNew;
  });
}

type Due = ScheduleRow & { nextAt: Date };

/** Locks a schedule that is due; null: it is no longer due, or somebody else has locked it. */
async function lockDue(ctx: TxContext, scheduleId: string): Promise<Due | null> {
  const [row] = await ctx.db
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, scheduleId), lte(schedules.nextAt, sql`(select clock_timestamp())`)))
    .for("update", { skipLocked: true });
  return row?.nextAt ? { ...row, nextAt: row.nextAt } : null;
}

async function isRecorded(ctx: TxContext, scheduleId: string, dueAt: Date): Promise<boolean> {
  const isFiring = and(eq(scheduleFirings.scheduleId, scheduleId), eq(scheduleFirings.dueAt, dueAt));
  return (await ctx.db.$count(scheduleFirings, isFiring)) > 0;
}

function readPlanOf(schedule: ScheduleRow): Plan {
  return readPlan(schedule.cron, schedule.timeZone, schedule);
}

/**
 * Returns the plan; null: this program no longer knows its time zone, or reads the plan differently than when it was
 * stored.
 */
function planIfReadable(schedule: ScheduleRow, now: Date): Plan | null {
  try {
    const plan = readPlanOf(schedule);
    nextTime(plan, now, schedule);
    return plan;
  } catch (error) {
    if (!isAgentRunError(error)) throw error;
    return null;
  }
}
