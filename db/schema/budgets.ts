import { sql } from "drizzle-orm";
import { foreignKey, index, integer, primaryKey, smallint, text, uniqueIndex } from "drizzle-orm/pg-core";
import { BUDGET_ACTIONS, BUDGET_PERIODS } from "@/contract/words";
import { big, instant, lifecycle, table } from "./columns";
import { sessions } from "./sessions";

/** Limits on what may be spent on models. Amounts are tokens, or millionths of the currency named by the unit. */
export const budgets = table(
  "budgets",
  {
    id: text().primaryKey(),
    /** `*`: all tenants together. */
    tenantId: text().notNull(),
    /** null: the spending of every project, and of every profile, counts. */
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
 * What is recorded of a budget's periods: that people were told, that the limit is reached, what it was raised to. A
 * period without any of these may have no row. Spending is summed from calls; the amount here is the one last recorded.
 */
export const budgetPeriods = table(
  "budget_periods",
  {
    budgetId: text().notNull(),
    /** The first day of a day, week or month, or a session's id. */
    key: text().notNull(),
    sessionId: text().references(() => sessions.sessionId, { onDelete: "cascade" }),
    /** null: a session's period. */
    endsAt: instant(),
    spent: big().notNull().default(0),
    /**
     * The period's limit when it was last recorded. For a past period this is what counts, whatever the budget says
     * now.
     */
    limit: big(),
    /** The limit that it was raised to. */
    raisedTo: big(),
    raisedBy: text(),
    nearAt: instant(),
    reachedAt: instant(),
  },
  (period) => [
    primaryKey({ columns: [period.budgetId, period.key] }),
    foreignKey({ columns: [period.budgetId], foreignColumns: [budgets.id] }).onDelete("cascade"),
    // Budgets reached now, for the dispatcher; and those that people are to be told about.
    index("agentrun_budget_periods_reached_idx").on(period.endsAt).where(sql`${period.reachedAt} is not null`),
    index("agentrun_budget_periods_near_idx").on(period.nearAt).where(sql`${period.nearAt} is not null`),
    index("agentrun_budget_periods_session_idx").on(period.sessionId).where(sql`${period.sessionId} is not null`),
  ],
);
export type BudgetPeriodRow = typeof budgetPeriods.$inferSelect;
