import {
  hasSession,
  type MeasuredPeriod,
  measureFor,
  measureSession,
  measureTenant,
  type Spender,
} from "@/db/queries/measure-budgets";
import type { ServiceContext } from "@/server/context";
import { AgentRunError } from "@/server/errors";
import { noteBudget } from "./note";
import { isHolding, longestOf, stateOf } from "./period";
import { refusalOf } from "./words";

/** How long it is believed what a tenant has spent: a budget is passed by what its agents spend in such a time, and no more. */
const BELIEVED_MS = 1_000;
/** Tenants whose budgets are believed at once. */
const TENANTS_MAX = 1_000;

type Known = { atMs: number; budgets: Promise<MeasuredPeriod[]> };

/**
 * Refuses calls to models for which nothing is left to spend. What a call takes is known at its end alone: those under way
 * when a budget is reached are let end, so that no answer that is paid for is thrown away.
 */
export class BudgetGate {
  readonly #known = new Map<string, Known>();
  constructor(private readonly ctx: ServiceContext) {}

  /** @throws AgentRunError `budget-reached`, which codex reads as a usage limit that ends when the period does. */
  async assertLeft(spender: Spender): Promise<void> {
    const budgets = (await this.#budgetsOf(spender.tenantId)).filter((budget) => isOf(budget, spender));
    if (budgets.length === 0) return;
    const ofAll = budgets.filter(({ key }) => key !== null);
    const hasOwn = hasSession(spender) && ofAll.length < budgets.length;
    const measured = [...ofAll, ...(hasOwn ? await measureSession(this.ctx.db, spender) : [])];
    // The dispatcher goes by what is remembered: before anybody is refused it is there.
    const session = hasSession(spender) ? spender : null;
    for (const { id } of measured.filter(isNews)) await noteBudget(this.ctx, id, session);
    if (!measured.some(isHolding)) return;
    // What was believed may have been raised since.
    const reached = longestOf((await measureFor(this.ctx.db, spender)).filter(isHolding));
    if (reached !== null) throw refused(reached);
  }

  #budgetsOf(tenantId: string): Promise<MeasuredPeriod[]> {
    const nowMs = performance.now();
    const known = this.#known.get(tenantId);
    if (known !== undefined && nowMs - known.atMs < BELIEVED_MS) return known.budgets;
    if (this.#known.size >= TENANTS_MAX) this.#known.clear();
    const budgets = measureTenant(this.ctx.db, tenantId);
    this.#known.set(tenantId, { atMs: nowMs, budgets });
    // Whoever asks next asks anew.
    budgets.catch(() => this.#known.delete(tenantId));
    return budgets;
  }
}

function isOf({ projectId, backendProfile }: MeasuredPeriod, spender: Spender): boolean {
  const isItsProject = projectId === null || projectId === spender.projectId;
  return isItsProject && (backendProfile === null || backendProfile === spender.backendProfile);
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
