import { and, isNull, sql } from "drizzle-orm";
import type { BulkAction, GetBulkInput } from "@/contract/queue-bulk";
import { queueBulkActions } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { getBulk, ownBulk, toBulk } from "./bulk";

/** Ends a bulk action: once this has answered no further task is dealt with. One that has ended stays as it is. */
export function abortBulk(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkAction> {
  return inTx(ctx, async (ctx) => {
    const [aborted] = await ctx.db
      .update(queueBulkActions)
      .set({ state: "aborted", endedAt: sql`clock_timestamp()` })
      .where(and(ownBulk(ctx, bulkId), isNull(queueBulkActions.endedAt)))
      .returning();
    if (!aborted) return getBulk(ctx, { bulkId });
    await audit(ctx, { action: "queue.abortBulk", targetKind: "bulk", targetId: bulkId, tenantId: aborted.tenantId });
    ctx.wake("queue");
    return toBulk(aborted);
  });
}
