import { eq, sql } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { archiveManifests, type SessionRow, sessions } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { storeManifest, storeSegment } from "@/server/manifests";
import { emptyCache, type Manifest, packVolume, volumeLayout } from "@/volume";

/** In the place of an attempt, where no runner made the archive. */
const COLLECTOR = "collector";

/** Whether the volume is there, and this process can reach its files itself. */
export async function canArchive(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const name = session.storagePvcName;
  return name !== null && ctx.volumes.folderOf(name) !== null && (await ctx.volumes.find(name)) !== null;
}

/**
 * Archives the volume of a session that stands at `archiving`, which no runner uses. null when the archive was not taken
 * on: a run that came meanwhile made the session live again. `incomplete`: parts of the volume could not be read.
 */
export async function archiveVolume(
  ctx: ServiceContext,
  session: SessionRow,
): Promise<"complete" | "incomplete" | null> {
  const folder = session.storagePvcName === null ? null : ctx.volumes.folderOf(session.storagePvcName);
  if (folder === null) return null;
  const { sessionId } = session;
  const packed = await packVolume(volumeLayout(folder, session.codexRolloutSubdir), emptyCache(), async (segment) => {
    await storeSegment(ctx, { sessionId, sha256: segment.digest, bytes: segment.bytes });
  });
  return inTx(ctx, async (ctx) => {
    const locked = await lockSession(ctx.db, sessionId, null);
    if (locked?.storageState !== "archiving" || locked.volumeCommandId !== session.volumeCommandId) return null;
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
    return isReadable(packed) ? "complete" : "incomplete";
  });
}

/** Whether all that the volume holds could be read when its newest archive was made. */
export async function isArchiveReadable(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const [found] = await ctx.db
    .select({ omitted: sql<Manifest["omitted"]>`${archiveManifests.manifest}->'omitted'` })
    .from(archiveManifests)
    .where(eq(archiveManifests.id, session.archiveManifestId ?? ""));
  return isReadable({ omitted: found?.omitted ?? [] });
}

function isReadable({ omitted }: Pick<Manifest, "omitted">): boolean {
  return !omitted.some(({ reason }) => reason === "unreadable");
}
