import { and, asc, eq, lte, sql } from "drizzle-orm";
import { isDatabaseBusy, isDatabaseDown } from "@/db/errors";
import { type ScheduleRow, scheduleFirings, schedules } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { isAgentRunError, toAgentRunError } from "@/server/errors";
import { act, type Deed } from "./act";
import { lastDue, nextTime, type Plan, readPlan } from "./plan";
import { recordFiring } from "./record";
import { databaseNow } from "./schedule";

/** Schedules that one look finds. */
const LOOK_MAX = 50;
/** A schedule that others keep waiting is left for the next pass, so that the rest is not late. */
const LOCK_WAIT_MS = 200;
/** A time whose plan can no longer be read is tried again after so long. */
const UNREADABLE_MS = 3_600_000;

/**
 * A pass over what is due as it begins, each schedule once. A schedule's time is one transaction: its task, what is noted
 * of it and the next time are stored together, so that it comes once, whoever is killed when, and beside another
 * worker's pass. What fails of one schedule is in no other's way.
 *
 * @returns how many times came
 */
export async function fireSchedules(ctx: ServiceContext): Promise<number> {
  const until = await databaseNow(ctx);
  let fired = 0;
  for (let after: Found | undefined; ; ) {
    const found = await findDue(ctx, until, after);
    for (const one of found) if (await fireOrLeave(ctx, one)) fired += 1;
    after = found.at(-1);
    if (found.length < LOOK_MAX) return fired;
  }
}

type Found = { id: string; tenantId: string; position: string };

function findDue(ctx: ServiceContext, until: Date, after: Found | undefined): Promise<Found[]> {
  const isAfter = sql`(${schedules.nextAt}, ${schedules.id}) > (${after?.position}::timestamptz, ${after?.id})`;
  return ctx.db
    .select({ id: schedules.id, tenantId: schedules.tenantId, position: sql<string>`${schedules.nextAt}::text` })
    .from(schedules)
    .where(and(lte(schedules.nextAt, until), after === undefined ? undefined : isAfter))
    .orderBy(asc(schedules.nextAt), asc(schedules.id))
    .limit(LOOK_MAX);
}

async function fireOrLeave(ctx: ServiceContext, { id, tenantId }: Found): Promise<boolean> {
  // Bound to the tenant: a task of its may use, and tell of, nothing of another's.
  const own: ServiceContext = { ...ctx, actor: { kind: "system", name: "schedules", tenantId } };
  try {
    return await fireOne(own, id);
  } catch (error) {
    if (!isDatabaseBusy(error)) throw error;
    ctx.log.warn({ err: error, scheduleId: id }, "a schedule is held by others: it is tried again");
    return false;
  }
}

async function fireOne(ctx: ServiceContext, scheduleId: string): Promise<boolean> {
  try {
    return await comeTo(ctx, scheduleId, readPlanOf, act);
  } catch (error) {
    if (isDatabaseDown(error) || isDatabaseBusy(error)) throw error;
    const told = toAgentRunError(error);
    if (told.reason === "unexpected") ctx.log.error({ err: error, scheduleId }, "a schedule's task could not be added");
    // Noted with why, in a transaction without what failed, so that it is not in the way; the next time is tried again.
    return comeTo(ctx, scheduleId, planIfReadable, async () => ({ outcome: "refused", message: told.message }));
  }
}

/** Does what is to be done at the time that a schedule is due, unless that has come already, and moves it to the next. */
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
    // A worker of a release that knows no end may have set it.
    const isOver = schedule.endsAt !== null && due.dueAt > schedule.endsAt;
    const isNew = !isOver && !(await hasCome(ctx, scheduleId, due.dueAt));
    if (isNew) await recordFiring(ctx, { scheduleId, ...due, ...(await deed(ctx, schedule, { ...due, now })) });
    // A clock that was set back gives no time again.
    const from = new Date(Math.max(now.getTime(), due.dueAt.getTime()));
    const nextAt = plan === null ? new Date(from.getTime() + UNREADABLE_MS) : nextTime(plan, from, schedule);
    await ctx.db.update(schedules).set({ nextAt }).where(eq(schedules.id, scheduleId));
    return isNew;
  });
}

type Due = ScheduleRow & { nextAt: Date };

/** null: it is not due any more, or somebody else is at it. */
async function lockDue(ctx: TxContext, scheduleId: string): Promise<Due | null> {
  const [row] = await ctx.db
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, scheduleId), lte(schedules.nextAt, sql`(select clock_timestamp())`)))
    .for("update", { skipLocked: true });
  return row?.nextAt ? { ...row, nextAt: row.nextAt } : null;
}

async function hasCome(ctx: TxContext, scheduleId: string, dueAt: Date): Promise<boolean> {
  const isIt = and(eq(scheduleFirings.scheduleId, scheduleId), eq(scheduleFirings.dueAt, dueAt));
  return (await ctx.db.$count(scheduleFirings, isIt)) > 0;
}

function readPlanOf(schedule: ScheduleRow): Plan {
  return readPlan(schedule.cron, schedule.timeZone, schedule);
}

/** null: a zone that this program knows no more, or a plan that it reads otherwise than when it was stored. */
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
