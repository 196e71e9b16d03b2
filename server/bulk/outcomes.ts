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

/** Why a bulk action did nothing to some, what followed it, and how long all of that is kept. */
export async function readBulkOutcomes(ctx: ServiceContext, { bulkId }: GetBulkInput): Promise<BulkOutcomes> {
  const bulk = await requireBulk(ctx, bulkId);
  // What is said of a target often names it; what is said of many is one reason.
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

/** By the keys that make each of them one action: there is an index of those. */
async function readFollowers(ctx: ServiceContext, { id, tenantId }: BulkActionRow) {
  const keys = { retry: followKey("retry", id), undo: followKey("undo", id) };
  const followers = await ctx.db
    .select({ id: bulkActions.id, key: bulkActions.idempotencyKey })
    .from(bulkActions)
    .where(
      and(
        sql`coalesce(${bulkActions.tenantId}, '') = ${tenantId ?? ""}`,
        inArray(bulkActions.idempotencyKey, [keys.retry, keys.undo]),
        // A caller may have chosen such a key for something else.
        eq(bulkActions.sourceId, id),
        ownBulks(ctx),
      ),
    );
  const idOf = (key: string) => followers.find((follower) => follower.key === key)?.id ?? null;
  return { retriedById: idOf(keys.retry), undoneById: idOf(keys.undo) };
}
