import { and, eq, inArray, sql } from "drizzle-orm";
import type { BulkOutcome, BulkOutcomes, GetBulkInput } from "@/contract/bulk";
import { type BulkActionRow, bulkActions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isoAt } from "@/server/stored";
import { followKey } from "./again";
import { ownBulks, requireBulk } from "./get";
import { KEPT_MS } from "./run";

const REASONS_MAX = 20;
const REASON_LENGTH = 500;

/** Returns why some targets were refused or left as they were, what followed the action, and how long this is kept. */
export async function readBulkOutcomes(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkOutcomes> {
  const bulk = await requireBulk(ctx, bulkId);
  // A message often contains its target's id; without the id, equal messages count as one reason.
  const { rows } = await ctx.db.execute<{ outcome: BulkOutcome; message: string; count: number }>(sql`
    select outcome, left(replace(message, target_id, '…'), ${REASON_LENGTH}) as message, count(*)::int as count
    from agentrun_bulk_results where bulk_id = ${bulk.id} and message is not null and outcome is not null
    group by 1, 2 order by count desc, 1, 2 limit ${REASONS_MAX + 1}`);
  return {
    reasons: rows.slice(0, REASONS_MAX),
    hasMore: rows.length > REASONS_MAX,
    ...(await readFollowers(ctx, bulk)),
    keptUntil: isoAt(bulk.endedAt === null ? null : bulk.endedAt.getTime() + KEPT_MS),
  };
}

/** Finds the follow-ups by their idempotency keys, which have an index. */
async function readFollowers(ctx: ServiceContext, { id, tenantId }: BulkActionRow) {
  const keys = { retry: followKey("retry", id), undo: followKey("undo", id) };
  const followers = await ctx.db
    .select({ id: bulkActions.id, key: bulkActions.idempotencyKey })
    .from(bulkActions)
    .where(
      and(
        sql`coalesce(${bulkActions.tenantId}, '') = ${tenantId ?? ""}`,
        inArray(bulkActions.idempotencyKey, [keys.retry, keys.undo]),
        // A caller may have used such a key for something else.
        eq(bulkActions.sourceId, id),
        ownBulks(ctx),
      ),
    );
  const idOf = (key: string) => followers.find((follower) => follower.key === key)?.id ?? null;
  return { retriedById: idOf(keys.retry), undoneById: idOf(keys.undo) };
}
