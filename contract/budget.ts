import { z } from "zod";
import { chosenName, Int32, OwnerId, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { microsOf } from "./usage";
import { ALL_TENANTS, BUDGET_ACTIONS, BUDGET_PERIODS, BUDGET_STATES, BUDGET_TOKENS } from "./words";

/** More than any provider was ever paid; in millionths still exact. */
const MONEY_MAX = 1_000_000_000;
const TOKENS_MAX = 1_000_000_000_000_000;
const MICROS = 1_000_000;

/** What is bounded: tokens, or money of one currency. */
const Unit = z.union([z.literal(BUDGET_TOKENS), z.string().regex(/^[A-Z]{3}$/)], {
  error: `${BUDGET_TOKENS}, or a currency's three letters, such as USD`,
});
/** In the budget's unit: tokens are whole, and money has at most six decimals. */
const Amount = z.number().positive().max(TOKENS_MAX);
const WarnPercent = z.int().min(1).max(99);
const Action = z.enum(BUDGET_ACTIONS);

/** Whose spending is meant: of a session, a run or a task. */
export type SpendingOwner = { tenantId: string; projectId: string; backendProfile: string };

/** Whether what somebody spends counts towards a budget. SQL says the same (`covers` of db/queries/measure-budgets.ts). */
export function isBoundBy(
  owner: SpendingOwner,
  {
    tenantId,
    projectId,
    backendProfile,
  }: { tenantId: string; projectId: string | null; backendProfile: string | null },
): boolean {
  const isItsTenant = tenantId === ALL_TENANTS || tenantId === owner.tenantId;
  const isItsProject = projectId === null || projectId === owner.projectId;
  return isItsTenant && isItsProject && (backendProfile === null || backendProfile === owner.backendProfile);
}

/** An amount as it is stored and added up: tokens, or millionths of a currency. */
export function unitsOf(unit: string, amount: number): number {
  return unit === BUDGET_TOKENS ? amount : microsOf(amount);
}

/** What a stored amount is in its unit. */
export function amountOf(unit: string, units: number): number {
  return unit === BUDGET_TOKENS ? units : units / MICROS;
}

/** What is wrong with an amount of a unit; null where nothing is. */
export function amountFault(unit: string, amount: number): string | null {
  if (unit === BUDGET_TOKENS) return Number.isInteger(amount) ? null : "tokens are whole";
  if (amount > MONEY_MAX) return `at most ${MONEY_MAX}`;
  return microsOf(amount) / MICROS === amount ? null : "at most six decimals";
}

export const ListBudgetsInput = z.strictObject({
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  /** A part of the name. */
  search: text(200).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListBudgetsInput = z.infer<typeof ListBudgetsInput>;

export const BudgetInput = z.strictObject({ budgetId: RecordId });
export type BudgetInput = z.infer<typeof BudgetInput>;

export const CreateBudgetInput = z
  .strictObject({
    /** Of the budgets of a tenant no two have the same. */
    name: chosenName(80),
    /** `*`: what all tenants spend together. An administrator's is that unless a tenant is named. */
    tenantId: z.union([OwnerId, z.literal("*")]).optional(),
    /** Only what a project spends. */
    projectId: OwnerId.optional(),
    /** Only what is spent on a profile. */
    backendProfile: RecordId.optional(),
    /** Days begin at midnight of UTC, weeks on Mondays. `session`: each session on its own, for as long as it is. */
    period: z.enum(BUDGET_PERIODS).default("month"),
    unit: Unit,
    limit: Amount,
    /** Of the limit: people are told once so much is spent; null: they are not. */
    warnPercent: WarnPercent.nullable().default(80),
    action: Action.default("hold"),
  })
  .superRefine(({ unit, limit }, found) => {
    const fault = amountFault(unit, limit);
    if (fault !== null) found.addIssue({ code: "custom", path: ["limit"], message: fault });
  });
export type CreateBudgetInput = z.infer<typeof CreateBudgetInput>;

/** What a budget is of, its period and its unit stay as they are: another is another budget. */
export const UpdateBudgetInput = z.strictObject({
  budgetId: RecordId,
  name: chosenName(80).optional(),
  limit: Amount.optional(),
  warnPercent: WarnPercent.nullable().optional(),
  action: Action.optional(),
  /** The version that the caller has seen. */
  expectedVersion: Int32.optional(),
});
export type UpdateBudgetInput = z.infer<typeof UpdateBudgetInput>;

export const DeleteBudgetInput = z.strictObject({ budgetId: RecordId, expectedVersion: Int32.optional() });
export type DeleteBudgetInput = z.infer<typeof DeleteBudgetInput>;

export const RaiseBudgetInput = z.strictObject({
  budgetId: RecordId,
  /** Which session's, where each has a budget of its own. */
  sessionId: RecordId.optional(),
  /** What may be spent in the period that is under way, in all; null: the budget's own limit again. */
  limit: Amount.nullable(),
});
export type RaiseBudgetInput = z.infer<typeof RaiseBudgetInput>;

/** What was spent of a budget in one of its periods. */
export const BudgetPeriod = z.object({
  budgetId: z.string(),
  /** Its first day of UTC, or its session. */
  key: z.string(),
  sessionId: z.string().nullable(),
  /** Both null for a session: it has no end that is known. */
  startsAt: z.string().nullable(),
  endsAt: z.string().nullable(),
  /** By the calls that are stored now, also of one that is over. */
  spent: z.number(),
  /** What may be spent in it: the budget's, or what it was raised to; of one that is over, what held then. */
  limit: z.number(),
  isRaised: z.boolean(),
  raisedBy: z.string().nullable(),
  state: z.enum(BUDGET_STATES),
  /** Since when it is near its limit, and since when that is reached. */
  nearAt: z.string().nullable(),
  reachedAt: z.string().nullable(),
  /** Calls that nobody counted or that had no price: what they cost is not in `spent`. */
  uncountedCalls: z.number(),
  unpricedCalls: z.number(),
});
export type BudgetPeriod = z.infer<typeof BudgetPeriod>;
export const BudgetPeriodPage = pageOf(BudgetPeriod);

/** What may be spent on models. */
export const Budget = z.object({
  id: z.string(),
  /** `*`: all tenants together. */
  tenantId: z.string(),
  projectId: z.string().nullable(),
  backendProfile: z.string().nullable(),
  name: z.string(),
  period: z.enum(BUDGET_PERIODS),
  unit: z.string(),
  limit: z.number(),
  warnPercent: z.number().nullable(),
  action: Action,
  /** The period that is under way; null where each session has its own. */
  current: BudgetPeriod.nullable(),
  /** As its period stands; where each session has one, as the worst of them does. */
  state: z.enum(BUDGET_STATES),
  /** Sessions that have reached it, where each has its own. */
  reachedSessions: z.number(),
  /** Who made it, as the audit log names them. */
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.number(),
});
export type Budget = z.infer<typeof Budget>;
export const BudgetPage = pageOf(Budget);

export const DeletedBudget = z.object({ budgetId: z.string() });
export type DeletedBudget = z.infer<typeof DeletedBudget>;

export const ListBudgetPeriodsInput = z.strictObject({
  budgetId: RecordId,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListBudgetPeriodsInput = z.infer<typeof ListBudgetPeriodsInput>;

export const BudgetsOfSessionInput = z.strictObject({ sessionId: RecordId });
export type BudgetsOfSessionInput = z.infer<typeof BudgetsOfSessionInput>;
/** What a session's calls count towards, those first that are nearest to their limit. */
export const BudgetsOfSession = z.object({
  items: z.array(
    Budget.pick({ id: true, name: true, unit: true, action: true, period: true }).extend({ current: BudgetPeriod }),
  ),
});
export type BudgetsOfSession = z.infer<typeof BudgetsOfSession>;
