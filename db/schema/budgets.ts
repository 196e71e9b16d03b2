import { sql } from "drizzle-orm";
import { foreignKey, index, integer, primaryKey, smallint, text, uniqueIndex } from "drizzle-orm/pg-core";
import { BUDGET_ACTIONS, BUDGET_PERIODS } from "@/contract/words";
import { big, instant, lifecycle, table } from "./columns";
import { sessions } from "./sessions";

/** What may be spent on models. Amounts are tokens, or millionths of the currency that is the unit. */
export const budgets = table(
  "budgets",
  {
    id: text().primaryKey(),
    /** `*`: all tenants together. */
    tenantId: text().notNull(),
    /** null: every project's and profile's spending counts. */
    projectId: text(),
    backendProfile: text(),
    name: text().notNull(),
    period: text({ enum: BUDGET_PERIODS }).notNull(),
    unit: text().notNull(),
    limit: big().notNull(),
    warnPercent: smallint(),
    action: text({ enum: BUDGET_ACTIONS }).notNull(),
    createdBy: text().notNull(),
    ...lifecycle,
    version: integer().notNull().default(1),
  },
  (budget) => [uniqueIndex("agentrun_budgets_name_idx").on(budget.tenantId, budget.name)],
);
export type BudgetRow = typeof budgets.$inferSelect;

/**
 * What is remembered of a budget's periods: that people were told, that the limit is reached, what it was raised to. Of a
 * period that was none of these there may be no row. What is spent is summed from calls; it stands here as it was noted.
 */
export const budgetPeriods = table(
  "budget_periods",
  {
    budgetId: text().notNull(),
    /** The first day of a day, week or month; a session's id. */
    key: text().notNull(),
    sessionId: text().references(() => sessions.sessionId, { onDelete: "cascade" }),
    /** null: a session's. */
    endsAt: instant(),
    spent: big().notNull().default(0),
    /** What held in it, as it was noted last: of one that is over, whatever its budget says since. */
    limit: big(),
    /** What it was raised to. */
    raisedTo: big(),
    raisedBy: text(),
    nearAt: instant(),
    reachedAt: instant(),
  },
  (period) => [
    primaryKey({ columns: [period.budgetId, period.key] }),
    foreignKey({ columns: [period.budgetId], foreignColumns: [budgets.id] }).onDelete("cascade"),
    // What is reached now, which the dispatcher asks, and what people are to be told of.
    index("agentrun_budget_periods_reached_idx").on(period.endsAt).where(sql`${period.reachedAt} is not null`),
    index("agentrun_budget_periods_near_idx").on(period.nearAt).where(sql`${period.nearAt} is not null`),
    index("agentrun_budget_periods_session_idx").on(period.sessionId).where(sql`${period.sessionId} is not null`),
  ],
);
export type BudgetPeriodRow = typeof budgetPeriods.$inferSelect;
