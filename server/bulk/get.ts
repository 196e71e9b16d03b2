import { and, eq, inArray, type SQL } from "drizzle-orm";
import type { BulkAction, GetBulkInput } from "@/contract/bulk";
import { type BulkActionRow, bulkActions } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { kindsOf } from "./rights";

export function toBulk(row: BulkActionRow): BulkAction {
  const { idempotencyKey: _key, payloadHash: _hash, ...shown } = row;
  return { ...shown, createdAt: iso(row.createdAt), endedAt: iso(row.endedAt) };
}

/** The condition for bulk actions that the caller may see. */
export function ownBulks(ctx: ServiceContext): SQL | undefined {
  const bound = tenantOf(ctx);
  return and(
    bound === null ? undefined : eq(bulkActions.tenantId, bound),
    inArray(bulkActions.kind, kindsOf(ctx.actor)),
  );
}

export async function requireBulk(ctx: ServiceContext, bulkId: string): Promise<BulkActionRow> {
  const [row] = await ctx.db
    .select()
    .from(bulkActions)
    .where(and(eq(bulkActions.id, bulkId), ownBulks(ctx)));
  if (!row) throw new NotFoundError("bulk action", bulkId);
  return row;
}

export async function getBulk(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkAction> {
  return toBulk(await requireBulk(ctx, bulkId));
}
