import { eq, sql } from "drizzle-orm";
import type { ManifestRecord } from "@/contract/archive";
import { lockSession } from "@/db/queries/lock";
import { archiveManifests, type SessionRow } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { storeManifest, storeSegment } from "@/server/manifests";
import { updateQuietly } from "@/server/sessions";
import { emptyCache, type Manifest, type PackedVolume, packVolume, volumeLayout } from "@/volume";
import { findLiveRun } from "./live-run";
import { noteSize } from "./note-size";

/** Stands in place of an attempt's id where no runner made the archive. */
const COLLECTOR = "collector";

/** Whether the volume exists and this process can reach its files itself. */
export async function canArchive(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const name = session.storagePvcName;
  return name !== null && ctx.volumes.folderOf(name) !== null && (await ctx.volumes.find(name)) !== null;
}

/** Whether the worker starts archivers for this volume, because no process of the server can reach it. */
export function hasArchivers(ctx: ServiceContext, session: SessionRow): boolean {
  const name = session.storagePvcName;
  return ctx.settings.executor === "kubernetes" && name !== null && ctx.volumes.folderOf(name) === null;
}

/**
 * Archives the volume of a session that no runner uses, provided that the session is still in the state in which it was
 * read. null: the archive was not accepted because a run came meanwhile or the session changed. `incomplete`: parts of
 * the volume could not be read.
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
    const isSame = locked?.storageState === session.storageState && locked.volumeCommandId === session.volumeCommandId;
    if (!isSame || (await findLiveRun(ctx, sessionId)) !== null) return null;
    await recordArchive(ctx, locked, packed);
    return isReadable(packed) ? "complete" : "incomplete";
  });
}

/** Records what was packed as the archive of a locked session's volume, and its size. */
export async function recordArchive(
  ctx: TxContext,
  session: SessionRow,
  packed: PackedVolume,
): Promise<ManifestRecord> {
  const { lastTurnId } = session.metadata ?? {};
  const record = await storeManifest(ctx, session, {
    ...packed,
    format: 1,
    sessionId: session.sessionId,
    runId: session.lastRunId ?? COLLECTOR,
    attemptId: COLLECTOR,
    leaseEpoch: 0,
    threadId: session.threadId,
    turnId: typeof lastTurnId === "string" ? lastTurnId : null,
    createdAt: new Date().toISOString(),
    rolloutSubdir: session.codexRolloutSubdir,
  });
  await updateQuietly(ctx, session.sessionId, {
    storageSizeBytes: packed.sizeBytes,
    storageFilesCount: packed.filesCount,
    storageSha256: packed.sha256,
    storageUpdatedAt: sql`clock_timestamp()`,
  });
  await noteSize(ctx, session.sessionId, { sizeBytes: packed.sizeBytes, filesCount: packed.filesCount });
  return record;
}

/** Whether everything on the volume could be read when its newest archive was made. */
export async function isArchiveReadable(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  const [found] = await ctx.db
    .select({ omitted: sql<Manifest["omitted"]>`${archiveManifests.manifest}->'omitted'` })
    .from(archiveManifests)
    .where(eq(archiveManifests.id, session.archiveManifestId ?? ""));
  return isReadable({ omitted: found?.omitted ?? [] });
}

export function isReadable({ omitted }: Pick<Manifest, "omitted">): boolean {
  return !omitted.some(({ reason }) => reason === "unreadable");
}
