import { and, eq, sql } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { noteSize } from "./note-size";

/**
 * Removes the volume of a session in state `deleting`, and records it as evicted. From `deleting` on there is no other
 * way: after a crash it is repeated, and removing what is gone is no error. Returns the session as it is then; null:
 * somebody else has recorded the eviction.
 */
export async function finishEviction(
  ctx: ServiceContext,
  session: SessionRow,
  why: string,
): Promise<SessionRow | null> {
  if (session.storageState !== "deleting") return session;
  const name = session.storagePvcName ?? ctx.volumes.nameFor(session.sessionId);
  // The volume is read before the row, and the removal is bound to its uid. However long this process pauses in
  // between, a volume that a restore makes under the same name after the eviction is another one, and stays.
  const volume = await ctx.volumes.find(name);
  if (!(await isStillDeleting(ctx, session))) return null;
  const removed = await ctx.volumes.remove(name, volume?.uid ?? null);
  // The volume is removed once nothing holds it any more; the repair then records the eviction.
  if (removed === "going") return session;
  return inTx(ctx, async (ctx) => {
    const [evicted] = await ctx.db
      .update(sessions)
      .set({
        storageKind: "evicted",
        storageState: "evicted",
        storageEvictedAt: sql`clock_timestamp()`,
        storagePvcPhase: null,
        restoreManifestId: null,
      })
      .where(and(eq(sessions.sessionId, session.sessionId), eq(sessions.storageState, "deleting")))
      .returning();
    if (!evicted) return null;
    await noteSize(ctx, session.sessionId, { sizeBytes: 0, filesCount: 0 });
    await auditSession(ctx, session, "storage.evicted", {
      why,
      volume: session.storagePvcName,
      sizeBytes: session.storageSizeBytes,
      sha256: session.storageSha256,
      manifestId: session.archiveManifestId,
    });
    ctx.wake("sessions");
    return evicted;
  });
}

async function isStillDeleting(ctx: ServiceContext, { sessionId }: SessionRow): Promise<boolean> {
  const [row] = await ctx.db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(eq(sessions.sessionId, sessionId), eq(sessions.storageState, "deleting")));
  return row !== undefined;
}
