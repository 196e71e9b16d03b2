import { eq } from "drizzle-orm";
import { recordPeriods, type SpendingSession } from "@/db/queries/usage/measure-budgets";
import { budgets } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

/**
 * Stores the state of a budget that the caller has locked. The dispatcher uses the stored state: if it has changed, the
 * dispatcher is woken to check waiting tasks again.
 */
export async function noteLocked(ctx: TxContext, budgetId: string, session: SpendingSession | null): Promise<void> {
  const changed = await recordPeriods(ctx.db, budgetId, session);
  if (changed.length > 0) ctx.wake("queue");
}

/** The same for a budget that is not locked yet. Does nothing if the budget no longer exists. */
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
