import { and, eq, sql } from "drizzle-orm";
import { cleanText } from "@/contract/text";
import type { Db, Tx } from "@/db/client";
import { backends } from "@/db/schema";

/** What a provider says about its limit. */
export type ProviderLimit = {
  /** When the limit ends. */
  until: Date;
  /** The provider's own words. */
  message: string;
  /** The provider gave no end: it is asked again after a while. */
  isGuessed?: boolean;
};

/** A longer limit is tried again before it ends: the provider may be wrong, and an operator may pay. */
const LIMIT_MAX_MS = 7 * 86_400_000;

/**
 * Notes that a profile's provider accepts nothing until then, so that no task is sent to it in vain. A later end
 * replaces the known one.
 */
export async function noteLimit(
  db: Db,
  profile: string,
  { until, message, isGuessed = false }: ProviderLimit,
): Promise<void> {
  const downUntil = new Date(Math.min(until.getTime(), Date.now() + LIMIT_MAX_MS)).toISOString();
  const health = JSON.stringify({ status: "limited", downUntil, message: cleanText(message), isGuessed });
  await db
    .insert(backends)
    .values({ profile, capabilities: {}, capacity: {}, health: sql`${health}::jsonb` })
    .onConflictDoUpdate({
      target: backends.profile,
      set: { health: sql`${backends.health} || excluded.health`, updatedAt: sql`clock_timestamp()` },
      setWhere: sql`coalesce(${backends.health}->>'downUntil', '') < excluded.health->>'downUntil'`,
    });
}

/**
 * Notes that a profile's provider answers again: no limit holds, and no failed try counts. Returns whether it was noted
 * as limited or failing.
 */
export async function clearLimit(db: Db | Tx, profile: string): Promise<boolean> {
  const cleared = await db
    .update(backends)
    .set({
      health: sql`case when ${backends.health} ? 'downUntil'
        then (${backends.health} - 'downUntil' - 'message' - 'isGuessed') || '{"status": "registered"}' else ${backends.health} end`,
      probe: sql`${backends.probe} || '{"failures": 0}'`,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(
      and(
        eq(backends.profile, profile),
        sql`(${backends.health} ? 'downUntil' or (${backends.probe} ->> 'failures')::int > 0)`,
      ),
    )
    .returning({ profile: backends.profile });
  return cleared.length > 0;
}
