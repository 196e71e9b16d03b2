import { eq } from "drizzle-orm";
import type { EvictStorageInput, StorageSummary } from "@/contract/storage";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { lockOwnSession, requireSession } from "@/server/sessions";
import { finishEviction } from "./finish-eviction";
import { assertVolumeUnused } from "./live-run";
import { WITHOUT_VOLUME } from "./retention-reason";
import { summarize } from "./summary";

export const DEFAULT_REASON = "evicted by request";

/**
 * Evicts a session's volume now, archived or not and whatever its age: an explicit order. Throws while a run of the
 * session is claimed or a runner of it is being started, and while the volume is pinned.
 */
export async function evictStorage(ctx: ServiceContext, input: EvictStorageInput): Promise<StorageSummary> {
  const reason = input.reason ?? DEFAULT_REASON;
  const ordered = await inTx(ctx, (ctx) => orderEviction(ctx, input.sessionId, reason));
  const evicted = await finishEviction(ctx, ordered, reason);
  // null: a repair was faster and has recorded the same.
  return summarize(ctx, evicted ?? (await requireSession(ctx, input.sessionId)));
}

async function orderEviction(ctx: TxContext, sessionId: string, reason: string): Promise<SessionRow> {
  const session = await lockOwnSession(ctx, sessionId);
  if (WITHOUT_VOLUME.includes(session.storageState)) return session;
  await assertVolumeUnused(ctx, sessionId);
  if (session.pinnedAt !== null)
    throw new ConflictError("volume-kept", `session ${sessionId} is pinned: unpin it first, then evict it`);
  return markDeleting(ctx, session, reason);
}

/** Sets `deleting`: from here on only the eviction can follow, even after a crash. */
export async function markDeleting(ctx: TxContext, session: SessionRow, reason: string): Promise<SessionRow> {
  const [marked] = await ctx.db
    .update(sessions)
    .set({ storageState: "deleting" })
    .where(eq(sessions.sessionId, session.sessionId))
    .returning();
  if (!marked) throw new NotFoundError("session", session.sessionId);
  await auditSession(ctx, session, "storage.evict", {
    reason,
    from: session.storageState,
    hadArchive: session.archiveManifestId !== null,
  });
  ctx.wake("sessions");
  return marked;
}
