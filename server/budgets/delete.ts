import { eq } from "drizzle-orm";
import type { DeleteBudgetInput, DeletedBudget } from "@/contract/budget";
import { budgets } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { lockBudget } from "./budget";
import { ownerIn } from "./create";

/** Deletes a budget, with what is remembered of its periods. What waits for it goes on. */
export function deleteBudget(ctx: ServiceContext, input: DeleteBudgetInput): Promise<DeletedBudget> {
  return inTx(ctx, async (ctx) => {
    const { id: budgetId, tenantId, name } = await lockBudget(ctx, input);
    await ctx.db.delete(budgets).where(eq(budgets.id, budgetId));
    await audit(ctx, {
      action: "budgets.delete",
      targetKind: "budget",
      targetId: budgetId,
      tenantId: ownerIn(tenantId),
      details: { name },
    });
    ctx.wake("queue");
    return { budgetId };
  });
}
