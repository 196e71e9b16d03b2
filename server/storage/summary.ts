import type { StorageSummary } from "@/contract/storage";
import type { SessionRow } from "@/db/schema";
import { iso } from "@/server/stored";

/** What is known of a session's volume. An evicted one keeps its name, size and digest. */
export function toStorageSummary(session: SessionRow): StorageSummary {
  return {
    sessionId: session.sessionId,
    storageKind: session.storageKind,
    storageState: session.storageState,
    pvcName: session.storagePvcName,
    namespace: session.storageNamespace,
    pvcPhase: session.storagePvcPhase,
    sizeBytes: session.storageSizeBytes,
    filesCount: session.storageFilesCount,
    sha256: session.storageSha256,
    codexRolloutSubdir: session.codexRolloutSubdir,
    updatedAt: iso(session.storageUpdatedAt),
    evictedAt: iso(session.storageEvictedAt),
    restorable: session.archiveManifestId !== null,
  };
}

/** Whether the archive holds all that the volume does: that of the last turn that a runner took on. */
export function hasCurrentArchive(session: SessionRow): boolean {
  return session.archiveManifestId !== null && session.archiveCommandId === session.volumeCommandId;
}
