import { isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

/**
 * The database's clock, read once for a statement: an index cannot be used with a value that changes from row to row.
 */
const NOW = sql`(select clock_timestamp())`;

/** The condition for sessions whose own expiry is over. */
export const IS_EXPIRED: SQL = isExpiredAt(NOW);

function isExpiredAt(at: SQL): SQL {
  return sql`(${isNotNull(sessions.expiresAt)} and ${sessions.expiresAt} <= ${at})`;
}

/**
 * The condition for sessions without an expiry of their own that nobody has used for the configured time; null: no time
 * is configured. An index answers the first comparison.
 */
export function isIdle(ctx: ServiceContext, at = NOW): SQL | null {
  const { idleTtlMs } = ctx.settings.storage;
  if (idleTtlMs === null) return null;
  const limit = sql`${at} - ${idleTtlMs} * interval '1 millisecond'`;
  return sql`(${isNull(sessions.expiresAt)} and ${sessions.usedAt} <= ${limit}
    and coalesce(${sessions.lastActivityAt}, ${sessions.createdAt}) <= ${limit})`;
}

/** The condition for either: what a collection may take as far as time is concerned. */
export function isExpiredOrIdle(ctx: ServiceContext): SQL {
  return or(IS_EXPIRED, isIdle(ctx) ?? undefined) ?? IS_EXPIRED;
}

/** The condition for sessions whose time is not over now but will be within `minutes`. */
export function expiresWithin(ctx: ServiceContext, minutes: number): SQL {
  const instant = sql`(select clock_timestamp() + make_interval(mins => ${minutes}::int))`;
  const willBeExpired = or(isExpiredAt(instant), isIdle(ctx, instant) ?? undefined);
  return sql`(coalesce(${willBeExpired}, false) and not coalesce(${isExpiredOrIdle(ctx)}, false))`;
}

/** Returns from when a collection may take a session: its own expiry, else the end of its idle time; null: never. */
export function expiryOf(ctx: ServiceContext, session: SessionRow): Date | null {
  const { idleTtlMs } = ctx.settings.storage;
  if (session.expiresAt !== null || idleTtlMs === null) return session.expiresAt;
  const active = session.lastActivityAt ?? session.createdAt;
  return new Date(Math.max(active.getTime(), session.usedAt.getTime()) + idleTtlMs);
}

/**
 * Whether a session's time is over by the database's clock, read now: the transaction's own time may be older than the
 * lock that it waited for.
 */
export async function hasExpired(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const expiry = expiryOf(ctx, session);
  if (expiry === null) return false;
  const { rows } = await ctx.db.execute<{ expired: boolean }>(
    sql`select ${expiry.toISOString()}::timestamptz <= clock_timestamp() as expired`,
  );
  return rows[0]?.expired ?? false;
}
