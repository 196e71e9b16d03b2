import { and, eq, sql } from "drizzle-orm";
import type { Budget, BudgetPeriod, ListBudgetPeriodsInput, ListBudgetsInput } from "@/contract/budget";
import type { Page } from "@/contract/page";
import { contains } from "@/db/queries/sql/contains";
import { measureRecorded } from "@/db/queries/usage/measure-budgets";
import { budgets } from "@/db/schema";
import { type ServiceContext, tenantFor } from "@/server/context";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { readBudget, readBudgets } from "./budget";
import { isKnown, toPeriod } from "./period";

/** Budgets, by their names. */
export async function listBudgets(ctx: ServiceContext, input: ListBudgetsInput): Promise<Page<Budget>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "budgets.list" };
  const position = cursor === undefined ? null : decodeCursor(filter, cursor, 2).map(String);
  const tenantId = tenantFor(ctx, input.tenantId);
  const where = and(
    tenantId === null ? undefined : eq(budgets.tenantId, tenantId),
    input.projectId === undefined ? undefined : eq(budgets.projectId, input.projectId),
    input.search === undefined ? undefined : contains(input.search, budgets.name),
    position === null ? undefined : sql`(${budgets.name}, ${budgets.id}) > (${position[0]}, ${position[1]})`,
  );
  const rows = await readBudgets(ctx, { where, max: limit + 1 });
  const page = pageFrom(rows, limit, ({ name, id }) => encodeCursor(filter, [name, id]));
  return { items: page.rows, cursor: page.cursor };
}

/** Periods of a budget that something is remembered of, the newest first: what was spent in each, as calls say now. */
export async function listBudgetPeriods(
  ctx: ServiceContext,
  { budgetId, cursor, limit }: ListBudgetPeriodsInput,
): Promise<Page<BudgetPeriod>> {
  await readBudget(ctx, budgetId);
  const filter = { budgetId, list: "budgets.periods" };
  const after = cursor === undefined ? null : String(decodeCursor(filter, cursor, 1)[0]);
  const rows = await measureRecorded(ctx.db, budgetId, { after, max: limit + 1 });
  const page = pageFrom(rows.filter(isKnown), limit, ({ key }) => encodeCursor(filter, [key]));
  return { items: page.rows.map(toPeriod), cursor: page.cursor };
}
