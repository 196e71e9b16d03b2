import { and, eq, sql } from "drizzle-orm";
import type { StorageState } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import { archiveManifests, type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError, NotFoundError, UnavailableError } from "@/server/errors";
import { lockOwnSession, requireSession } from "@/server/sessions";
import { finishEviction } from "./finish-eviction";
import { makeVolume } from "./make-volume";
import { summarize } from "./summary";

/** How many days a restored session is kept whose time was over: otherwise the next collection would take it again. */
const EXPIRY_AFTER_RESTORE_DAYS = 7;
export const EXPIRY_AFTER_RESTORE = sql`case when ${sessions.expiresAt} <= clock_timestamp()
  then clock_timestamp() + ${EXPIRY_AFTER_RESTORE_DAYS} * interval '1 day' else ${sessions.expiresAt} end`;

/** States with a volume of its own: a restore would only replace it with something older. */
const WITH_VOLUME: readonly StorageState[] = ["live", "archiving"];

/**
 * Gives an evicted session a volume again. The volume is empty at first: the next attempt's runner fills it from the
 * archive and verifies every digest, and its first report makes it live. A session that still has its volume keeps it
 * and leaves any collection. Asking again changes nothing.
 */
export async function restoreStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  const requested = await requireSession(ctx, input.sessionId);
  const current =
    (await finishEviction(ctx, requested, "finished before its restore")) ??
    (await requireSession(ctx, input.sessionId));
  if (current.storageState === "deleting") {
    throw new UnavailableError(
      "volume-going",
      `the old volume of session ${input.sessionId} is still being removed: try again in a moment`,
    );
  }
  const keepsVolume =
    WITH_VOLUME.includes(current.storageState) && (await ctx.volumes.find(current.storagePvcName ?? "")) !== null;
  const ordered = await inTx(ctx, async (ctx) => {
    const session = await lockOwnSession(ctx, input.sessionId);
    // What was found of the volume holds only for the state in which it was found.
    if (session.storageState !== current.storageState) return null;
    return keepsVolume ? keepVolume(ctx, session) : orderRestore(ctx, session, "storage.restore");
  });
  return ordered === null ? restoreStorage(ctx, input) : summarize(ctx, await makeVolume(ctx, ordered));
}

async function keepVolume(ctx: TxContext, session: SessionRow): Promise<SessionRow> {
  if (session.storageState === "live") return session;
  const [updated] = await ctx.db
    .update(sessions)
    .set({ storageState: "live", expiresAt: EXPIRY_AFTER_RESTORE, usedAt: sql`clock_timestamp()` })
    .where(eq(sessions.sessionId, session.sessionId))
    .returning();
  if (!updated) throw new NotFoundError("session", session.sessionId);
  await auditSession(ctx, session, "storage.restore", {
    keptVolume: session.storagePvcName,
    from: session.storageState,
  });
  ctx.wake("sessions");
  return updated;
}

/** Marks a locked session for a restore from its newest archive. Throws when it has no archive. */
export async function orderRestore(ctx: TxContext, session: SessionRow, action: string): Promise<SessionRow> {
  if (session.storageState === "restoring" || session.storageState === "creating") return session;
  const manifestId = session.archiveManifestId;
  if (manifestId === null || !(await hasManifest(ctx, manifestId))) {
    throw new ConflictError(
      "store-not-restorable",
      `session ${session.sessionId} has no archive to restore from: start a new session`,
    );
  }
  const [ordered] = await ctx.db
    .update(sessions)
    .set({
      storageKind: "pvc",
      storageState: "restoring",
      restoreManifestId: manifestId,
      storageEvictedAt: null,
      // The new volume will hold what the archive holds.
      volumeCommandId: session.archiveCommandId,
      expiresAt: EXPIRY_AFTER_RESTORE,
    })
    .where(eq(sessions.sessionId, session.sessionId))
    .returning();
  if (!ordered) throw new NotFoundError("session", session.sessionId);
  await auditSession(ctx, session, action, { manifestId, from: session.storageState });
  ctx.wake("sessions");
  return ordered;
}

async function hasManifest(ctx: TxContext, manifestId: string): Promise<boolean> {
  const [found] = await ctx.db
    .select({ id: archiveManifests.id })
    .from(archiveManifests)
    .where(and(eq(archiveManifests.id, manifestId)));
  return found !== undefined;
}
