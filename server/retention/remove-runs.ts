import { and, asc, eq, inArray, or, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { commands, eventBatches, events, modelCalls, runs, sessions } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";

/** Rows that one transaction deletes: few enough that nobody waits long for its locks. */
const ROWS_PER_BATCH = 5_000;

/** How many rows a tick may still remove. Each function that removes rows subtracts them. */
export type Budget = { rows: number };

/**
 * Removes a session's ended runs with their events and calls, the oldest first, in bounded batches. Returns whether all
 * are removed; if false, the budget ran out and the next tick continues.
 */
export async function removeRuns(ctx: ServiceContext, sessionId: string, budget: Budget): Promise<boolean> {
  for (;;) {
    const [run] = await ctx.db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.sessionId, sessionId), inArray(runs.status, ["completed", "failed", "cancelled"])))
      .orderBy(asc(runs.createdAt), asc(runs.id))
      .limit(1);
    if (!run) return true;
    if (!(await removeRows(ctx, run.id, budget))) return false;
    await removeRun(ctx, sessionId, run.id);
    budget.rows -= 1;
  }
}

/** Removes a run, and the fields of its session that name it, unless they name a newer run by now. */
async function removeRun(ctx: ServiceContext, sessionId: string, runId: string): Promise<void> {
  const isOfRun = (column: PgColumn) =>
    inArray(column, ctx.db.select({ id: commands.id }).from(commands).where(eq(commands.runId, runId)));
  const { lastRunId, activeRunId, lastCommandId, activeCommandId } = sessions;
  await inTx(ctx, async (ctx) => {
    const changed = await ctx.db
      .update(sessions)
      .set({
        lastRunId: sql`nullif(${lastRunId}, ${runId})`,
        activeRunId: sql`nullif(${activeRunId}, ${runId})`,
        lastCommandId: sql`case when ${isOfRun(lastCommandId)} then null else ${lastCommandId} end`,
        activeCommandId: sql`case when ${isOfRun(activeCommandId)} then null else ${activeCommandId} end`,
      })
      .where(
        and(
          eq(sessions.sessionId, sessionId),
          or(eq(lastRunId, runId), eq(activeRunId, runId), isOfRun(lastCommandId), isOfRun(activeCommandId)),
        ),
      )
      .returning({ sessionId: sessions.sessionId });
    // Commands, jobs, approvals and the lease are removed by cascade.
    await ctx.db.delete(runs).where(eq(runs.id, runId));
    if (changed.length > 0) ctx.wake("sessions");
  });
}

/** Tables with many rows per run. When calls are removed, a trigger keeps their totals in the sums of their days. */
const ROWS = [
  { table: events, order: sql`order by seq` },
  { table: eventBatches, order: sql`` },
  { table: modelCalls, order: sql`` },
] as const;

async function removeRows(ctx: ServiceContext, runId: string, budget: Budget): Promise<boolean> {
  while (budget.rows > 0) {
    const removed = await inTx(ctx, async (ctx) => {
      let gone = 0;
      for (const { table, order } of ROWS) {
        const { rowCount } = await ctx.db.execute(sql`
          delete from ${table} where ctid = any (array(
            select ctid from ${table} where run_id = ${runId} ${order} limit ${ROWS_PER_BATCH}))`);
        gone += rowCount ?? 0;
      }
      return gone;
    });
    if (removed === 0) return true;
    budget.rows -= removed;
  }
  return false;
}
