import { sql } from "drizzle-orm";
import { storageGc } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import type { Places } from "./candidates";

/**
 * Why loops and the cron take nothing; null when nothing is wrong. A database that was restored from a backup knows an
 * older truth: what it calls expired may have been extended since, and what it calls doomed restored. A person who
 * collects by hand says that it has been looked at.
 */
export async function findRestored(ctx: ServiceContext): Promise<string | null> {
  if (ctx.actor.kind !== "system") return null;
  const { rows } = await ctx.db.execute<{ epoch: string; seen: string | null }>(sql`
    select feed.epoch, gc.feed_epoch as seen from agentrun_feed_epoch feed left join agentrun_storage_gc gc on true`);
  const [known] = rows;
  if (!known || known.seen === null || known.seen === known.epoch) return null;
  return "database-restored: this database was restored from a backup since the last collection; look at what has expired, then collect by hand once (storage.gc)";
}

/** Where the last collection stopped looking; a person of one tenant looks through that one's alone, from its oldest. */
export async function readPlaces(ctx: ServiceContext): Promise<Places> {
  if (ctx.actor.tenantId !== null) return {};
  const [known] = await ctx.db.select({ places: storageGc.places }).from(storageGc);
  return known?.places ?? {};
}

/** Notes which database was collected in, and how far; a person of one tenant speaks for no other. */
export async function noteCollected(ctx: TxContext, places: Places): Promise<void> {
  if (ctx.actor.tenantId !== null) return;
  await ctx.db.execute(sql`
    insert into agentrun_storage_gc (feed_epoch, places) select epoch, ${JSON.stringify(places)}::jsonb from agentrun_feed_epoch
    on conflict (is_only) do update set feed_epoch = excluded.feed_epoch, places = excluded.places,
      collected_at = clock_timestamp()`);
}
