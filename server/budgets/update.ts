import { eq, sql } from "drizzle-orm";
import { amountFault, type Budget, type UpdateBudgetInput, unitsOf } from "@/contract/budget";
import { isUniqueViolation } from "@/db/errors";
import { type BudgetRow, budgets } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";
import { lockBudget, nameTaken, readBudget } from "./budget";
import { ownerIn } from "./create";
import { noteLocked } from "./note";

type Settable = Pick<BudgetRow, "name" | "limit" | "warnPercent" | "action">;

/** Changes a budget; one that is so already stays as it is. What waits for it goes on as soon as it has room. */
export async function updateBudget(ctx: ServiceContext, input: UpdateBudgetInput): Promise<Budget> {
  const { budgetId, name } = input;
  try {
    return await inTx(ctx, async (ctx) => {
      const before = await lockBudget(ctx, input);
      const changes = changesTo(before, input);
      if (Object.keys(changes).length > 0) {
        const version = before.version + 1;
        await ctx.db
          .update(budgets)
          .set({ ...changes, version, updatedAt: sql`clock_timestamp()` })
          .where(eq(budgets.id, budgetId));
        await noteLocked(ctx, budgetId, null);
        // The budget's action matters to the dispatcher as well.
        ctx.wake("queue");
        const { action, limit, ...plainChanges } = changes;
        await audit(ctx, {
          action: "budgets.update",
          targetKind: "budget" as const,
          targetId: budgetId,
          tenantId: ownerIn(before.tenantId),
          details: {
            was: before.name,
            ...plainChanges,
            ...(limit === undefined ? {} : { limit: input.limit, unit: before.unit }),
            ...(action === undefined ? {} : { does: action }),
          },
        });
      }
      return readBudget(ctx, budgetId);
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_budgets_name_idx")) throw error;
    throw nameTaken(name ?? budgetId);
  }
}

function changesTo(before: BudgetRow, { name, limit, warnPercent, action }: UpdateBudgetInput): Partial<Settable> {
  const requested: Partial<Settable> = { name, warnPercent, action, limit: limitIn(before, limit) };
  const fields = Object.keys(requested) as (keyof Settable)[];
  return Object.fromEntries(
    fields.flatMap((field) =>
      requested[field] === undefined || requested[field] === before[field] ? [] : [[field, requested[field]]],
    ),
  );
}

/** Converts an amount into the form that is stored. Only the stored budget says which unit the amount has. */
export function limitIn({ unit }: Pick<BudgetRow, "unit">, limit: number | undefined): number | undefined {
  if (limit === undefined) return undefined;
  const fault = amountFault(unit, limit);
  if (fault !== null) throw new InvalidInputError(`limit: ${fault}`);
  return unitsOf(unit, limit);
}
