import { eq, sql } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { storeManifest, storeSegment } from "@/server/manifests";
import { emptyCache, packVolume, volumeLayout } from "@/volume";

/** In the place of an attempt, where no runner made the archive. */
const COLLECTOR = "collector";

/** Whether the volume is there, and this process can reach its files itself. */
export async function canArchive(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const name = session.storagePvcName;
  return name !== null && ctx.volumes.folderOf(name) !== null && (await ctx.volumes.find(name)) !== null;
}

/**
 * Archives the volume of a session that stands at `archiving`, which no runner uses. Answers whether the archive was
 * taken on: a run that came meanwhile made the session live again, and then nothing is said of its volume.
 */
export async function archiveVolume(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const folder = session.storagePvcName === null ? null : ctx.volumes.folderOf(session.storagePvcName);
  if (folder === null) return false;
  const { sessionId } = session;
  const packed = await packVolume(volumeLayout(folder, session.codexRolloutSubdir), emptyCache(), async (segment) => {
    await storeSegment(ctx, { sessionId, sha256: segment.digest, bytes: segment.bytes });
  });
  return inTx(ctx, async (ctx) => {
    const locked = await lockSession(ctx.db, sessionId, null);
    if (locked?.storageState !== "archiving" || locked.volumeCommandId !== session.volumeCommandId) return false;
    const { lastTurnId } = locked.metadata ?? {};
    await storeManifest(ctx, locked, {
      format: 1,
      sessionId,
      runId: locked.lastRunId ?? COLLECTOR,
      attemptId: COLLECTOR,
      leaseEpoch: 0,
      threadId: locked.threadId,
      turnId: typeof lastTurnId === "string" ? lastTurnId : null,
      createdAt: new Date().toISOString(),
      rolloutSubdir: locked.codexRolloutSubdir,
      ...packed,
    });
    await ctx.db
      .update(sessions)
      .set({
        storageSizeBytes: packed.sizeBytes,
        storageFilesCount: packed.filesCount,
        storageSha256: packed.sha256,
        storageUpdatedAt: sql`clock_timestamp()`,
      })
      .where(eq(sessions.sessionId, sessionId));
    return true;
  });
}
