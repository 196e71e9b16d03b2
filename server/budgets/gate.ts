import { isBoundBy } from "@/contract/budget";
import { ALL_TENANTS } from "@/contract/words";
import {
  hasSession,
  type MeasuredPeriod,
  measureSession,
  measureTenant,
  type Spender,
} from "@/db/queries/measure-budgets";
import type { ServiceContext } from "@/server/context";
import { AgentRunError } from "@/server/errors";
import { Beliefs } from "./beliefs";
import { noteBudget } from "./note";
import { isHolding, longestOf, stateOf } from "./period";
import { refusalOf } from "./words";

/** How long it is believed what was spent: a budget is passed by what agents spend in such a time. */
const BELIEVED_MS = 1_000;

/**
 * Refuses calls to models for which nothing is left to spend. What a call takes is known at its end alone: those under way
 * when a budget is reached are let end, so that no answer that is paid for is thrown away.
 *
 * However many calls come at once, what they ask of the database is asked once: they would else take the connections of
 * everybody when a budget is reached.
 */
export class BudgetGate {
  readonly #budgets: Beliefs<MeasuredPeriod[]>;
  readonly #notes: Beliefs<void>;
  constructor(private readonly ctx: ServiceContext) {
    this.#budgets = new Beliefs(BELIEVED_MS);
    this.#notes = new Beliefs(BELIEVED_MS);
  }

  /** @throws AgentRunError `budget-reached`, which codex reads as a usage limit that ends when the period does. */
  async assertLeft(spender: Spender): Promise<void> {
    const measured = await this.#measure(spender, null);
    const holding = measured.filter(isHolding);
    for (const budget of measured.filter(isNews)) {
      const noted = this.#note(budget, spender);
      // The dispatcher goes by what is remembered: before anybody is refused it is there. The worker notes the rest as well.
      if (holding.includes(budget)) await noted;
      else
        noted.catch((error: unknown) =>
          this.ctx.log.warn({ err: error, budgetId: budget.id }, "a budget was not noted"),
        );
    }
    if (holding.length === 0) return;
    // What was believed may have been raised since.
    const reached = longestOf((await this.#measure(spender, performance.now())).filter(isHolding));
    if (reached !== null) throw refused(reached);
  }

  /**
   * Notes what calls that are stored have brought near a limit, or over it, though nobody asks again: what waits for a
   * session's budget would else be told to nobody. Off the path of answers; what fails is noted when somebody asks.
   */
  noteSpent(calls: readonly Spender[]): void {
    const spenders = new Map(calls.map((call) => [call.sessionId, call]));
    for (const spender of [...spenders.values()].filter(hasSession))
      this.#measure(spender, null)
        .then((measured) => Promise.all(measured.filter(isNews).map((budget) => this.#note(budget, spender))))
        .catch((error: unknown) => this.ctx.log.warn({ err: error }, "what calls have spent was not noted"));
  }

  /** What bounds somebody's calls, as it stood at `sinceMs` or later; null: not long ago. */
  async #measure(spender: Spender, sinceMs: number | null): Promise<MeasuredPeriod[]> {
    const { db } = this.ctx;
    const ask = (tenantId: string) => this.#budgets.about(tenantId, () => measureTenant(db, tenantId), sinceMs);
    const budgets = [...(await ask(spender.tenantId)), ...(await ask(ALL_TENANTS))].filter((one) =>
      isBoundBy(spender, one),
    );
    const ofAll = budgets.filter(({ key }) => key !== null);
    if (!hasSession(spender) || ofAll.length === budgets.length) return ofAll;
    return [...ofAll, ...(await measureSession(db, spender))];
  }

  #note({ id, key }: MeasuredPeriod, spender: Spender): Promise<void> {
    const session = hasSession(spender) ? spender : null;
    return this.#notes.about(`${id} ${key}`, () => noteBudget(this.ctx, id, session), null);
  }
}

/** Whether something is to be remembered that is not yet. */
function isNews(budget: MeasuredPeriod): boolean {
  const state = stateOf(budget);
  return state === "reached" ? budget.reachedMs === null : state === "near" && budget.nearMs === null;
}

function refused(budget: MeasuredPeriod): AgentRunError {
  const { id: budgetId, endsMs } = budget;
  const resets = endsMs === null ? {} : { resets_at: Math.ceil(endsMs / 1_000) };
  return new AgentRunError("rate-limited", "budget-reached", refusalOf(budget), {
    details: { budgetId, provider: { type: "usage_limit_reached", ...resets } },
  });
}
