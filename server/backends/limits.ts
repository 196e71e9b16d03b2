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
 * replaces the known one. `learntAgoMs`: how long ago the provider said so, in milliseconds.
 */
export async function noteLimit(
  db: Db,
  profile: string,
  { until, message, isGuessed = false, learntAgoMs = 0 }: ProviderLimit & { learntAgoMs?: number },
): Promise<void> {
  const downUntil = new Date(Math.min(until.getTime(), Date.now() + LIMIT_MAX_MS)).toISOString();
  const health = JSON.stringify({ status: "limited", downUntil, message: cleanText(message), isGuessed });
  // By the database's clock, and as an age: no two machines compare clocks.
  const noted = sql`jsonb_build_object('notedAt', ${timeAgo(learntAgoMs)})`;
  const isLater = sql`coalesce(${backends.health}->>'downUntil', '') < excluded.health->>'downUntil'`;
  await db
    .insert(backends)
    .values({ profile, capabilities: {}, capacity: {}, health: sql`${health}::jsonb || ${noted}` })
    .onConflictDoUpdate({
      target: backends.profile,
      set: {
        health: sql`${backends.health} || case when ${isLater} then excluded.health else ${noted} end`,
        updatedAt: sql`clock_timestamp()`,
      },
    });
}

const timeAgo = (ms: number) => sql`clock_timestamp() - make_interval(secs => ${ms / 1_000}::float8)`;

/**
 * Notes that a profile's provider answers again: no limit holds, and no failed try counts. Returns whether it was noted
 * as limited or failing. A limit that was reported after the accepted request was sent, `sentAgoMs` milliseconds ago,
 * stays; null: somebody says so, whatever was reported.
 */
export async function clearLimit(db: Db | Tx, profile: string, sentAgoMs: number | null = null): Promise<boolean> {
  const isOlder =
    sentAgoMs === null
      ? sql`true`
      : sql`coalesce((${backends.health} ->> 'notedAt')::timestamptz < ${timeAgo(sentAgoMs)}, true)`;
  const isOver = sql`(${backends.health} ? 'downUntil' and ${isOlder})`;
  const cleared = await db
    .update(backends)
    .set({
      health: sql`case when ${isOver}
        then (${backends.health} - 'downUntil' - 'message' - 'isGuessed' - 'notedAt') || '{"status": "registered"}' else ${backends.health} end`,
      probe: sql`${backends.probe} || '{"failures": 0}'`,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(backends.profile, profile), sql`(${isOver} or (${backends.probe} ->> 'failures')::int > 0)`))
    .returning({ profile: backends.profile });
  return cleared.length > 0;
}
