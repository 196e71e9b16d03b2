import { formatCount, formatMoney, formatPlural, shortenId } from "@/components/ui/format";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import {
  ALL_TENANTS,
  BUDGET_TOKENS,
  type BudgetAction,
  type BudgetPeriodKind,
  type BudgetState,
} from "@/contract/words";

const MICROS = 1_000_000;
/** Tokens below these are told to the last one: near a limit each counts. */
const EXACT_BELOW = 1_000_000;

/** A figure without its unit, where that stands beside it: `12,400`, `3.1M`, `$3.20`. */
export function formatAmount(unit: string, amount: number): string {
  if (unit !== BUDGET_TOKENS) return formatMoney(Math.round(amount * MICROS), unit);
  return amount < EXACT_BELOW ? amount.toLocaleString("en") : formatCount(amount);
}

/** What an amount is: `12,400 tokens`, `$3.20`. */
export function amountWords(unit: string, amount: number): string {
  if (unit !== BUDGET_TOKENS) return formatAmount(unit, amount);
  return `${formatAmount(unit, amount)} ${amount === 1 ? "token" : "tokens"}`;
}

type Spending = Pick<BudgetPeriod, "spent" | "limit">;

/** `$3.20 of $5.00`, `12,400 of 50,000 tokens`. */
export function spentWords(unit: string, { spent, limit }: Spending): string {
  // Both in one form, so that they can be compared: `1.3M of 500k tokens`.
  if (unit === BUDGET_TOKENS && Math.max(spent, limit) >= EXACT_BELOW)
    return `${formatCount(spent)} of ${formatCount(limit)} tokens`;
  return `${formatAmount(unit, spent)} of ${amountWords(unit, limit)}`;
}

/** The share of the limit that is spent, in whole percent; 100 only once all of it is. */
export function percentOf({ spent, limit }: Spending): number {
  return Math.floor((spent / limit) * 100);
}

/** The same with its sign: `64%`. */
export function percentWords(period: Spending): string {
  return `${percentOf(period).toLocaleString("en")}%`;
}

/** What may still be spent; nothing where more was. */
export function leftOf({ spent, limit }: Spending): number {
  return Math.max(0, limit - spent);
}

export const PERIOD_WORDS: Record<BudgetPeriodKind, string> = {
  day: "per day",
  week: "per week",
  month: "per month",
  session: "per session",
};

/** The same where a line begins with it. */
export const PERIOD_NAMES: Record<BudgetPeriodKind, string> = {
  day: "Daily",
  week: "Weekly",
  month: "Monthly",
  session: "Per session",
};

/** Whose spending counts: `all tenants together`, `tenant acme`. */
export function tenantWords(tenantId: string): string {
  return tenantId === ALL_TENANTS ? "all tenants" : `tenant ${tenantId}`;
}

/** What of it counts: `project web on profile codex`, `every project and profile`. */
export function boundsWords({ projectId, backendProfile }: Pick<Budget, "projectId" | "backendProfile">): string {
  if (projectId === null) return backendProfile === null ? "all projects and profiles" : `profile ${backendProfile}`;
  return backendProfile === null ? `project ${projectId}` : `project ${projectId} on profile ${backendProfile}`;
}

/** What is done at the limit. */
export const ACTION_WORDS: Record<BudgetAction, { name: string; hint: string }> = {
  hold: {
    name: "Block",
    hint: "Blocks model calls until someone raises the limit or the period ends.",
  },
  tell: { name: "Warn", hint: "Warns people. Agents keep running." },
};

/** How a budget is shown to stand: its icon's state, its tone where that is another, and the word beside it. */
export type Condition = { state: BudgetState; tone?: "warn"; word: string; why: string | null };

/** What is reached holds, or goes on all the same; of a period that is over (`action` null) neither. */
export function conditionOf(state: BudgetState, action: BudgetAction | null): Condition {
  if (state === "within") return { state, word: "Within limit", why: null };
  if (action === null) return { state, word: state === "near" ? "Near limit" : "Over limit", why: null };
  if (state === "near") return { state, word: "Near limit", why: NEAR_WHY[action] };
  if (action === "tell") return { state, tone: "warn", word: "Over limit · warning only", why: ACTION_WORDS.tell.hint };
  return { state, word: "Over limit · blocking", why: ACTION_WORDS.hold.hint };
}

const NEAR_WHY: Record<BudgetAction, string> = {
  hold: "At the limit, model calls are blocked and tasks wait.",
  tell: "At the limit, people are warned and agents keep running.",
};

/** Sessions that have reached theirs, where each has its own. */
export function sessionsWords(reachedSessions: number): string {
  if (reachedSessions === 0) return "no sessions over the limit";
  return `${formatPlural(reachedSessions, "session")} over the limit`;
}

type Missing = Pick<BudgetPeriod, "uncountedCalls" | "unpricedCalls">;

/** Why what is spent is not the whole; null where it is. Whoever counts tokens needs no price. */
export function partWords(unit: string, { uncountedCalls, unpricedCalls }: Missing): string | null {
  const reasons = [
    ...(unpricedCalls > 0 && unit !== BUDGET_TOKENS ? [`${formatPlural(unpricedCalls, "call")} without a price`] : []),
    ...(uncountedCalls > 0 ? [`${formatPlural(uncountedCalls, "call")} without token counts`] : []),
  ];
  return reasons.length === 0 ? null : `Not everything is counted: ${reasons.join(", ")}.`;
}

/** The same for a row. */
export function missingWords(unit: string, { uncountedCalls, unpricedCalls }: Missing): string | null {
  const count = uncountedCalls + (unit === BUDGET_TOKENS ? 0 : unpricedCalls);
  return count === 0 ? null : `${formatPlural(count, "call")} not counted`;
}

const DAY_MS = 86_400_000;
const inMonth = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en", { ...options, timeZone: "UTC" });
const DAY = inMonth({ day: "numeric", month: "short", year: "numeric" });
const SHORT_DAY = inMonth({ day: "numeric", month: "short" });
const MONTH = inMonth({ month: "long", year: "numeric" });

/** What a period is called, by its days of UTC; a session's by its id. */
export function periodName(kind: BudgetPeriodKind, { key, startsAt, endsAt }: BudgetPeriod): string {
  if (startsAt === null || endsAt === null) return shortenId(key);
  const from = Date.parse(startsAt);
  if (kind === "month") return MONTH.format(from);
  if (kind === "day") return DAY.format(from);
  return `${SHORT_DAY.format(from)} to ${DAY.format(Date.parse(endsAt) - DAY_MS)}`;
}
