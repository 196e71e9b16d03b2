import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { eventBatches, events, runs } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";

/** Rows that one transaction deletes: short enough that nobody waits for its locks. */
const ROWS_PER_BATCH = 5_000;

/** What a tick may still remove; it is spent by whoever removes. */
export type Budget = { rows: number };

/**
 * Removes a session's ended runs with their events, oldest first, in bounded batches. True when none of them is left;
 * false when the budget ran out first, and the next tick goes on.
 */
export async function removeRuns(ctx: ServiceContext, sessionId: string, budget: Budget): Promise<boolean> {
  while (budget.rows > 0) {
    const [run] = await ctx.db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.sessionId, sessionId), inArray(runs.status, ["completed", "failed", "cancelled"])))
      .orderBy(asc(runs.createdAt), asc(runs.id))
      .limit(1);
    if (!run) return true;
    if (await removeEvents(ctx, run.id, budget)) {
      // Commands, jobs, approvals and the lease go with it.
      await ctx.db.delete(runs).where(eq(runs.id, run.id));
      budget.rows -= 1;
    }
  }
  return false;
}

async function removeEvents(ctx: ServiceContext, runId: string, budget: Budget): Promise<boolean> {
  while (budget.rows > 0) {
    const removed = await inTx(ctx, async (ctx) => {
      const gone = await ctx.db.execute(sql`
        delete from ${events} where ctid = any (array(
          select ctid from ${events} where run_id = ${runId} order by seq limit ${ROWS_PER_BATCH}))`);
      const batches = await ctx.db.execute(sql`
        delete from ${eventBatches} where ctid = any (array(
          select ctid from ${eventBatches} where run_id = ${runId} limit ${ROWS_PER_BATCH}))`);
      return (gone.rowCount ?? 0) + (batches.rowCount ?? 0);
    });
    if (removed === 0) return true;
    budget.rows -= removed;
  }
  return false;
}
