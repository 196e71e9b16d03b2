import { and, eq, inArray } from "drizzle-orm";
import { type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { withdrawVolume } from "./withdraw-volume";

/**
 * Makes the volume of a session whose row says `creating`, and records it. The provider is called outside any
 * transaction. A crash between the two leaves `creating`, and the repair sweep finishes it by calling this again.
 */
export async function ensureVolume(ctx: ServiceContext, session: SessionRow): Promise<SessionRow> {
  if (session.storageState !== "creating") return session;
  const volume = await ctx.volumes.ensure({
    sessionId: session.sessionId,
    tenantId: session.tenantId,
    projectId: session.projectId,
    sizeBytes: session.storageRequestedBytes,
  });
  const [recorded] = await ctx.db
    .update(sessions)
    .set({
      storageKind: "pvc",
      storageState: "live",
      storagePvcName: volume.name,
      storageNamespace: volume.namespace,
      storagePvcPhase: volume.phase,
    })
    .where(and(eq(sessions.sessionId, session.sessionId), inArray(sessions.storageState, ["creating"])))
    .returning();
  ctx.wake("sessions");
  return recorded ?? withdrawVolume(ctx, session, volume);
}
