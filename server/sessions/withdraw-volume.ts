import { and, eq, isNotNull, or } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import type { VolumeStatus } from "@/server/volumes/volumes";

/**
 * For who made a session's volume and found that its row had moved on. Where others recorded the volume it stays. Where
 * the session was evicted or purged meanwhile it goes again by the one way there is: the row stands at `deleting`, the
 * volume is removed, and the repair or the purge records it, also when this process dies in between. Answers the session
 * as it is then.
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
