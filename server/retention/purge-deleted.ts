import { and, asc, eq, isNotNull, type SQL, sql } from "drizzle-orm";
import { archiveManifests, archiveSegments, type SessionRow, sessionReadCursors, sessions } from "@/db/schema";
import { removeOfSession } from "@/server/attachments";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { isCopiedFrom } from "@/server/manifests";
import { isOwned } from "@/server/owned";
import { type Budget, removeRuns } from "./remove-runs";

/** How many sessions a purge brings further, and how many it reads at once. */
const SESSIONS_PER_PURGE_MAX = 50;
const LOOKED_AT_MAX = 10_000;
/**
 * For how long a deleted session's row stays once its content is gone, so that every reader of a feed learns of the
 * deletion.
 */
const TOMBSTONE_HOURS = 24;

export type PurgeReport = { emptied: string[]; removed: string[]; failed: string[] };

/**
 * Removes what deleted sessions own, in bounded steps, each of which may be interrupted: first volume, archive, events,
 * runs and images; then their content; and a day later the row itself. Meanwhile nothing of them can be claimed or
 * restored. What is done is bounded and what is looked at is not, so that sessions whose volumes cannot be removed yet do
 * not hide others.
 */
export async function purgeDeleted(ctx: ServiceContext, budget: Budget = { rows: 50_000 }): Promise<PurgeReport> {
  const report: PurgeReport = { emptied: [], removed: [], failed: [] };
  for await (const { session, isTombstoneExpired, hasContent } of readDeleted(ctx)) {
    if (budget.rows <= 0 || report.emptied.length + report.removed.length >= SESSIONS_PER_PURGE_MAX) break;
    try {
      if (hasContent) {
        if (await emptySession(ctx, session, budget)) report.emptied.push(session.sessionId);
      } else if (isTombstoneExpired) {
        // A copy into this session may have stored objects while it was being emptied.
        await ctx.archive.removeAll(session.sessionId);
        await ctx.db
          .delete(sessions)
          .where(and(eq(sessions.sessionId, session.sessionId), isNotNull(sessions.deletedAt)));
        report.removed.push(session.sessionId);
      }
    } catch (error) {
      report.failed.push(session.sessionId);
      ctx.log.error({ err: error, sessionId: session.sessionId }, "could not purge the deleted session");
    }
  }
  return report;
}

type Deleted = { session: SessionRow; isTombstoneExpired: boolean; hasContent: boolean };

/** Yields deleted sessions of which something is left to remove, the longest deleted first. */
async function* readDeleted(ctx: ServiceContext): AsyncGenerator<Deleted> {
  const hasContent = sql<boolean>`(${sessions.storageState} <> 'none'
    or exists (select 1 from agentrun_runs run where run.session_id = agentrun_sessions.session_id)
    or exists (select 1 from agentrun_attachments image where image.session_id = agentrun_sessions.session_id))`;
  const isTombstoneExpired = sql<boolean>`${sessions.deletedAt} < clock_timestamp() - ${TOMBSTONE_HOURS} * interval '1 hour'`;
  let isAfter: SQL | undefined;
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += SESSIONS_PER_PURGE_MAX) {
    const read = await ctx.db
      .select({ session: sessions, isTombstoneExpired, hasContent, at: sql<string>`${sessions.deletedAt}::text` })
      .from(sessions)
      .where(
        and(
          isNotNull(sessions.deletedAt),
          isOwned(ctx, sessions, {}),
          sql`(${hasContent} or ${isTombstoneExpired})`,
          isAfter,
        ),
      )
      .orderBy(asc(sessions.deletedAt), asc(sessions.sessionId))
      .limit(SESSIONS_PER_PURGE_MAX);
    yield* read;
    const last = read.at(-1);
    if (!last || read.length < SESSIONS_PER_PURGE_MAX) return;
    isAfter = sql`(${sessions.deletedAt}, ${sessions.sessionId}) > (${last.at}::timestamptz, ${last.session.sessionId})`;
  }
}

async function emptySession(ctx: ServiceContext, session: SessionRow, budget: Budget): Promise<boolean> {
  const { sessionId } = session;
  // A fork that copies from this session comes first: the repair finishes it.
  if (await isCopiedFrom(ctx, sessionId)) return false;
  if (session.storageState !== "none") {
    const name = session.storagePvcName ?? ctx.volumes.nameFor(sessionId);
    const volume = await ctx.volumes.find(name);
    const removed = await ctx.volumes.remove(name, volume?.uid ?? null);
    if (removed === "going") return false;
    await ctx.archive.removeAll(sessionId);
  }
  if ((await removeRuns(ctx, sessionId, budget)) !== "removed") return false;
  if (!(await removeOfSession(ctx, sessionId))) return false;
  await inTx(ctx, async (ctx) => {
    await ctx.db.delete(archiveManifests).where(eq(archiveManifests.sessionId, sessionId));
    await ctx.db.delete(archiveSegments).where(eq(archiveSegments.sessionId, sessionId));
    await ctx.db.delete(sessionReadCursors).where(eq(sessionReadCursors.sessionId, sessionId));
    await ctx.db
      .update(sessions)
      .set({ ...EMPTY_COLUMNS, storageKind: "none", storageState: "none" })
      .where(and(eq(sessions.sessionId, sessionId), isNotNull(sessions.deletedAt)));
    await auditSession(ctx, session, "sessions.purged", {
      volume: session.storagePvcName,
      sizeBytes: session.storageSizeBytes,
      sha256: session.storageSha256,
    });
    ctx.wake("sessions");
  });
  return true;
}

const EMPTY_COLUMNS = {
  title: null,
  metadata: {},
  summary: {},
  conversationId: null,
  threadId: null,
  lastRunId: null,
  lastCommandId: null,
  activeRunId: null,
  activeCommandId: null,
  storagePvcName: null,
  restoreManifestId: null,
  archiveManifestId: null,
  archiveCommandId: null,
  volumeCommandId: null,
} as const satisfies Partial<typeof sessions.$inferInsert>;
