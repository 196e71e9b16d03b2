import type { BudgetsOfSession } from "@/contract/budget";
import { ALL_TENANTS } from "@/contract/words";
import { measureFor } from "@/db/queries/usage/measure-budgets";
import { type ServiceContext, tenantOf } from "@/server/context";
import { requireSession } from "@/server/sessions";
import { isKnown, toPeriod } from "./period";

/** Returns the budgets to which a session's calls count, those nearest to their limit first. */
export async function budgetsOfSession(ctx: ServiceContext, sessionId: string): Promise<BudgetsOfSession> {
  const { tenantId, projectId, backendProfile } = await requireSession(ctx, sessionId);
  const bounds = await measureFor(ctx.db, { sessionId, tenantId, projectId, backendProfile });
  // A budget of all tenants would reveal what others spend.
  const visible = bounds.filter((budget) => tenantOf(ctx) === null || budget.tenantId !== ALL_TENANTS).filter(isKnown);
  const byShare = visible.toSorted((left, right) => right.spent / right.limit - left.spent / left.limit);
  return {
    items: byShare.map((period) => {
      const { id, name, unit, action, period: kind } = period;
      return { id, name, unit, action, period: kind, current: toPeriod(period) };
    }),
  };
}
