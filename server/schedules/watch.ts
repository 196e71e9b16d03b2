import { and, asc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { scheduleFirings, schedules } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";

/** Longer than a worker takes to fire what is due, in milliseconds. */
const OVERDUE_MS = 60_000;

/** Counts schedules that are due and have not fired. */
export function countOverdueSchedules(db: Db): Promise<number> {
  return db.$count(schedules, lt(schedules.nextAt, sql`(select clock_timestamp()) - ${OVERDUE_MS} * interval '1 ms'`));
}

/**
 * Lists schedules whose last time brought no task although no earlier task was in the way, and that nobody has changed
 * since, except paused ones. Those that have failed longest come first. A null `tenantId`: of all tenants.
 */
export async function listFailingSchedules(
  ctx: ServiceContext,
  scope: { tenantId: string | null; projectId?: string; max: number },
) {
  const rows = await ctx.db
    .select({
      id: schedules.id,
      name: schedules.name,
      tenantId: schedules.tenantId,
      message: scheduleFirings.message,
      at: scheduleFirings.firedAt,
    })
    .from(schedules)
    .innerJoin(
      scheduleFirings,
      and(eq(scheduleFirings.scheduleId, schedules.id), eq(scheduleFirings.dueAt, schedules.lastDueAt)),
    )
    .where(
      and(
        ...[eq(schedules.isPaused, false), inArray(scheduleFirings.outcome, ["refused", "missed"])],
        lt(schedules.updatedAt, scheduleFirings.firedAt),
        scope.tenantId === null ? undefined : eq(schedules.tenantId, scope.tenantId),
        scope.projectId === undefined ? undefined : eq(schedules.projectId, scope.projectId),
      ),
    )
    .orderBy(asc(scheduleFirings.firedAt))
    .limit(scope.max);
  return rows.map(({ at, ...row }) => ({ ...row, since: iso(at) }));
}
