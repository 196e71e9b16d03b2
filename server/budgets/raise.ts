import { amountOf, type BudgetPeriod, isBoundBy, type RaiseBudgetInput } from "@/contract/budget";
import { measureCurrent, measureOne, type SpendingSession } from "@/db/queries/usage/measure-budgets";
import { type BudgetRow, budgetPeriods } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { requireSession } from "@/server/sessions";
import { lockBudget } from "./budget";
import { ownerIn } from "./create";
import { noteLocked } from "./note";
import { isKnown, type KnownPeriod, toPeriod } from "./period";
import { limitIn } from "./update";

/**
 * Sets how much may be spent in the present period, in all, or takes that back (`limit` null). The next period has the
 * budget's own limit again. Waiting tasks continue as soon as there is room. Sending it twice changes it once.
 *
 * @throws InvalidInputError if the limit is below the budget's own, which `updateBudget` changes.
 */
export function raiseBudget(ctx: ServiceContext, input: RaiseBudgetInput): Promise<BudgetPeriod> {
  return inTx(ctx, async (ctx) => {
    const budget = await lockBudget(ctx, input);
    const period = await periodOf(ctx, budget, input.sessionId);
    const raisedTo = input.limit === null ? null : (limitIn(budget, input.limit) ?? null);
    if (raisedTo !== null && raisedTo < budget.limit)
      throw new InvalidInputError(
        `limit: is less than the budget's own, ${amountOf(budget.unit, budget.limit)}: change the budget instead`,
      );
    if (period.current?.raisedTo === raisedTo) return toPeriod(period.current);
    await store(ctx, budget, { ...period, raisedTo });
    await noteLocked(ctx, budget.id, period.session);
    await audit(ctx, {
      action: "budgets.raise",
      targetKind: "budget",
      targetId: budget.id,
      tenantId: ownerIn(budget.tenantId),
      details: { name: budget.name, period: period.key, limit: input.limit, unit: budget.unit },
    });
    const [after] = (await measureOne(ctx.db, budget.id, period.key)).filter(isKnown);
    if (after === undefined) throw new Error(`nothing is remembered of budget ${budget.id} in ${period.key}`);
    return toPeriod(after);
  });
}

type Raised = { key: string; session: SpendingSession | null; endsAt: Date | null; current: KnownPeriod | undefined };

async function periodOf(ctx: TxContext, budget: BudgetRow, sessionId: string | undefined): Promise<Raised> {
  if (budget.period !== "session") {
    if (sessionId !== undefined)
      throw new InvalidInputError("sessionId: this budget is not one that each session has for itself");
    const [current] = (await measureCurrent(ctx.db, [budget.id])).filter(isKnown);
    if (current === undefined) throw new NotFoundError("budget", budget.id);
    const endsAt = current.endsMs === null ? null : new Date(current.endsMs);
    return { key: current.key, session: null, endsAt, current };
  }
  if (sessionId === undefined) throw new InvalidInputError("sessionId: is needed, since each session has its own");
  const { tenantId, projectId, backendProfile } = await requireSession(ctx, sessionId);
  if (!isBoundBy({ tenantId, projectId, backendProfile }, budget))
    throw new InvalidInputError(`sessionId: the budget “${budget.name}” does not bound this session`);
  const [known] = (await measureOne(ctx.db, budget.id, sessionId)).filter(isKnown);
  return { key: sessionId, session: { sessionId, tenantId, projectId, backendProfile }, endsAt: null, current: known };
}

async function store(
  ctx: TxContext,
  { id: budgetId }: BudgetRow,
  { key, session, endsAt, raisedTo }: Raised & { raisedTo: number | null },
): Promise<void> {
  const columns = { raisedTo, raisedBy: raisedTo === null ? null : actorName(ctx.actor) };
  await ctx.db
    .insert(budgetPeriods)
    .values({ budgetId, key, sessionId: session?.sessionId ?? null, endsAt, ...columns })
    .onConflictDoUpdate({ target: [budgetPeriods.budgetId, budgetPeriods.key], set: columns });
}
