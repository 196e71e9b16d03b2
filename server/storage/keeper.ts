import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { runs, type SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

/**
 * What keeps a session's volume from being collected, in words for the operator; null when nothing does. True for as
 * long as the session is locked, since a new run, an extension and a pin all lock it.
 */
export async function findKeeper(ctx: ServiceContext, session: SessionRow): Promise<string | null> {
  if (session.deletedAt !== null) return "deleted: its purge takes the volume";
  if (session.pinnedAt !== null) return "pinned";
  if (!(await hasExpired(ctx, session))) return "not-expired";
  const [open] = await ctx.db
    .select({ id: runs.id, status: runs.status })
    .from(runs)
    .where(and(eq(runs.sessionId, session.sessionId), inArray(runs.status, ["claimed", "pending"])))
    .orderBy(asc(runs.status))
    .limit(1);
  if (!open) return null;
  return open.status === "claimed" ? `run-live: run ${open.id} is claimed` : `run-waiting: run ${open.id} is not done`;
}

/** By the database's clock, read now: a transaction's own time may be older than the lock that it waited for. */
async function hasExpired(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  if (session.expiresAt === null) return false;
  const { rows } = await ctx.db.execute<{ expired: boolean }>(
    sql`select ${session.expiresAt.toISOString()}::timestamptz <= clock_timestamp() as expired`,
  );
  return rows[0]?.expired ?? false;
}
