import { eq, sql } from "drizzle-orm";
import { type Budget, type CreateBudgetInput, unitsOf } from "@/contract/budget";
import { ALL_TENANTS, BUDGETS_MAX } from "@/contract/words";
import { isUniqueViolation } from "@/db/errors";
import { lockOwnerKey } from "@/db/queries/advisory-lock";
import { budgets } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { requireProfile } from "@/server/backends";
import { inTx, type ServiceContext, type TxContext, tenantFor } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { nameTaken, readBudget } from "./budget";
import { noteLocked } from "./note";

/** Creates a budget. What was spent earlier in its present period counts as well. */
export async function createBudget(ctx: ServiceContext, input: CreateBudgetInput): Promise<Budget> {
  const { name, projectId = null, backendProfile = null, period, unit, limit, warnPercent, action } = input;
  // An administrator's is everybody's unless a tenant is named.
  const tenantId = tenantFor(ctx, input.tenantId) ?? ALL_TENANTS;
  if (backendProfile !== null) await requireProfile(ctx, backendProfile);
  try {
    return await inTx(ctx, async (ctx) => {
      await assertRoom(ctx, tenantId);
      const id = newId("budget");
      await ctx.db.insert(budgets).values({
        id,
        tenantId,
        projectId,
        backendProfile,
        name,
        period,
        unit,
        warnPercent,
        action,
        limit: unitsOf(unit, limit),
        createdBy: actorName(ctx.actor),
        createdAt: sql`clock_timestamp()`,
        updatedAt: sql`clock_timestamp()`,
      });
      await noteLocked(ctx, id, null);
      await audit(ctx, {
        action: "budgets.create",
        targetKind: "budget",
        targetId: id,
        tenantId: ownerIn(tenantId),
        details: { name, projectId, backendProfile, period, unit, limit, warnPercent, does: action },
      });
      return readBudget(ctx, id);
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_budgets_name_idx")) throw error;
    throw nameTaken(name);
  }
}

/** Returns the tenant to whose audit log the entry belongs; null: it concerns every tenant. */
export function ownerIn(tenantId: string): string | null {
  return tenantId === ALL_TENANTS ? null : tenantId;
}

async function assertRoom(ctx: TxContext, tenantId: string): Promise<void> {
  // Two that come together are counted one after the other.
  await lockOwnerKey(ctx.db, `budgets ${tenantId}`);
  if ((await ctx.db.$count(budgets, eq(budgets.tenantId, tenantId))) < BUDGETS_MAX) return;
  throw new ConflictError("limit-reached", `${BUDGETS_MAX} budgets are the most: delete one first`, {
    max: BUDGETS_MAX,
  });
}
