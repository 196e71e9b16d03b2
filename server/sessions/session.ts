import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Session, SessionSummary } from "@/contract/session";
import { lockSession } from "@/db/queries/lock";
import { silentSince } from "@/db/queries/silent-since";
import { type SessionRow, sessionReadCursors, sessions } from "@/db/schema";
import { type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { isOwned } from "@/server/owned";
import { iso, isoAt, storedJson } from "@/server/stored";

export function toSession(row: SessionRow): Session {
  return {
    sessionId: row.sessionId,
    tenantId: row.tenantId,
    projectId: row.projectId,
    backendProfile: row.backendProfile,
    conversationId: row.conversationId,
    threadId: row.threadId,
    metadata: storedJson(row.metadata) ?? {},
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    expiresAt: iso(row.expiresAt),
    version: row.version,
    executionState: row.executionState,
    lastRunId: row.lastRunId,
    lastCommandId: row.lastCommandId,
    activeRunId: row.activeRunId,
    activeCommandId: row.activeCommandId,
    lastEventSeq: row.lastEventSeq,
    terminalStatus: row.terminalStatus,
    failureKind: row.failureKind,
    title: row.title,
    summary: storedJson(row.summary) ?? {},
    lastActivityAt: iso(row.lastActivityAt),
    storageKind: row.storageKind,
    storageState: row.storageState,
    storagePvcName: row.storagePvcName,
    storageNamespace: row.storageNamespace,
    storageSizeBytes: row.storageSizeBytes,
    storageFilesCount: row.storageFilesCount,
    storageSha256: row.storageSha256,
    storageUpdatedAt: iso(row.storageUpdatedAt),
    codexRolloutSubdir: row.codexRolloutSubdir,
    storagePvcPhase: row.storagePvcPhase,
    storageEvictedAt: iso(row.storageEvictedAt),
    pendingApprovals: row.pendingApprovals,
  };
}

/** A session without a read mark is unread. Without a reader, none is unread. */
export function toSummary(
  row: SessionRow,
  reader: { readVersion: number | null } | null,
  silentSinceMs: number | null = null,
): SessionSummary {
  return {
    ...toSession(row),
    unread: reader !== null && row.version > (reader.readVersion ?? 0),
    silentSince: isoAt(silentSinceMs),
  };
}

/** Returns the row of a session that the caller may see. Throws `not-found` for one that is deleted. */
export async function requireSession(ctx: ServiceContext, sessionId: string): Promise<SessionRow> {
  const [found] = await ctx.db.select().from(sessions).where(isVisible(ctx, sessionId));
  if (!found) throw new NotFoundError("session", sessionId);
  return found;
}

function isVisible(ctx: ServiceContext, sessionId: string): SQL | undefined {
  return and(eq(sessions.sessionId, sessionId), isNull(sessions.deletedAt), isOwned(ctx, sessions, {}));
}

/** Returns the same row, locked. */
export async function lockOwnSession(ctx: TxContext, sessionId: string): Promise<SessionRow> {
  const session = await lockSession(ctx.db, sessionId, tenantOf(ctx));
  if (!session) throw new NotFoundError("session", sessionId);
  return session;
}

/** The join condition for one reader's mark of each session. */
export function isReadBy(readerId: string | null): SQL {
  return sql`(${sessionReadCursors.sessionId} = ${sessions.sessionId} and ${sessionReadCursors.readerId} = ${readerId})`;
}

/** The last event of the run that a session shows. The session's row follows shortly after events are stored. */
const LAST_EVENT = sql`(select event.seq, event.created_at
  from agentrun_runs run left join agentrun_events event on event.run_id = run.id and event.seq = run.last_event_seq
  where run.id = coalesce(${sessions.activeRunId}, ${sessions.lastRunId})) last_event`;

/** Returns a session as it is now, even where its row has not followed its run yet. */
export async function getSession(
  ctx: ServiceContext,
  input: { sessionId: string; readerId?: string },
): Promise<SessionSummary> {
  const { sessionId, readerId = null } = input;
  const [found] = await ctx.db
    .select({
      session: sessions,
      readVersion: sessionReadCursors.sessionVersion,
      silentSinceMs: silentSince(ctx.settings.stuckAfterMs),
      lastEventSeq: sql<number>`coalesce(last_event.seq, 0)`,
      lastEventAtMs: sql<number | null>`(extract(epoch from last_event.created_at) * 1000)::float8`,
    })
    .from(sessions)
    .leftJoin(sessionReadCursors, isReadBy(readerId))
    .leftJoin(sql`lateral ${LAST_EVENT}`, sql`true`)
    .where(isVisible(ctx, sessionId));
  if (!found) throw new NotFoundError("session", sessionId);
  const { session, readVersion, silentSinceMs } = found;
  return toSummary(withLastEvent(session, found), readerId === null ? null : { readVersion }, silentSinceMs);
}

/** Updates a session's row with the last event of its run, where that is newer. */
function withLastEvent(
  session: SessionRow,
  { lastEventSeq, lastEventAtMs }: { lastEventSeq: number; lastEventAtMs: number | null },
): SessionRow {
  if (lastEventAtMs === null || lastEventSeq === session.lastEventSeq) return session;
  const lastActivityAt = new Date(Math.max(session.lastActivityAt?.getTime() ?? 0, lastEventAtMs));
  return { ...session, lastEventSeq, lastActivityAt };
}

/** Returns a run's reference to its session. */
export function sessionRefOf(
  session: Pick<SessionRow, "sessionId" | "conversationId" | "threadId" | "metadata" | "expiresAt">,
  metadata?: Record<string, unknown>,
): Record<string, unknown> {
  return {
    sessionId: session.sessionId,
    conversationId: session.conversationId,
    threadId: session.threadId,
    metadata: metadata ?? session.metadata,
    expiresAt: session.expiresAt?.toISOString() ?? null,
  };
}
