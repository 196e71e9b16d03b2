import { sql } from "drizzle-orm";
import { storageGc } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import type { CandidatePositions } from "./candidates";

/**
 * Returns why loops and the cron must not collect; null: nothing is wrong. A database restored from a backup is out of
 * date: what it calls expired may have been extended since, and what it is about to delete may have been restored. A
 * person who collects by hand confirms that this was checked.
 */
export async function findRestoreReason(ctx: ServiceContext): Promise<string | null> {
  if (ctx.actor.kind !== "system") return null;
  const { rows } = await ctx.db.execute<{ epoch: string; seen: string | null }>(sql`
    select feed.epoch, gc.feed_epoch as seen from agentrun_feed_epoch feed left join agentrun_storage_gc gc on true`);
  const [row] = rows;
  if (!row || row.seen === null || row.seen === row.epoch) return null;
  return "database-restored: this database was restored from a backup since the last collection; look at what has expired, then collect by hand once (storage.gc)";
}

/**
 * Returns where the last collection stopped looking. A caller bound to one tenant looks through that tenant alone, from
 * its oldest.
 */
export async function readPositions(ctx: ServiceContext): Promise<CandidatePositions> {
  if (ctx.actor.tenantId !== null) return {};
  const [row] = await ctx.db.select({ places: storageGc.places }).from(storageGc);
  return row?.places ?? {};
}

/** Notes in which database was collected, and how far. A caller bound to one tenant decides nothing for the others. */
export async function recordCollection(ctx: TxContext, positions: CandidatePositions): Promise<void> {
  if (ctx.actor.tenantId !== null) return;
  await ctx.db.execute(sql`
    insert into agentrun_storage_gc (feed_epoch, places) select epoch, ${JSON.stringify(positions)}::jsonb from agentrun_feed_epoch
    on conflict (is_only) do update set feed_epoch = excluded.feed_epoch, places = excluded.places,
      collected_at = clock_timestamp()`);
}
