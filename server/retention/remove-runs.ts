import { and, asc, eq, inArray, or, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { commands, conversationTexts, eventBatches, events, modelCalls, runs, sessions } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

/** Rows that one transaction deletes: few enough that nobody waits long for its locks. */
const ROWS_PER_BATCH = 5_000;

/** How many rows a tick may still remove. Each function that removes rows subtracts them. */
export type Budget = { rows: number };

/** Whether what a transaction is about to remove may still go. */
type IsDue = (ctx: TxContext) => Promise<boolean>;
/** `cut-off`: the budget ran out, and the next tick continues. `kept`: the runs may no longer go. */
type Removal = "removed" | "cut-off" | "kept";

/**
 * Removes a session's ended runs with their events and calls, the oldest first, in bounded batches. `isDue` is asked at
 * the beginning of each transaction.
 */
export async function removeRuns(
  ctx: ServiceContext,
  sessionId: string,
  budget: Budget,
  isDue: IsDue = () => Promise.resolve(true),
): Promise<Removal> {
  for (;;) {
    const [run] = await ctx.db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.sessionId, sessionId), inArray(runs.status, ["completed", "failed", "cancelled"])))
      .orderBy(asc(runs.createdAt), asc(runs.id))
      .limit(1);
    if (!run) return "removed";
    const outcome = await removeRows(ctx, run.id, budget, isDue);
    if (outcome !== "removed") return outcome;
    if (!(await removeRun(ctx, { sessionId, runId: run.id, isDue }))) return "kept";
    budget.rows -= 1;
  }
}

/**
 * Removes a run, and the fields of its session that name it, unless they name a newer run by now. Returns false when
 * the run may no longer go.
 */
async function removeRun(
  ctx: ServiceContext,
  { sessionId, runId, isDue }: { sessionId: string; runId: string; isDue: IsDue },
): Promise<boolean> {
  const isCommandOfRun = (column: PgColumn) =>
    inArray(column, ctx.db.select({ id: commands.id }).from(commands).where(eq(commands.runId, runId)));
  const { lastRunId, activeRunId, lastCommandId, activeCommandId } = sessions;
  return inTx(ctx, async (ctx) => {
    if (!(await isDue(ctx))) return false;
    const changed = await ctx.db
      .update(sessions)
      .set({
        lastRunId: sql`nullif(${lastRunId}, ${runId})`,
        activeRunId: sql`nullif(${activeRunId}, ${runId})`,
        lastCommandId: sql`case when ${isCommandOfRun(lastCommandId)} then null else ${lastCommandId} end`,
        activeCommandId: sql`case when ${isCommandOfRun(activeCommandId)} then null else ${activeCommandId} end`,
      })
      .where(
        and(
          eq(sessions.sessionId, sessionId),
          or(
            eq(lastRunId, runId),
            eq(activeRunId, runId),
            isCommandOfRun(lastCommandId),
            isCommandOfRun(activeCommandId),
          ),
        ),
      )
      .returning({ sessionId: sessions.sessionId });
    // Commands, jobs, approvals and the lease are removed by cascade.
    await ctx.db.delete(runs).where(eq(runs.id, runId));
    if (changed.length > 0) ctx.wake("sessions");
    return true;
  });
}

/** Tables with many rows per run. When calls are removed, a trigger keeps their totals in the sums of their days. */
const RUN_TABLES = [
  { table: events, order: sql`order by seq` },
  { table: eventBatches, order: sql`` },
  { table: conversationTexts, order: sql`` },
  { table: modelCalls, order: sql`` },
] as const;

async function removeRows(ctx: ServiceContext, runId: string, budget: Budget, isDue: IsDue): Promise<Removal> {
  while (budget.rows > 0) {
    const removed = await inTx(ctx, async (ctx) => {
      if (!(await isDue(ctx))) return null;
      let deleted = 0;
      for (const { table, order } of RUN_TABLES) {
        const { rowCount } = await ctx.db.execute(sql`
          delete from ${table} where ctid = any (array(
            select ctid from ${table} where run_id = ${runId} ${order} limit ${ROWS_PER_BATCH}))`);
        deleted += rowCount ?? 0;
      }
      return deleted;
    });
    if (removed === null) return "kept";
    if (removed === 0) return "removed";
    budget.rows -= removed;
  }
  return "cut-off";
}
