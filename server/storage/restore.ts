import { and, eq, sql } from "drizzle-orm";
import type { StorageSummary } from "@/contract/storage";
import { lockSession } from "@/db/queries/lock";
import { archiveManifests, type SessionRow, sessions } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { requireSession } from "@/server/sessions";
import { finishEviction } from "./finish-eviction";
import { makeVolume } from "./make-volume";
import { toStorageSummary } from "./summary";

/** How long a restored session whose time was over is kept, days: else the next collection would take it again. */
const EXPIRY_AFTER_RESTORE_DAYS = 7;

/**
 * Gives an evicted session a volume again. It is empty at first: the next attempt's runner fills it from the archive,
 * verifies every digest, and its first report makes it live. Asking again changes nothing.
 */
export async function restoreStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  const before = await requireSession(ctx, input.sessionId);
  await finishEviction(ctx, before, "finished before its restore");
  const hasVolume = before.storageState === "live" && (await ctx.volumes.find(before.storagePvcName ?? "")) !== null;
  if (hasVolume) return toStorageSummary(before);
  const restoring = await inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, input.sessionId, tenantOf(ctx));
    if (!session) throw new NotFoundError("session", input.sessionId);
    return orderRestore(ctx, session, "storage.restore");
  });
  return toStorageSummary(await makeVolume(ctx, restoring));
}

/** Marks a locked session for a restore from its newest archive; refused when it has none. */
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
      // What the new volume will hold is what the archive holds.
      volumeCommandId: session.archiveCommandId,
      expiresAt: sql`case when ${sessions.expiresAt} <= clock_timestamp()
        then clock_timestamp() + ${EXPIRY_AFTER_RESTORE_DAYS} * interval '1 day' else ${sessions.expiresAt} end`,
    })
    .where(eq(sessions.sessionId, session.sessionId))
    .returning();
  if (!ordered) throw new NotFoundError("session", session.sessionId);
  await audit(ctx, {
    action,
    targetKind: "session",
    targetId: session.sessionId,
    tenantId: session.tenantId,
    details: { manifestId, from: session.storageState },
  });
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
