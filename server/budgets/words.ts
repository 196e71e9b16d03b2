import { amountOf } from "@/contract/budget";
import { ALL_TENANTS, BUDGET_TOKENS } from "@/contract/words";
import type { MeasuredPeriod } from "@/db/queries/usage/measure-budgets";

const OF_PERIOD = { day: "of today", week: "of this week", month: "of this month", session: "of this session" };

type BudgetFacts = Pick<MeasuredPeriod, "name" | "tenantId" | "period" | "unit" | "spent" | "limit" | "endsMs">;

/**
 * Returns why calls to a model are refused, for the caller. Callers bound to a tenant must not learn what all tenants
 * have spent together.
 */
export function refusalMessage({ name, tenantId, period, unit, spent, limit, endsMs }: BudgetFacts): string {
  const until = endsMs === null ? "" : `, or at ${new Date(endsMs).toISOString()}`;
  const resumption = `it goes on when somebody raises it${until}`;
  const amounts = `${written(unit, spent)} of ${written(unit, limit)} ${unit}`;
  if (tenantId !== ALL_TENANTS)
    return `the budget “${name}” ${OF_PERIOD[period]} is reached, ${amounts}: ${resumption}`;
  if (period === "session") return `what this session may spend is reached, ${amounts}: ${resumption}`;
  return `a budget ${OF_PERIOD[period]} for all tenants together is reached: ${resumption}`;
}

/** Rounds to cents where there are any: a caller that is refused does not need millionths. */
function written(unit: string, units: number): string {
  const amount = amountOf(unit, units);
  return unit === BUDGET_TOKENS ? String(amount) : amount.toFixed(2);
}
