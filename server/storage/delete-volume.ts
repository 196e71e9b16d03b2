import { and, asc, eq, isNull, or } from "drizzle-orm";
import type { DeletedVolume, DeleteVolumeInput } from "@/contract/storage";
import { volumeKey, withAdvisoryLock } from "@/db/queries/advisory-lock";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { audit } from "@/server/audit";
import { assertEveryTenant, inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { type FoundVolume, otherVolumeError } from "@/server/volumes/volumes";
import { finishEviction } from "./finish-eviction";
import { usesVolume } from "./orphans";

/**
 * Removes a volume that no session uses, only on a person's order. Anyone who makes a session that names the volume
 * waits until it is gone or kept. A volume made meanwhile under the same name has another uid, and stays.
 */
export async function deleteVolume(ctx: ServiceContext, input: DeleteVolumeInput): Promise<DeletedVolume> {
  assertEveryTenant(ctx);
  const { name, uid } = input;
  if (input.confirmName !== name) {
    throw new ConflictError("confirmation-mismatch", `confirmName: type the volume's name, ${name}, to delete it`);
  }
  return withAdvisoryLock(ctx.pool, volumeKey(name), async () => {
    const volume = await requireVolume(ctx, input);
    const evictedSessions = await inTx(ctx, (ctx) => orderDeletion(ctx, volume));
    const deleted = await ctx.volumes.remove(name, uid);
    // The repair records a removal that is still under way, once the volume is gone.
    if (deleted === "gone")
      for (const session of evictedSessions) await finishEviction(ctx, session, "its volume was deleted by hand");
    await inTx(ctx, (ctx) => auditVolume(ctx, volume, "storage.deleted", { deleted }));
    return { name, uid, deleted };
  });
}

/** Returns the volume with the uid that a person looked at. Throws when it is gone or another one has its name. */
export async function requireVolume(
  ctx: ServiceContext,
  { name, uid }: { name: string; uid: string },
): Promise<FoundVolume> {
  const volume = await ctx.volumes.inspect(name);
  if (volume === null) throw new NotFoundError("volume", name);
  if (volume.uid !== uid) throw otherVolumeError(name);
  return volume;
}

/**
 * Orders the deletion. Throws for a volume that a session uses; evicted sessions that still name it are evicted once
 * more.
 */
async function orderDeletion(ctx: TxContext, volume: FoundVolume): Promise<SessionRow[]> {
  const evictedSessions: SessionRow[] = [];
  for (const session of await lockSessionsNaming(ctx, volume)) {
    const [ordered] = await ctx.db
      .update(sessions)
      .set({ storageState: "deleting" })
      .where(and(eq(sessions.sessionId, session.sessionId), eq(sessions.storageState, "evicted")))
      .returning();
    if (ordered) evictedSessions.push(ordered);
  }
  await auditVolume(ctx, volume, "storage.delete", {
    owner: volume.owner,
    evicted: evictedSessions.map((row) => row.sessionId),
  });
  if (evictedSessions.length > 0) ctx.wake("sessions");
  return evictedSessions;
}

/** Locks and returns the sessions that name a volume without using it. Throws when a session uses it. */
export async function lockSessionsNaming(ctx: TxContext, volume: FoundVolume): Promise<SessionRow[]> {
  const { name, owner } = volume;
  const isOwnerWithoutName = and(eq(sessions.sessionId, owner?.sessionId ?? ""), isNull(sessions.storagePvcName));
  const candidates = await ctx.db
    .select()
    .from(sessions)
    .where(or(eq(sessions.storagePvcName, name), isOwnerWithoutName))
    .orderBy(asc(sessions.sessionId));
  const locked: SessionRow[] = [];
  for (const candidate of candidates) {
    // A deleted session cannot be locked; it uses its volume until its purge has removed it.
    const session = (await lockSession(ctx.db, candidate.sessionId, null)) ?? candidate;
    if (usesVolume(session)) {
      throw new ConflictError("volume-named", `volume ${name} is session ${session.sessionId}'s: evict that one`, {
        sessionId: session.sessionId,
      });
    }
    if (session.storageState === "evicted" && session.deletedAt === null) locked.push(session);
  }
  return locked;
}

async function auditVolume(
  ctx: TxContext,
  volume: FoundVolume,
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  const { name: targetId, uid, namespace } = volume;
  await audit(ctx, { action, targetKind: "volume", targetId, details: { uid, namespace, ...details } });
}
