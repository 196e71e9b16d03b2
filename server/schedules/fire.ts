import { and, asc, desc, eq, inArray, isNotNull, lte, sql } from "drizzle-orm";
import { isDatabaseBusy, isDatabaseDown } from "@/db/errors";
import { queueTasks, type ScheduleRow, scheduleFirings, schedules } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { isAgentRunError, toAgentRunError } from "@/server/errors";
import { cancelTask, createTask } from "@/server/queue";
import { lastDue, nextTime, readPlan } from "./plan";
import { type NewFiring, OPEN_STATES, recordFiring } from "./record";
import { databaseNow } from "./schedule";
import { taskOf } from "./task-of";

/** Schedules that one look finds due; a pass looks until none is. */
const LOOK_MAX = 50;
/** A worker that is busy, or starts anew, is there sooner: what it comes to so late was not missed. */
const GRACE_MS = 60_000;
/** A time whose plan can no longer be read is tried again after so long. */
const UNREADABLE_MS = 3_600_000;
/** Tasks of before that are looked at; more go on at once where a schedule allowed it. */
const OPEN_MAX = 100;

/**
 * A pass over what is due. Each schedule's time is one transaction: its task, what is noted of it and the next time are
 * stored together, so that it comes once, whoever is killed when, and beside another worker's pass.
 *
 * @returns how many times came
 */
export async function fireSchedules(ctx: ServiceContext): Promise<number> {
  let fired = 0;
  for (;;) {
    const ids = await findDue(ctx);
    for (const id of ids) if (await fireOne(ctx, id)) fired += 1;
    if (ids.length < LOOK_MAX) return fired;
  }
}

async function findDue(ctx: ServiceContext): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: schedules.id })
    .from(schedules)
    .where(lte(schedules.nextAt, sql`(select clock_timestamp())`))
    .orderBy(asc(schedules.nextAt))
    .limit(LOOK_MAX);
  return rows.map(({ id }) => id);
}

async function fireOne(ctx: ServiceContext, scheduleId: string): Promise<boolean> {
  try {
    return await inTx(ctx, async (ctx) => {
      const schedule = await lockDue(ctx, scheduleId);
      if (schedule === null) return false;
      const now = await databaseNow(ctx);
      const plan = readPlan(schedule.cron, schedule.timeZone);
      const due = lastDue(plan, schedule.nextAt, now);
      await recordFiring(ctx, { scheduleId, ...due, ...(await act(ctx, schedule, due.dueAt, now)) });
      await setNext(ctx, scheduleId, nextTime(plan, now));
      return true;
    });
  } catch (error) {
    if (isDatabaseDown(error) || isDatabaseBusy(error)) throw error;
    return refuse(ctx, scheduleId, error);
  }
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

function setNext(ctx: TxContext, scheduleId: string, nextAt: Date) {
  return ctx.db.update(schedules).set({ nextAt }).where(eq(schedules.id, scheduleId));
}

type Deed = Pick<NewFiring, "outcome" | "message" | "taskId">;

async function act(ctx: TxContext, schedule: ScheduleRow, dueAt: Date, now: Date): Promise<Deed> {
  const lateMs = now.getTime() - dueAt.getTime();
  if (lateMs > Math.max(schedule.catchUpMs, GRACE_MS))
    return { outcome: "missed", message: `no worker was there until ${Math.round(lateMs / 60_000)} minutes later` };
  const open = schedule.overlap === "allow" ? [] : await findOpen(ctx, schedule.id);
  const [holder] = open;
  if (holder !== undefined && schedule.overlap === "skip")
    return { outcome: "skipped", message: `its task ${holder.id} has not ended: it is ${holder.state}` };
  for (const { id } of open) await replace(ctx, id);
  const { id: taskId } = await addTask(ctx, schedule, dueAt);
  return { outcome: "created", taskId };
}

/** Tasks of before that have not ended, the newest first. */
function findOpen(ctx: TxContext, scheduleId: string) {
  const added = ctx.db
    .select({ taskId: scheduleFirings.taskId, dueAt: scheduleFirings.dueAt })
    .from(scheduleFirings)
    .where(and(eq(scheduleFirings.scheduleId, scheduleId), isNotNull(scheduleFirings.taskId)))
    .orderBy(desc(scheduleFirings.dueAt))
    .limit(OPEN_MAX)
    .as("added");
  return ctx.db
    .select({ id: queueTasks.id, state: queueTasks.state })
    .from(added)
    .innerJoin(queueTasks, eq(queueTasks.id, added.taskId))
    .where(inArray(queueTasks.state, OPEN_STATES))
    .orderBy(desc(added.dueAt));
}

async function replace(ctx: TxContext, taskId: string): Promise<void> {
  try {
    await cancelTask(ctx, { taskId, reason: "the next time of its schedule has come" });
  } catch (error) {
    // It has ended since it was looked at.
    if (!isAgentRunError(error) || error.reason !== "already-terminal") throw error;
  }
}

/** The task of a time; its key keeps the same time from coming twice, whatever is noted of it. */
export function addTask(ctx: TxContext, schedule: ScheduleRow, dueAt: Date | null) {
  const { id: scheduleId, tenantId, projectId } = schedule;
  const task = taskOf(schedule.task, dueAt ?? new Date());
  return createTask(ctx, {
    ...{ ...task, tenantId, projectId, metadata: { ...task.metadata, scheduleId } },
    ...(dueAt === null ? {} : { idempotencyKey: `schedule ${scheduleId} ${dueAt.toISOString()}` }),
  });
}

/** A time that no task could be added for is noted with why; the next one is tried again. */
function refuse(ctx: ServiceContext, scheduleId: string, error: unknown): Promise<boolean> {
  const told = toAgentRunError(error);
  if (told.reason === "unexpected") ctx.log.error({ err: error, scheduleId }, "a schedule's task could not be added");
  return inTx(ctx, async (ctx) => {
    const schedule = await lockDue(ctx, scheduleId);
    if (schedule === null) return false;
    const now = await databaseNow(ctx);
    const plan = planOf(schedule);
    const due = plan === null ? { dueAt: schedule.nextAt, missed: 0 } : lastDue(plan, schedule.nextAt, now);
    await recordFiring(ctx, { scheduleId, ...due, outcome: "refused", message: told.message });
    await setNext(ctx, scheduleId, plan === null ? new Date(now.getTime() + UNREADABLE_MS) : nextTime(plan, now));
    return true;
  });
}

/** null: a zone that this program knows no more, or a plan that it reads otherwise than when it was stored. */
function planOf({ cron, timeZone }: ScheduleRow) {
  try {
    const plan = readPlan(cron, timeZone);
    nextTime(plan, new Date());
    return plan;
  } catch (error) {
    if (!isAgentRunError(error)) throw error;
    return null;
  }
}
