import { eq } from "drizzle-orm";
import { notePeriods, type SpendingSession } from "@/db/queries/measure-budgets";
import { budgets } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

/**
 * Remembers how a budget stands that its caller has locked. The dispatcher goes by what is remembered: where that has
 * changed, it looks again at what waits.
 */
export async function noteLocked(ctx: TxContext, budgetId: string, session: SpendingSession | null): Promise<void> {
  const changed = await notePeriods(ctx.db, budgetId, session);
  if (changed.length > 0) ctx.wake("queue");
}

/** The same of one that is not locked; one that has gone is none. */
export function noteBudget(
  ctx: ServiceContext,
  budgetId: string,
  session: SpendingSession | null = null,
): Promise<void> {
  return inTx(ctx, async (ctx) => {
    const [budget] = await ctx.db
      .select({ id: budgets.id })
      .from(budgets)
      .where(eq(budgets.id, budgetId))
      .for("update");
    if (budget !== undefined) await noteLocked(ctx, budgetId, session);
  });
}
