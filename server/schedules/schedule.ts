import { and, asc, eq, type SQL, sql } from "drizzle-orm";
import type { Schedule } from "@/contract/schedule";
import { queueTasks, type ScheduleRow, scheduleFirings, schedules } from "@/db/schema";
import { type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { FIRING_AND_TASK, IS_ITS_TASK, toFiring } from "./firing";
import { describeCron } from "./plan";

/** Returns schedules as clients see them, by name, each with its last firing. */
export async function readSchedules(
  ctx: ServiceContext,
  { where, max }: { where: SQL | undefined; max: number },
): Promise<Schedule[]> {
  const isItsLast = and(eq(scheduleFirings.scheduleId, schedules.id), eq(scheduleFirings.dueAt, schedules.lastDueAt));
  const rows = await ctx.db
    .select({ schedule: schedules, ...FIRING_AND_TASK })
    .from(schedules)
    .leftJoin(scheduleFirings, isItsLast)
    .leftJoin(queueTasks, IS_ITS_TASK)
    .where(and(where, isVisible(ctx)))
    .orderBy(asc(schedules.name), asc(schedules.id))
    .limit(max);
  return rows.map(({ schedule: { lastDueAt: _lastDueAt, ...schedule }, firing, task }) => ({
    ...schedule,
    words: describeCron(schedule.cron),
    startsAt: iso(schedule.startsAt),
    endsAt: iso(schedule.endsAt),
    nextAt: iso(schedule.nextAt),
    lastFiring: firing === null ? null : toFiring({ firing, task }),
    createdAt: iso(schedule.createdAt),
    updatedAt: iso(schedule.updatedAt),
  }));
}

/** Returns a schedule that the caller may see. */
export async function readSchedule(ctx: ServiceContext, scheduleId: string): Promise<Schedule> {
  const [schedule] = await readSchedules(ctx, { where: eq(schedules.id, scheduleId), max: 1 });
  if (schedule === undefined) throw new NotFoundError("schedule", scheduleId);
  return schedule;
}

/**
 * Locks a schedule that the caller may change and whose current version it has seen. Must come before locking any task.
 */
export async function lockSchedule(
  ctx: TxContext,
  { scheduleId, expectedVersion }: { scheduleId: string; expectedVersion?: number },
): Promise<ScheduleRow> {
  const [schedule] = await ctx.db
    .select()
    .from(schedules)
    .where(and(eq(schedules.id, scheduleId), isVisible(ctx)))
    .for("update");
  if (schedule === undefined) throw new NotFoundError("schedule", scheduleId);
  if (expectedVersion !== undefined && expectedVersion !== schedule.version)
    throw new ConflictError("version-conflict", `the schedule “${schedule.name}” was changed meanwhile: look again`, {
      current: await readSchedule(ctx, scheduleId),
    });
  return schedule;
}

export function nameTaken(name: string): ConflictError {
  return new ConflictError("already-exists", `a schedule named “${name}” is there: take another name`);
}

/** A bound of a schedule as it is stored; null: there is none. */
export function instant(text: string | null | undefined): Date | null {
  return text == null ? null : new Date(text);
}

/** Returns the time by the clock that decides when a schedule is due, to the millisecond. */
export async function databaseNow(ctx: ServiceContext): Promise<Date> {
  const { rows } = await ctx.db.execute<{ ms: number }>(
    sql`select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error("the database told no time");
  return new Date(row.ms);
}

function isVisible(ctx: ServiceContext): SQL | undefined {
  const tenantId = tenantOf(ctx);
  return tenantId === null ? undefined : eq(schedules.tenantId, tenantId);
}
