import { and, eq, exists, inArray, isNull, lt, not, or, sql } from "drizzle-orm";
import type { FiringOutcome } from "@/contract/words";
import { FIRINGS_KEPT_DAYS } from "@/contract/words";
import { queueTasks, scheduleFirings, schedules } from "@/db/schema";
import type { TxContext } from "@/server/context";

export const OPEN_STATES = ["pending", "dispatched", "running"] as const;

export type NewFiring = {
  scheduleId: string;
  /** null: now, because somebody asked for it. */
  dueAt: Date | null;
  outcome: FiringOutcome;
  missed?: number;
  message?: string;
  holderTaskId?: string;
  taskId?: string;
};

/** Notes a firing, and forgets those of long ago unless their tasks have not ended. */
export async function recordFiring(ctx: TxContext, { dueAt, ...firing }: NewFiring): Promise<void> {
  const due = dueAt ?? sql<Date>`clock_timestamp()`;
  const [inserted] = await ctx.db
    .insert(scheduleFirings)
    .values({ ...firing, dueAt: due, isManual: dueAt === null })
    .returning({ dueAt: sql<string>`${scheduleFirings.dueAt}::text` });
  if (inserted === undefined) throw new Error("a firing was not stored");
  const { scheduleId } = firing;
  // To the microsecond, as it is stored.
  const lastDueAt = sql`${inserted.dueAt}::timestamptz`;
  await ctx.db.update(schedules).set({ lastDueAt }).where(eq(schedules.id, scheduleId));
  await ctx.db.delete(scheduleFirings).where(isOver(ctx, scheduleId));
}

function isOver(ctx: TxContext, scheduleId: string) {
  const isContinuing = exists(
    ctx.db
      .select()
      .from(queueTasks)
      .where(and(eq(queueTasks.id, scheduleFirings.taskId), inArray(queueTasks.state, OPEN_STATES))),
  );
  return and(
    eq(scheduleFirings.scheduleId, scheduleId),
    // The key finds rows by the first condition; a firing that was due long ago but noted recently is kept.
    lt(scheduleFirings.dueAt, sql`(select clock_timestamp()) - ${FIRINGS_KEPT_DAYS} * interval '1 day'`),
    lt(scheduleFirings.firedAt, sql`(select clock_timestamp()) - ${FIRINGS_KEPT_DAYS} * interval '1 day'`),
    or(isNull(scheduleFirings.taskId), not(isContinuing)),
  );
}
