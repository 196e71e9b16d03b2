import { eq } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { NotFoundError, StoreEvictedError } from "@/server/errors";
import { requireSession } from "@/server/sessions";
import { makeVolume } from "./make-volume";
import { orderRestore } from "./restore";

export type PreparedVolume = {
  session: SessionRow;
  /** The folder for a local runner; null: the session has no storage, or runners mount volumes themselves. */
  volumeDir: string | null;
};

/**
 * Makes sure that a session's volume exists before a runner starts on it. A volume that is gone although nobody evicted
 * it is lost: the next claim restores it from the archive, or begins with an empty volume if there is no archive.
 */
export async function prepareVolume(ctx: ServiceContext, sessionId: string): Promise<PreparedVolume> {
  const current = await requireSession(ctx, sessionId);
  if (current.storageState === "evicted" || current.storageState === "deleting") {
    throw new StoreEvictedError(sessionId, current.archiveManifestId !== null);
  }
  if (current.storageState === "none") return { session: current, volumeDir: null };
  // A volume that is being made already has its name, and is recorded by `makeVolume`.
  const name = current.storageState === "creating" ? null : current.storagePvcName;
  const found = name === null ? null : await ctx.volumes.find(name);
  // A volume that somebody has deleted cannot be used again, however long a pod still holds it.
  const exists = found !== null && found.phase !== "Terminating";
  const session = exists ? current : await makeVolume(ctx, await inTx(ctx, (ctx) => replaceLost(ctx, sessionId)));
  return { session, volumeDir: session.storagePvcName === null ? null : ctx.volumes.folderOf(session.storagePvcName) };
}

async function replaceLost(ctx: TxContext, sessionId: string): Promise<SessionRow> {
  const session = await lockSession(ctx.db, sessionId, null);
  if (!session) throw new NotFoundError("session", sessionId);
  if (session.storageState !== "live" && session.storageState !== "archiving") return session;
  ctx.log.error(
    { sessionId, volume: session.storagePvcName, hasArchive: session.archiveManifestId !== null },
    "volume is lost",
  );
  if (session.archiveManifestId !== null) return orderRestore(ctx, session, "storage.lost");
  await auditSession(ctx, session, "storage.lost");
  const [empty] = await ctx.db
    .update(sessions)
    .set({ storageState: "creating" })
    .where(eq(sessions.sessionId, sessionId))
    .returning();
  return empty ?? session;
}
