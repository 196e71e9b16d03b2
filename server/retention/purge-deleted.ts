import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import { archiveManifests, archiveSegments, type SessionRow, sessionReadCursors, sessions } from "@/db/schema";
import { removeOfSession } from "@/server/attachments";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { isCopiedFrom } from "@/server/manifests";
import { isOwned } from "@/server/owned";
import { type Budget, removeRuns } from "./remove-runs";

/** How many sessions a purge brings further, and how many it reads at once. */
const SESSIONS_PER_PURGE_MAX = 50;
/** A volume that a node holds is waited for, five seconds each, and a worker whose loop takes too long is restarted. */
const PASS_MS_MAX = 60_000;
/**
 * For how long a deleted session's row stays once its content is gone, so that every reader of a feed learns of the
 * deletion.
 */
const TOMBSTONE_HOURS = 24;

export type PurgeReport = { emptied: string[]; removed: string[]; failed: string[] };

/** The last deleted session that was looked at, whose instant is as the database printed it. */
type Place = { at: string; sessionId: string };
/** Where the next pass goes on; null: with the session deleted longest ago. Each pass moves it. */
export type PurgeWalk = { after: Place | null };

/**
 * Removes what deleted sessions own, in bounded steps, each of which may be interrupted: first volume, archive, events,
 * runs and images; then their content; and a day later the row itself. Meanwhile nothing of them can be claimed or
 * restored. A pass goes on where the last one ended, so that sessions whose volumes cannot be removed yet do not hide
 * others.
 */
export async function purgeDeleted(
  ctx: ServiceContext,
  budget: Budget = { rows: 50_000 },
  walk: PurgeWalk = { after: null },
  passMs = PASS_MS_MAX,
): Promise<PurgeReport> {
  const report: PurgeReport = { emptied: [], removed: [], failed: [] };
  const until = performance.now() + passMs;
  for await (const { session, isTombstoneExpired, hasContent, at } of readDeleted(ctx, walk.after)) {
    const isFull = report.emptied.length + report.removed.length >= SESSIONS_PER_PURGE_MAX;
    if (budget.rows <= 0 || isFull) return report;
    walk.after = { at, sessionId: session.sessionId };
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
    if (performance.now() > until) return report;
  }
  walk.after = null;
  return report;
}

type Deleted = { session: SessionRow; isTombstoneExpired: boolean; hasContent: boolean; at: string };

/** Yields deleted sessions of which something is left to remove, the longest deleted first. */
async function* readDeleted(ctx: ServiceContext, from: Place | null): AsyncGenerator<Deleted> {
  const hasContent = sql<boolean>`(${sessions.storageState} <> 'none'
    or exists (select 1 from agentrun_runs run where run.session_id = agentrun_sessions.session_id)
    or exists (select 1 from agentrun_attachments image where image.session_id = agentrun_sessions.session_id)
    or exists (select 1 from agentrun_attachment_uses use where use.session_id = agentrun_sessions.session_id))`;
  const isTombstoneExpired = sql<boolean>`${sessions.deletedAt} < clock_timestamp() - ${TOMBSTONE_HOURS} * interval '1 hour'`;
  for (let after = from; ; ) {
    const read = await ctx.db
      .select({ session: sessions, isTombstoneExpired, hasContent, at: sql<string>`${sessions.deletedAt}::text` })
      .from(sessions)
      .where(
        and(
          isNotNull(sessions.deletedAt),
          isOwned(ctx, sessions, {}),
          sql`(${hasContent} or ${isTombstoneExpired})`,
          after === null
            ? undefined
            : sql`(${sessions.deletedAt}, ${sessions.sessionId}) > (${after.at}::timestamptz, ${after.sessionId})`,
        ),
      )
      .orderBy(asc(sessions.deletedAt), asc(sessions.sessionId))
      .limit(SESSIONS_PER_PURGE_MAX);
    yield* read;
    const last = read.at(-1);
    if (!last || read.length < SESSIONS_PER_PURGE_MAX) return;
    after = { at: last.at, sessionId: last.session.sessionId };
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
