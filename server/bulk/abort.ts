import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { BulkAction, GetBulkInput } from "@/contract/bulk";
import { type BulkActionRow, bulkActions } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { getBulk, requireBulk, toBulk } from "./get";
import { assertMayAct } from "./rights";

/**
 * Aborts a bulk action: once this has returned, no further target is handled. An action that has ended stays as it is.
 */
export function abortBulk(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkAction> {
  return inTx(ctx, async (ctx) => {
    assertMayAct(ctx.actor, await requireBulk(ctx, bulkId));
    const aborted = await endOpen(ctx, eq(bulkActions.id, bulkId));
    return aborted === null ? getBulk(ctx, { bulkId }) : toBulk(aborted);
  });
}

/** Aborts a bulk action that has not ended; null: it has ended. */
export async function endOpen(ctx: TxContext, condition: SQL): Promise<BulkActionRow | null> {
  const [aborted] = await ctx.db
    .update(bulkActions)
    .set({ state: "aborted", endedAt: sql`clock_timestamp()` })
    .where(and(condition, isNull(bulkActions.endedAt)))
    .returning();
  if (!aborted) return null;
  await audit(ctx, { action: "bulk.abort", targetKind: "bulk", targetId: aborted.id, tenantId: aborted.tenantId });
  ctx.wake("bulk");
  return aborted;
}
