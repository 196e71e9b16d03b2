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
 * Removes a volume that no session uses, on a person's order alone. Whoever would make a session that names it waits
 * until it is gone or kept; a volume that was made anew under the name meanwhile has another uid, and stays.
 */
export async function deleteVolume(ctx: ServiceContext, input: DeleteVolumeInput): Promise<DeletedVolume> {
  assertEveryTenant(ctx);
  const { name, uid } = input;
  if (input.confirmName !== name) {
    throw new ConflictError("confirmation-mismatch", `confirmName: type the volume's name, ${name}, to delete it`);
  }
  return withAdvisoryLock(ctx.pool, volumeKey(name), async () => {
    const volume = await requireVolume(ctx, input);
    const left = await inTx(ctx, (ctx) => orderDeletion(ctx, volume));
    const deleted = await ctx.volumes.remove(name, uid);
    // What still goes is recorded by the repair, once it is gone.
    if (deleted === "gone")
      for (const session of left) await finishEviction(ctx, session, "its volume was deleted by hand");
    await inTx(ctx, (ctx) => note(ctx, volume, "storage.deleted", { deleted }));
    return { name, uid, deleted };
  });
}

/** The very volume that a person looked at. */
export async function requireVolume(
  ctx: ServiceContext,
  { name, uid }: { name: string; uid: string },
): Promise<FoundVolume> {
  const volume = await ctx.volumes.inspect(name);
  if (volume === null) throw new NotFoundError("volume", name);
  if (volume.uid !== uid) throw otherVolumeError(name);
  return volume;
}

/** Refuses a volume that a session uses; an evicted session that still names it is evicted once more. */
async function orderDeletion(ctx: TxContext, volume: FoundVolume): Promise<SessionRow[]> {
  const left: SessionRow[] = [];
  for (const session of await lockNaming(ctx, volume)) {
    const [ordered] = await ctx.db
      .update(sessions)
      .set({ storageState: "deleting" })
      .where(and(eq(sessions.sessionId, session.sessionId), eq(sessions.storageState, "evicted")))
      .returning();
    if (ordered) left.push(ordered);
  }
  await note(ctx, volume, "storage.delete", { owner: volume.owner, evicted: left.map((row) => row.sessionId) });
  if (left.length > 0) ctx.wake("sessions");
  return left;
}

/** Sessions that name a volume without using it, locked; refuses one that a session uses. */
export async function lockNaming(ctx: TxContext, volume: FoundVolume): Promise<SessionRow[]> {
  const { name, owner } = volume;
  const isOwners = and(eq(sessions.sessionId, owner?.sessionId ?? ""), isNull(sessions.storagePvcName));
  const naming = await ctx.db
    .select()
    .from(sessions)
    .where(or(eq(sessions.storagePvcName, name), isOwners))
    .orderBy(asc(sessions.sessionId));
  const locked: SessionRow[] = [];
  for (const known of naming) {
    // A deleted session cannot be locked: it uses its volume until its purge has taken it.
    const session = (await lockSession(ctx.db, known.sessionId, null)) ?? known;
    if (usesVolume(session)) {
      throw new ConflictError("volume-named", `volume ${name} is session ${session.sessionId}'s: evict that one`, {
        sessionId: session.sessionId,
      });
    }
    if (session.storageState === "evicted" && session.deletedAt === null) locked.push(session);
  }
  return locked;
}

async function note(
  ctx: TxContext,
  volume: FoundVolume,
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  const { name: targetId, uid, namespace } = volume;
  await audit(ctx, { action, targetKind: "volume", targetId, details: { uid, namespace, ...details } });
}
