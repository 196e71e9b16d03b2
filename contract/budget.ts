import { z } from "zod";
import { chosenName, Int32, OwnerId, RecordId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { microsOf } from "./usage";
import { ALL_TENANTS, BUDGET_ACTIONS, BUDGET_PERIODS, BUDGET_STATES, BUDGET_TOKENS } from "./words";

/** More than any provider was ever paid, and still exact in millionths. */
const MONEY_MAX = 1_000_000_000;
const TOKENS_MAX = 1_000_000_000_000_000;
const MICROS = 1_000_000;

/** What a budget bounds: tokens, or money in one currency. */
const Unit = z.union([z.literal(BUDGET_TOKENS), z.string().regex(/^[A-Z]{3}$/)], {
  error: `${BUDGET_TOKENS}, or a currency's three letters, such as USD`,
});
/** In the budget's unit. Tokens are whole; money has at most six decimals. */
const Amount = z.number().positive().max(TOKENS_MAX);
const WarnPercent = z.int().min(1).max(99);
const Action = z.enum(BUDGET_ACTIONS);

/** Who spends: the owner and profile of a session, a run or a task. */
export type SpendingOwner = { tenantId: string; projectId: string; backendProfile: string };

/**
 * Whether an owner's spending counts towards a budget. `covers` in db/queries/usage/measure-budgets.ts says the same in SQL.
 */
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

/** Converts an amount to the form in which it is stored and summed: tokens, or millionths of a currency. */
export function unitsOf(unit: string, amount: number): number {
  return unit === BUDGET_TOKENS ? amount : microsOf(amount);
}

/** Converts a stored amount back to its unit. */
export function amountOf(unit: string, units: number): number {
  return unit === BUDGET_TOKENS ? units : units / MICROS;
}

/** Returns what is wrong with an amount in a unit; null where nothing is. */
export function amountFault(unit: string, amount: number): string | null {
  if (unit === BUDGET_TOKENS) return Number.isInteger(amount) ? null : "tokens are whole";
  if (amount > MONEY_MAX) return `at most ${MONEY_MAX}`;
  return microsOf(amount) / MICROS === amount ? null : "at most six decimals";
}

export const ListBudgetsInput = z.strictObject({
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  /** Part of the name. */
  search: text(200).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListBudgetsInput = z.infer<typeof ListBudgetsInput>;

export const BudgetInput = z.strictObject({ budgetId: RecordId });
export type BudgetInput = z.infer<typeof BudgetInput>;

export const CreateBudgetInput = z
  .strictObject({
    /** Unique among the tenant's budgets. */
    name: chosenName(80),
    /** `*`: the spending of all tenants together, which is an administrator's default. */
    tenantId: z.union([OwnerId, z.literal("*")]).optional(),
    /** Counts the spending of this project only. */
    projectId: OwnerId.optional(),
    /** Counts the spending on this profile only. */
    backendProfile: RecordId.optional(),
    /** Days begin at midnight UTC, weeks on Mondays. `session`: each session on its own, for as long as it exists. */
    period: z.enum(BUDGET_PERIODS).default("month"),
    unit: Unit,
    limit: Amount,
    /** Percentage of the limit at which people are told; null: they are not told. */
    warnPercent: WarnPercent.nullable().default(80),
    action: Action.default("hold"),
  })
  .superRefine(({ unit, limit }, found) => {
    const fault = amountFault(unit, limit);
    if (fault !== null) found.addIssue({ code: "custom", path: ["limit"], message: fault });
  });
export type CreateBudgetInput = z.infer<typeof CreateBudgetInput>;

/** The scope, period and unit of a budget cannot change: make another budget instead. */
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
  /** The session to raise, where each session has its own budget. */
  sessionId: RecordId.optional(),
  /** The total that may be spent in the current period; null: back to the budget's own limit. */
  limit: Amount.nullable(),
});
export type RaiseBudgetInput = z.infer<typeof RaiseBudgetInput>;

/** What was spent under a budget in one of its periods. */
export const BudgetPeriod = z.object({
  budgetId: z.string(),
  /** The first day of the period, in UTC, or the session's id. */
  key: z.string(),
  sessionId: z.string().nullable(),
  /** Both ends are null for a session, whose end is not known. */
  startsAt: z.string().nullable(),
  endsAt: z.string().nullable(),
  /** Summed from the calls that are stored now, also for a period that is over. */
  spent: z.number(),
  /**
   * What may be spent in the period: the budget's limit, or what it was raised to. For a past period, the limit that
   * held then.
   */
  limit: z.number(),
  isRaised: z.boolean(),
  raisedBy: z.string().nullable(),
  state: z.enum(BUDGET_STATES),
  /** Since when spending is near the limit (`nearAt`), and since when the limit is reached. */
  nearAt: z.string().nullable(),
  reachedAt: z.string().nullable(),
  /** Calls without a token count or a price; their cost is missing from `spent`. */
  uncountedCalls: z.number(),
  unpricedCalls: z.number(),
});
export type BudgetPeriod = z.infer<typeof BudgetPeriod>;
export const BudgetPeriodPage = pageOf(BudgetPeriod);

/** A limit on what may be spent on models. */
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
  /** The current period; null where each session has its own. */
  current: BudgetPeriod.nullable(),
  /** The state of the current period; where each session has its own, the worst of theirs. */
  state: z.enum(BUDGET_STATES),
  /** Number of sessions that have reached their limit, where each has its own. */
  reachedSessions: z.number(),
  /** Who made the budget, as the audit log names them. */
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
/** The budgets that a session's calls count towards, closest to their limit first. */
export const BudgetsOfSession = z.object({
  items: z.array(
    Budget.pick({ id: true, name: true, unit: true, action: true, period: true }).extend({ current: BudgetPeriod }),
  ),
});
export type BudgetsOfSession = z.infer<typeof BudgetsOfSession>;
