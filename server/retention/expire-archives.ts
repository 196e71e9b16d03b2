import { and, asc, eq, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { archiveManifests, archiveSegments, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { pruneSegments } from "@/server/manifests";
import { findRestored } from "@/server/storage";

const SESSIONS_PER_TICK_MAX = 50;

/** Sessions of which older archives went, and evicted ones whose archive went altogether. */
export type ExpiredArchives = { pruned: string[]; expired: string[]; failed: string[] };

/**
 * Removes archives as the configuration says: replaced ones after a while, and those of sessions that were evicted long
 * ago. Never a session's newest while it has a volume, nor one that a restore or a fork is under way from; and nothing in
 * a database from a backup, which may call a session evicted that has been used since: all that it archived would go.
 */
export async function expireArchives(ctx: ServiceContext): Promise<ExpiredArchives> {
  const report: ExpiredArchives = { pruned: [], expired: [], failed: [] };
  const { archiveRetentionMs, archiveRetentionDays } = ctx.settings.storage;
  if (archiveRetentionMs === null && archiveRetentionDays === null) return report;
  const restored = await findRestored(ctx);
  if (restored !== null) {
    ctx.log.error({ reason: restored }, "no archive was removed: the database was restored");
    return report;
  }
  if (archiveRetentionMs !== null) {
    const isOver = sql`${archiveManifests.supersededAt} <= ${before(archiveRetentionMs)}`;
    for (const sessionId of await readReplaced(ctx, isOver))
      await attempt(ctx, report, { sessionId, outcome: "pruned" }, () => prune(ctx, sessionId, isOver));
  }
  if (archiveRetentionDays !== null) {
    const isOver = sql`${sessions.storageEvictedAt} <= ${before(archiveRetentionDays * 86_400_000)}`;
    for (const sessionId of await readEvicted(ctx, isOver))
      await attempt(ctx, report, { sessionId, outcome: "expired" }, () => expire(ctx, sessionId, isOver));
  }
  return report;
}

/** Read once for a statement, so that an index is compared with it. */
function before(ms: number): SQL {
  return sql`(select clock_timestamp()) - ${ms} * interval '1 millisecond'`;
}

/** One session's fault must not keep the others: what it left is found by the next tick. */
async function attempt(
  ctx: ServiceContext,
  report: ExpiredArchives,
  of: { sessionId: string; outcome: "pruned" | "expired" },
  work: () => Promise<boolean>,
): Promise<void> {
  try {
    if (await work()) report[of.outcome].push(of.sessionId);
  } catch (error) {
    report.failed.push(of.sessionId);
    ctx.log.error({ err: error, sessionId: of.sessionId }, "archives could not be removed");
  }
}

async function readReplaced(ctx: ServiceContext, isOver: SQL): Promise<string[]> {
  const read = await ctx.db
    .selectDistinct({ sessionId: archiveManifests.sessionId })
    .from(archiveManifests)
    .innerJoin(sessions, eq(sessions.sessionId, archiveManifests.sessionId))
    .where(and(isOver, isNull(sessions.deletedAt), isFree()))
    .limit(SESSIONS_PER_TICK_MAX);
  return read.map((row) => row.sessionId);
}

/** Neither the newest nor what a restore is under way from, whatever its column says. */
function isFree(): SQL | undefined {
  return and(
    sql`${archiveManifests.id} is distinct from ${sessions.archiveManifestId}`,
    sql`${archiveManifests.id} is distinct from ${sessions.restoreManifestId}`,
  );
}

async function prune(ctx: ServiceContext, sessionId: string, isOver: SQL): Promise<boolean> {
  const pruned = await inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    if (!session) return 0;
    const kept = [session.archiveManifestId, session.restoreManifestId].filter((id) => id !== null);
    const gone = await ctx.db
      .delete(archiveManifests)
      .where(and(eq(archiveManifests.sessionId, sessionId), isOver, ...kept.map((id) => ne(archiveManifests.id, id))))
      .returning({ id: archiveManifests.id });
    if (gone.length > 0) await auditSession(ctx, session, "archive.pruned", { manifests: gone.map(({ id }) => id) });
    return gone.length;
  });
  // Also after a crash between the two: the next commit's pruning takes what this one left.
  await pruneSegments(ctx, sessionId);
  return pruned > 0;
}

async function readEvicted(ctx: ServiceContext, isOver: SQL): Promise<string[]> {
  const read = await ctx.db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(isExpendable(), isOver))
    .orderBy(asc(sessions.storageEvictedAt))
    .limit(SESSIONS_PER_TICK_MAX);
  return read.map((row) => row.sessionId);
}

function isExpendable(): SQL | undefined {
  return and(
    eq(sessions.storageState, "evicted"),
    isNotNull(sessions.archiveManifestId),
    isNull(sessions.pinnedAt),
    isNull(sessions.deletedAt),
    sql`not exists (select 1 from agentrun_archive_manifests copy where copy.copied_from = ${sessions.sessionId})`,
  );
}

/** The rows say that it is gone before its bytes go; what a crash leaves of these the repair removes. */
async function expire(ctx: ServiceContext, sessionId: string, isOver: SQL): Promise<boolean> {
  const isOrdered = await inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    if (!session) return false;
    const [expired] = await ctx.db
      .update(sessions)
      .set({ archiveManifestId: null, archiveCommandId: null })
      .where(and(eq(sessions.sessionId, sessionId), isExpendable(), isOver))
      .returning({ sessionId: sessions.sessionId });
    if (!expired) return false;
    await ctx.db.delete(archiveManifests).where(eq(archiveManifests.sessionId, sessionId));
    await ctx.db
      .update(archiveSegments)
      .set({ removingAt: sql`clock_timestamp()` })
      .where(eq(archiveSegments.sessionId, sessionId));
    const { archiveManifestId: manifestId, storageEvictedAt, storageSizeBytes: sizeBytes } = session;
    const evictedAt = storageEvictedAt?.toISOString() ?? null;
    await auditSession(ctx, session, "archive.expired", {
      manifestId,
      evictedAt,
      sizeBytes,
      sha256: session.storageSha256,
    });
    ctx.wake("sessions");
    return true;
  });
  if (!isOrdered) return false;
  await ctx.archive.removeAll(sessionId);
  await ctx.db
    .delete(archiveSegments)
    .where(and(eq(archiveSegments.sessionId, sessionId), isNotNull(archiveSegments.removingAt)));
  return true;
}
