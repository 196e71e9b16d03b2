import { and, eq, isNotNull, or } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import type { VolumeStatus } from "@/server/volumes/volumes";

/**
 * Called after making a session's volume when the session's row has moved on meanwhile. Where others recorded the
 * volume, it stays. Where the session was evicted or purged, the volume is removed in the usual way: the row is set to
 * `deleting`, the volume is removed, and the repair or the purge records that, even if this process dies in between.
 * Returns the session as it is then.
 */
export async function withdrawVolume<Session extends Pick<SessionRow, "sessionId" | "tenantId">>(
  ctx: ServiceContext,
  session: Session,
  volume: VolumeStatus,
): Promise<SessionRow | Session> {
  const now = await inTx(ctx, (ctx) => reopenEviction(ctx, session, volume));
  if (now?.storageState === "deleting") await ctx.volumes.remove(volume.name, volume.uid);
  return now ?? session;
}

async function reopenEviction(
  ctx: TxContext,
  { sessionId, tenantId }: Pick<SessionRow, "sessionId" | "tenantId">,
  volume: VolumeStatus,
): Promise<SessionRow | undefined> {
  const isPurged = and(isNotNull(sessions.deletedAt), eq(sessions.storageState, "none"));
  const [reopened] = await ctx.db
    .update(sessions)
    .set({ storageState: "deleting" })
    .where(and(eq(sessions.sessionId, sessionId), or(eq(sessions.storageState, "evicted"), isPurged)))
    .returning();
  if (reopened) {
    await auditSession(ctx, { sessionId, tenantId }, "storage.withdraw", {
      reason: "its volume was made after its eviction",
      volume: volume.name,
    });
    ctx.wake("sessions");
    return reopened;
  }
  const [now] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
  return now;
}
