import { and, asc, eq, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { archiveManifests, archiveSegments, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { pruneSegments } from "@/server/manifests";
import { findRestoreReason } from "@/server/storage";

const SESSIONS_PER_TICK_MAX = 50;

/**
 * Session ids. `pruned`: their replaced archives were removed. `expired`: they were evicted long ago, and their whole
 * archive was removed. `failed`: their archives could not be removed.
 */
export type ExpiredArchives = { pruned: string[]; expired: string[]; failed: string[] };

/**
 * Removes archives as the configuration says: replaced ones after a while, and all archives of sessions that were
 * evicted long ago. A session's newest archive is never removed while the session has a volume, and neither is one from
 * which a restore or a fork is under way.
 *
 * Removes nothing when the database was restored from a backup: such a database may call a session evicted that has
 * been used since, and would remove all that this session archived.
 */
export async function expireArchives(ctx: ServiceContext): Promise<ExpiredArchives> {
  const report: ExpiredArchives = { pruned: [], expired: [], failed: [] };
  const { archiveRetentionMs, archiveRetentionDays } = ctx.settings.storage;
  if (archiveRetentionMs === null && archiveRetentionDays === null) return report;
  const restored = await findRestoreReason(ctx);
  if (restored !== null) {
    ctx.log.error({ reason: restored }, "no archive was removed: the database was restored");
    return report;
  }
  if (archiveRetentionMs !== null) {
    const isExpired = sql`${archiveManifests.supersededAt} <= ${timeAgo(archiveRetentionMs)}`;
    for (const sessionId of await readReplaced(ctx, isExpired))
      await runForSession(ctx, report, { sessionId, outcome: "pruned" }, () => prune(ctx, sessionId, isExpired));
  }
  if (archiveRetentionDays !== null) {
    const isExpired = sql`${sessions.storageEvictedAt} <= ${timeAgo(archiveRetentionDays * 86_400_000)}`;
    for (const sessionId of await readEvicted(ctx, isExpired))
      await runForSession(ctx, report, { sessionId, outcome: "expired" }, () => expire(ctx, sessionId, isExpired));
  }
  return report;
}

/**
 * An instant so long ago. The subselect is evaluated once per statement, so that an index can be used for the
 * comparison.
 */
function timeAgo(ms: number): SQL {
  return sql`(select clock_timestamp()) - ${ms} * interval '1 millisecond'`;
}

/**
 * Runs the work on one session. A failure must not keep the other sessions from their turn; the next tick finds what is
 * left.
 */
async function runForSession(
  ctx: ServiceContext,
  report: ExpiredArchives,
  target: { sessionId: string; outcome: "pruned" | "expired" },
  work: () => Promise<boolean>,
): Promise<void> {
  try {
    if (await work()) report[target.outcome].push(target.sessionId);
  } catch (error) {
    report.failed.push(target.sessionId);
    ctx.log.error({ err: error, sessionId: target.sessionId }, "could not remove archives");
  }
}

async function readReplaced(ctx: ServiceContext, isExpired: SQL): Promise<string[]> {
  const read = await ctx.db
    .selectDistinct({ sessionId: archiveManifests.sessionId })
    .from(archiveManifests)
    .innerJoin(sessions, eq(sessions.sessionId, archiveManifests.sessionId))
    .where(and(isExpired, isNull(sessions.deletedAt), isUnreferenced()))
    .limit(SESSIONS_PER_TICK_MAX);
  return read.map((row) => row.sessionId);
}

/**
 * Matches archives that are neither the session's newest nor one from which a restore is under way, whatever their
 * column says.
 */
function isUnreferenced(): SQL | undefined {
  return and(
    sql`${archiveManifests.id} is distinct from ${sessions.archiveManifestId}`,
    sql`${archiveManifests.id} is distinct from ${sessions.restoreManifestId}`,
  );
}

async function prune(ctx: ServiceContext, sessionId: string, isExpired: SQL): Promise<boolean> {
  const pruned = await inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    if (!session) return 0;
    const protectedIds = [session.archiveManifestId, session.restoreManifestId].filter((id) => id !== null);
    const deleted = await ctx.db
      .delete(archiveManifests)
      .where(
        and(
          eq(archiveManifests.sessionId, sessionId),
          isExpired,
          ...protectedIds.map((id) => ne(archiveManifests.id, id)),
        ),
      )
      .returning({ id: archiveManifests.id });
    if (deleted.length > 0)
      await auditSession(ctx, session, "archive.pruned", { manifests: deleted.map(({ id }) => id) });
    return deleted.length;
  });
  // Called even if nothing was pruned: a crash may have come between the transaction and this call. What this call
  // leaves, the next commit's pruning removes.
  await pruneSegments(ctx, sessionId);
  return pruned > 0;
}

async function readEvicted(ctx: ServiceContext, isExpired: SQL): Promise<string[]> {
  const read = await ctx.db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(canExpire(), isExpired))
    .orderBy(asc(sessions.storageEvictedAt))
    .limit(SESSIONS_PER_TICK_MAX);
  return read.map((row) => row.sessionId);
}

function canExpire(): SQL | undefined {
  return and(
    eq(sessions.storageState, "evicted"),
    isNotNull(sessions.archiveManifestId),
    isNull(sessions.pinnedAt),
    isNull(sessions.deletedAt),
    sql`not exists (select 1 from agentrun_archive_manifests copy where copy.copied_from = ${sessions.sessionId})`,
  );
}

/**
 * Removes the rows before the bytes, so that no row names bytes that are gone. After a crash in between, the repair
 * removes the bytes.
 */
async function expire(ctx: ServiceContext, sessionId: string, isExpired: SQL): Promise<boolean> {
  const isMarked = await inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    if (!session) return false;
    const [expired] = await ctx.db
      .update(sessions)
      .set({ archiveManifestId: null, archiveCommandId: null })
      .where(and(eq(sessions.sessionId, sessionId), canExpire(), isExpired))
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
  if (!isMarked) return false;
  await ctx.archive.removeAll(sessionId);
  await ctx.db
    .delete(archiveSegments)
    .where(and(eq(archiveSegments.sessionId, sessionId), isNotNull(archiveSegments.removingAt)));
  return true;
}
