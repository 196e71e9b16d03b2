import { and, eq, type SQL } from "drizzle-orm";
import type { BulkAction, GetBulkInput } from "@/contract/queue-bulk";
import { type QueueBulkActionRow, queueBulkActions } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";

export function toBulk(row: QueueBulkActionRow): BulkAction {
  return { ...row, createdAt: iso(row.createdAt), endedAt: iso(row.endedAt) };
}

/** One bulk action of the caller's. */
export function ownBulk(ctx: ServiceContext, bulkId: string): SQL | undefined {
  const bound = tenantOf(ctx);
  return and(eq(queueBulkActions.id, bulkId), bound === null ? undefined : eq(queueBulkActions.tenantId, bound));
}

export async function getBulk(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkAction> {
  const [row] = await ctx.db.select().from(queueBulkActions).where(ownBulk(ctx, bulkId));
  if (!row) throw new NotFoundError("bulk action", bulkId);
  return toBulk(row);
}
