import { amountOf, type BudgetPeriod } from "@/contract/budget";
import type { BudgetState } from "@/contract/words";
import type { MeasuredPeriod } from "@/db/queries/usage/measure-budgets";

const PERCENT = 100;

/** A period that has begun: a certain day, week or month, or a certain session. */
export type KnownPeriod = MeasuredPeriod & { key: string };

export function isKnown(period: MeasuredPeriod): period is KnownPeriod {
  return period.key !== null;
}

/** How what was spent stands against its limit. The database notes it by the same rule (`recordPeriods`). */
export function stateOf({
  spent,
  limit,
  warnPercent,
}: Pick<MeasuredPeriod, "spent" | "limit" | "warnPercent">): BudgetState {
  if (spent >= limit) return "reached";
  return warnPercent !== null && spent / limit >= warnPercent / PERCENT ? "near" : "within";
}

/** Returns whether the budget stops calls to models. */
export function isHolding(budget: MeasuredPeriod): boolean {
  return budget.action === "hold" && budget.key !== null && stateOf(budget) === "reached";
}

/** Returns, of several reached budgets, the one whose period ends last; null: there is none. */
export function longestOf(reached: readonly MeasuredPeriod[]): MeasuredPeriod | null {
  const endOf = ({ endsMs }: MeasuredPeriod) => endsMs ?? Number.POSITIVE_INFINITY;
  return reached.reduce<MeasuredPeriod | null>(
    (longest, period) => (longest === null || endOf(period) > endOf(longest) ? period : longest),
    null,
  );
}

/** A period as it leaves the program. */
export function toPeriod(period: KnownPeriod): BudgetPeriod {
  const { id, key, sessionId, unit, uncountedCalls, unpricedCalls } = period;
  const { raisedTo, limit, ownLimit } = period;
  const isRaised = raisedTo !== null && raisedTo === limit && raisedTo !== ownLimit;
  return {
    budgetId: id,
    key,
    sessionId,
    startsAt: instant(period.startsMs),
    endsAt: instant(period.endsMs),
    spent: amountOf(unit, period.spent),
    limit: amountOf(unit, period.limit),
    isRaised,
    raisedBy: isRaised ? period.raisedBy : null,
    state: stateOf(period),
    nearAt: instant(period.nearMs),
    reachedAt: instant(period.reachedMs),
    uncountedCalls,
    unpricedCalls,
  };
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
