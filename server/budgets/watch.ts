import { and, asc, eq, gt, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { amountOf } from "@/contract/budget";
import { ALL_TENANTS } from "@/contract/words";
import type { Db } from "@/db/client";
import { measureUnderWay } from "@/db/queries/measure-budgets";
import { budgetPeriods, budgets } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { noteBudget } from "./note";
import { stateOf } from "./period";

/** Of a day's budget more than a year, so that one year's can be seen beside the other's. */
const PERIODS_KEPT = 400;

/**
 * A pass over what is spent: remembers of each budget how its period stands, so that people are told and tasks wait, or
 * go on, also where no agent asks. What sessions may spend for themselves is noted when one of them asks.
 *
 * @returns how many were noted
 */
export async function watchBudgets(ctx: ServiceContext): Promise<number> {
  let noted = 0;
  for (const budget of await measureUnderWay(ctx.db, null)) {
    const isNear = stateOf(budget) !== "within";
    const isReached = stateOf(budget) === "reached";
    const isKnown = isNear === (budget.nearMs !== null) && isReached === (budget.reachedMs !== null);
    if (isKnown && budget.spent === (budget.notedSpent ?? 0)) continue;
    await noteBudget(ctx, budget.id);
    noted += 1;
    if (budget.notedSpent === null) await forgetOld(ctx, budget.id);
  }
  return noted;
}

/** When a period begins, those of long ago are forgotten. */
async function forgetOld(ctx: ServiceContext, budgetId: string): Promise<void> {
  await ctx.db.delete(budgetPeriods).where(
    and(
      eq(budgetPeriods.budgetId, budgetId),
      sql`${budgetPeriods.key} < (select key from ${budgetPeriods} kept where kept.budget_id = ${budgetId}
        order by key desc offset ${PERIODS_KEPT - 1} limit 1)`,
    ),
  );
}

/** Budgets that are reached and hold what they bound, of periods that are under way and of sessions. */
const IS_NOW = or(isNotNull(budgetPeriods.sessionId), gt(budgetPeriods.endsAt, sql`(select clock_timestamp())`));

/** How many periods of budgets are reached now. */
export async function countReachedBudgets(db: Db): Promise<number> {
  return db.$count(budgetPeriods, and(isNotNull(budgetPeriods.reachedAt), IS_NOW));
}

/** Budgets that need a person: near their limit, or reached; those first that have been so for longest. */
export async function listPressingBudgets(
  ctx: ServiceContext,
  scope: { tenantId: string | null; projectId?: string; state: "near" | "reached"; max: number },
) {
  const { tenantId, projectId, state, max } = scope;
  const since = state === "reached" ? budgetPeriods.reachedAt : budgetPeriods.nearAt;
  const isSo: SQL | undefined =
    state === "reached"
      ? isNotNull(budgetPeriods.reachedAt)
      : and(isNotNull(budgetPeriods.nearAt), isNull(budgetPeriods.reachedAt));
  const rows = await ctx.db
    .select({ budget: budgets, period: budgetPeriods })
    .from(budgetPeriods)
    .innerJoin(budgets, eq(budgets.id, budgetPeriods.budgetId))
    .where(
      and(
        ...[isSo, IS_NOW],
        tenantId === null ? undefined : eq(budgets.tenantId, tenantId),
        projectId === undefined ? undefined : eq(budgets.projectId, projectId),
      ),
    )
    .orderBy(asc(since))
    .limit(max);
  return rows.map(({ budget: { name, unit, ...budget }, period }) => ({
    ...{ name, unit, sessionId: period.sessionId },
    tenantId: budget.tenantId === ALL_TENANTS ? null : budget.tenantId,
    since: iso((state === "reached" ? period.reachedAt : period.nearAt) ?? budget.updatedAt),
    spent: amountOf(unit, period.spent),
    limit: amountOf(unit, Math.max(budget.limit, period.raisedTo ?? 0)),
    isHeld: state === "reached" && budget.action === "hold",
  }));
}
