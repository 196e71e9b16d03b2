import { and, asc, count, eq, inArray, isNotNull, type SQL } from "drizzle-orm";
import { amountOf, type Budget } from "@/contract/budget";
import { measureCurrent } from "@/db/queries/usage/measure-budgets";
import { type BudgetRow, budgetPeriods, budgets } from "@/db/schema";
import { type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { isKnown, toPeriod } from "./period";

/** Budgets as they leave the program, by their names, each with what was spent of it. */
export async function readBudgets(
  ctx: ServiceContext,
  { where, max }: { where: SQL | undefined; max: number },
): Promise<Budget[]> {
  const rows = await ctx.db
    .select()
    .from(budgets)
    .where(and(where, isVisible(ctx)))
    .orderBy(asc(budgets.name), asc(budgets.id))
    .limit(max);
  const ids = rows.map(({ id }) => id);
  const measured = await measureCurrent(ctx.db, ids);
  const ofSessions = await countSessions(ctx, ids);
  const current = new Map(measured.filter(isKnown).map((period) => [period.id, toPeriod(period)]));
  return rows.map((row) => {
    const { near = 0, reached = 0 } = ofSessions.get(row.id) ?? {};
    const period = current.get(row.id) ?? null;
    const worst = reached > 0 ? "reached" : near > 0 ? "near" : "within";
    return {
      ...row,
      limit: amountOf(row.unit, row.limit),
      current: period,
      state: period?.state ?? worst,
      reachedSessions: reached,
      createdAt: iso(row.createdAt),
      updatedAt: iso(row.updatedAt),
    };
  });
}

/**
 * For budgets that each session has for itself: how many sessions are near their limit, and how many have reached it.
 */
async function countSessions(
  ctx: ServiceContext,
  ids: string[],
): Promise<Map<string, { near: number; reached: number }>> {
  const rows = await ctx.db
    .select({ id: budgetPeriods.budgetId, near: count(budgetPeriods.nearAt), reached: count(budgetPeriods.reachedAt) })
    .from(budgetPeriods)
    .where(and(inArray(budgetPeriods.budgetId, ids), isNotNull(budgetPeriods.sessionId)))
    .groupBy(budgetPeriods.budgetId);
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}

/** A budget that the caller may see. */
export async function readBudget(ctx: ServiceContext, budgetId: string): Promise<Budget> {
  const [budget] = await readBudgets(ctx, { where: eq(budgets.id, budgetId), max: 1 });
  if (budget === undefined) throw new NotFoundError("budget", budgetId);
  return budget;
}

/**
 * Locks a budget that the caller may change, if it still has the version that the caller saw. The state of its periods
 * is only written under this lock, so that nobody writes it by an outdated limit.
 */
export async function lockBudget(
  ctx: TxContext,
  { budgetId, expectedVersion }: { budgetId: string; expectedVersion?: number },
): Promise<BudgetRow> {
  const [budget] = await ctx.db
    .select()
    .from(budgets)
    .where(and(eq(budgets.id, budgetId), isVisible(ctx)))
    .for("update");
  if (budget === undefined) throw new NotFoundError("budget", budgetId);
  if (expectedVersion !== undefined && expectedVersion !== budget.version)
    throw new ConflictError("version-conflict", `the budget “${budget.name}” was changed meanwhile: look again`, {
      current: await readBudget(ctx, budgetId),
    });
  return budget;
}

export function nameTaken(name: string): ConflictError {
  return new ConflictError("already-exists", `a budget named “${name}” is there: take another name`);
}

/**
 * Matches budgets that the caller may see: a caller bound to a tenant sees only that tenant's, because a budget of all
 * tenants would reveal what others spend.
 */
export function isVisible(ctx: ServiceContext): SQL | undefined {
  const tenantId = tenantOf(ctx);
  return tenantId === null ? undefined : eq(budgets.tenantId, tenantId);
}
