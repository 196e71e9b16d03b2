import { and, asc, count, eq, gt, inArray, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { amountOf } from "@/contract/budget";
import { ALL_TENANTS } from "@/contract/words";
import type { Db } from "@/db/client";
import { type MeasuredPeriod, measureTenant, readBudgetTenants } from "@/db/queries/usage/measure-budgets";
import { budgetPeriods, budgets, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { isVisible } from "./budget";
import { noteBudget } from "./note";
import { stateOf } from "./period";

/** More than a year of daily periods, so that one year can be compared with the next. */
const PERIODS_KEPT = 400;

/**
 * Stores the state of each budget whose present period has changed. So people are notified, and tasks wait or continue,
 * even while no agent asks. Budgets of sessions are stored when one of the session's agents asks.
 *
 * @returns how many budgets were stored
 */
export async function watchBudgets(ctx: ServiceContext): Promise<number> {
  let noted = 0;
  const failures: unknown[] = [];
  // A budget that fails, or is locked by others, does not hold up the rest.
  const tried = (work: () => Promise<void>) => work().catch((error: unknown) => failures.push(error));
  for (const tenantId of await readBudgetTenants(ctx.db))
    await tried(async () => {
      const budgets = (await measureTenant(ctx.db, tenantId)).filter(isUnnoted);
      for (const { id, notedSpent } of budgets)
        await tried(async () => {
          await noteBudget(ctx, id);
          noted += 1;
          if (notedSpent === null) await forgetOld(ctx, id);
        });
    });
  if (failures.length > 0) throw failures[0];
  return noted;
}

function isUnnoted(budget: MeasuredPeriod): boolean {
  if (budget.key === null) return false;
  const state = stateOf(budget);
  const isNear = state !== "within";
  const isKnown = isNear === (budget.nearMs !== null) && (state === "reached") === (budget.reachedMs !== null);
  return !isKnown || budget.spent !== (budget.notedSpent ?? 0);
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

/** Longer than any period that is under way is near its limit, so that no older rows are looked at. */
const SINCE_DAYS_MAX = 32;
const daysAgo = (days: number) => sql`(select clock_timestamp() - ${days} * interval '1 day')`;
/**
 * Periods under way, and those of sessions that came near their limit within a day. Nothing shows when a session's
 * budget stops mattering; after a day, tasks that wait for it report it themselves.
 */
const IS_NOW = or(
  gt(budgetPeriods.endsAt, sql`(select clock_timestamp())`),
  and(isNotNull(budgetPeriods.sessionId), gt(budgetPeriods.nearAt, daysAgo(1)), isNull(sessions.deletedAt)),
);
const IS_RECENT = gt(budgetPeriods.nearAt, daysAgo(SINCE_DAYS_MAX));

/** How many periods of budgets are reached now. */
export async function countReachedBudgets(db: Db): Promise<number> {
  const [row] = await db
    .select({ reached: count() })
    .from(budgetPeriods)
    .leftJoin(sessions, eq(sessions.sessionId, budgetPeriods.sessionId))
    .where(and(isNotNull(budgetPeriods.reachedAt), IS_RECENT, IS_NOW));
  return row?.reached ?? 0;
}

/**
 * Lists budgets that need a person because they are near their limit or have reached it, those first that have been so
 * for longest.
 */
export async function listPressingBudgets(
  ctx: ServiceContext,
  scope: { tenantId: string | null; projectId?: string; state: "near" | "reached"; max: number },
) {
  const { tenantId, projectId, state, max } = scope;
  const since = state === "reached" ? budgetPeriods.reachedAt : budgetPeriods.nearAt;
  const isPressing: SQL | undefined =
    state === "reached"
      ? isNotNull(budgetPeriods.reachedAt)
      : and(isNotNull(budgetPeriods.nearAt), isNull(budgetPeriods.reachedAt));
  const rows = await ctx.db
    .select({ budget: budgets, period: budgetPeriods })
    .from(budgetPeriods)
    .innerJoin(budgets, eq(budgets.id, budgetPeriods.budgetId))
    .leftJoin(sessions, eq(sessions.sessionId, budgetPeriods.sessionId))
    .where(
      and(
        ...[isPressing, IS_RECENT, IS_NOW, isVisible(ctx)],
        // A budget that stops a tenant or project may be one of all tenants.
        tenantId === null ? undefined : inArray(budgets.tenantId, [tenantId, ALL_TENANTS]),
        projectId === undefined ? undefined : or(isNull(budgets.projectId), eq(budgets.projectId, projectId)),
      ),
    )
    .orderBy(asc(since))
    .limit(max);
  return rows.map(({ budget: { id, name, unit, ...budget }, period }) => ({
    id,
    name,
    unit,
    sessionId: period.sessionId,
    tenantId: budget.tenantId === ALL_TENANTS ? null : budget.tenantId,
    since: iso((state === "reached" ? period.reachedAt : period.nearAt) ?? budget.updatedAt),
    spent: amountOf(unit, period.spent),
    limit: amountOf(unit, Math.max(budget.limit, period.raisedTo ?? 0)),
    isHeld: state === "reached" && budget.action === "hold",
  }));
}
