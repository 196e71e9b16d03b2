import { and, eq } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { ensureVolume, withdrawVolume } from "@/server/sessions";

/**
 * Makes the volume of a session whose row says `creating` or `restoring`, and records it. The provider is called
 * outside any transaction. After a crash between the two, the repair calls this again.
 */
export async function makeVolume(ctx: ServiceContext, session: SessionRow): Promise<SessionRow> {
  if (session.storageState === "creating") return ensureVolume(ctx, session);
  if (session.storageState !== "restoring") return session;
  const volume = await ctx.volumes.ensure({
    sessionId: session.sessionId,
    tenantId: session.tenantId,
    projectId: session.projectId,
    sizeBytes: session.storageRequestedBytes,
  });
  const [recorded] = await ctx.db
    .update(sessions)
    .set({
      storagePvcName: volume.name,
      storageNamespace: volume.namespace,
      storagePvcPhase: volume.phase,
      storageCapacityBytes: session.storageRequestedBytes ?? ctx.volumes.defaultSizeBytes,
    })
    .where(and(eq(sessions.sessionId, session.sessionId), eq(sessions.storageState, "restoring")))
    .returning();
  ctx.wake("sessions");
  return recorded ?? withdrawVolume(ctx, session, volume);
}
