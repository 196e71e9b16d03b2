import { amountOf } from "@/contract/budget";
import { ALL_TENANTS, BUDGET_TOKENS } from "@/contract/words";
import type { MeasuredPeriod } from "@/db/queries/measure-budgets";

const OF_PERIOD = { day: "of today", week: "of this week", month: "of this month", session: "of this session" };

type Told = Pick<MeasuredPeriod, "name" | "tenantId" | "period" | "unit" | "spent" | "limit" | "endsMs">;

/**
 * Why a model is asked no more, for whoever has asked. What all tenants have spent together is not for those to know who
 * are bound to one.
 */
export function refusalOf({ name, tenantId, period, unit, spent, limit, endsMs }: Told): string {
  const until = endsMs === null ? "" : `, or at ${new Date(endsMs).toISOString()}`;
  const goesOn = `it goes on when somebody raises it${until}`;
  const amounts = `${written(unit, spent)} of ${written(unit, limit)} ${unit}`;
  if (tenantId !== ALL_TENANTS) return `the budget “${name}” ${OF_PERIOD[period]} is reached, ${amounts}: ${goesOn}`;
  if (period === "session") return `what this session may spend is reached, ${amounts}: ${goesOn}`;
  return `a budget ${OF_PERIOD[period]} for all tenants together is reached: ${goesOn}`;
}

/** To the cent, as far as it goes: what a millionth costs interests nobody who is refused. */
function written(unit: string, units: number): string {
  const amount = amountOf(unit, units);
  return unit === BUDGET_TOKENS ? String(amount) : amount.toFixed(2);
}
