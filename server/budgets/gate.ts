import { isBoundBy } from "@/contract/budget";
import { ALL_TENANTS } from "@/contract/words";
import {
  hasSession,
  type MeasuredPeriod,
  measureSession,
  measureTenant,
  type Spender,
} from "@/db/queries/usage/measure-budgets";
import type { ServiceContext } from "@/server/context";
import { AgentRunError } from "@/server/errors";
import { AnswerCache } from "./answer-cache";
import { noteBudget } from "./note";
import { isHolding, longestOf, stateOf } from "./period";
import { refusalMessage } from "./words";

/** How long a measured amount is used: agents may exceed a budget by what they spend in that time. */
const CACHE_MS = 1_000;

/**
 * Refuses calls to models when nothing is left to spend. The cost of a call is known only at its end, so calls under
 * way when a budget is reached may finish: no answer that is paid for is thrown away.
 *
 * However many calls arrive at once, the database is asked once for them. Otherwise they would take everybody's
 * connections when a budget is reached.
 */
export class BudgetGate {
  readonly #budgets: AnswerCache<MeasuredPeriod[]>;
  readonly #notes: AnswerCache<void>;
  constructor(private readonly ctx: ServiceContext) {
    this.#budgets = new AnswerCache(CACHE_MS);
    this.#notes = new AnswerCache(CACHE_MS);
  }

  /** @throws AgentRunError `budget-reached`, which codex reads as a usage limit that ends when the period does. */
  async assertLeft(spender: Spender): Promise<void> {
    const measured = await this.#measure(spender, null);
    const holding = measured.filter(isHolding);
    for (const budget of measured.filter(isUnrecorded)) {
      const noted = this.#note(budget, spender);
      // The dispatcher uses the stored state, so that is written before anybody is refused. The worker writes the
      // others too.
      if (holding.includes(budget)) await noted;
      else
        noted.catch((error: unknown) =>
          this.ctx.log.warn({ err: error, budgetId: budget.id }, "could not record the budget"),
        );
    }
    if (holding.length === 0) return;
    // The cached amount may be outdated: the budget may have been raised since.
    const reached = longestOf((await this.#measure(spender, performance.now())).filter(isHolding));
    if (reached !== null) throw refusedError(reached);
  }

  /**
   * Notes stored calls that have brought a budget near or over its limit, even when nobody calls again: otherwise
   * nobody would learn what waits for a session's budget. It works outside the path of answers; a failure is made up
   * for at the next call.
   */
  noteSpent(calls: readonly Spender[]): void {
    const spenders = new Map(calls.map((call) => [call.sessionId, call]));
    for (const spender of [...spenders.values()].filter(hasSession))
      this.#measure(spender, null)
        .then((measured) => Promise.all(measured.filter(isUnrecorded).map((budget) => this.#note(budget, spender))))
        .catch((error: unknown) => this.ctx.log.warn({ err: error }, "could not record the calls' spend"));
  }

  /** Measures the budgets that bound a caller's calls, as they stood at `sinceMs` or later; null: recently. */
  async #measure(spender: Spender, sinceMs: number | null): Promise<MeasuredPeriod[]> {
    const { db } = this.ctx;
    const readTenant = (tenantId: string) => this.#budgets.get(tenantId, () => measureTenant(db, tenantId), sinceMs);
    const budgets = [...(await readTenant(spender.tenantId)), ...(await readTenant(ALL_TENANTS))].filter((one) =>
      isBoundBy(spender, one),
    );
    const tenantBudgets = budgets.filter(({ key }) => key !== null);
    if (!hasSession(spender) || tenantBudgets.length === budgets.length) return tenantBudgets;
    return [...tenantBudgets, ...(await measureSession(db, spender))];
  }

  #note({ id, key }: MeasuredPeriod, spender: Spender): Promise<void> {
    const session = hasSession(spender) ? spender : null;
    return this.#notes.get(`${id} ${key}`, () => noteBudget(this.ctx, id, session), null);
  }
}

/** Returns whether the budget's state has changed and is not stored yet. */
function isUnrecorded(budget: MeasuredPeriod): boolean {
  const state = stateOf(budget);
  return state === "reached" ? budget.reachedMs === null : state === "near" && budget.nearMs === null;
}

function refusedError(budget: MeasuredPeriod): AgentRunError {
  const { id: budgetId, endsMs } = budget;
  const resets = endsMs === null ? {} : { resets_at: Math.ceil(endsMs / 1_000) };
  return new AgentRunError("rate-limited", "budget-reached", refusalMessage(budget), {
    details: { budgetId, provider: { type: "usage_limit_reached", ...resets } },
  });
}
