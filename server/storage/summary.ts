import type { StorageSummary } from "@/contract/storage";
import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { capacityOf } from "./capacity";
import { expiryOf } from "./expiry";
import { NO_FACTS, readFacts, type StorageFacts } from "./facts";
import { previewRetention } from "./preview-retention";
import { hasCurrentArchive } from "./retention-reason";

/** Returns what is known of sessions' volumes, with one read of the facts for all of them. */
export async function summarizeAll(ctx: ServiceContext, sessions: SessionRow[]): Promise<StorageSummary[]> {
  const facts = await readFacts(ctx, sessions);
  return sessions.map((session) => {
    const sessionFacts = facts.get(session.sessionId) ?? NO_FACTS;
    return toStorageSummary(ctx, session, { ...sessionFacts, keeper: previewRetention(ctx, session, sessionFacts) });
  });
}

export async function summarize(ctx: ServiceContext, session: SessionRow): Promise<StorageSummary> {
  const [summary] = await summarizeAll(ctx, [session]);
  if (!summary) throw new Error("one session has one summary");
  return summary;
}

/** Builds a summary. An evicted volume keeps its name, size and digest. */
export function toStorageSummary(
  ctx: ServiceContext,
  session: SessionRow,
  facts: StorageFacts & { keeper: string | null },
): StorageSummary {
  return {
    sessionId: session.sessionId,
    tenantId: session.tenantId,
    projectId: session.projectId,
    title: session.title,
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
    expiresAt: iso(session.expiresAt),
    collectableAt: iso(expiryOf(ctx, session)),
    pinnedAt: iso(session.pinnedAt),
    storagePolicy: session.storagePolicy,
    requestedBytes: session.storageRequestedBytes,
    capacityBytes: capacityOf(ctx, session),
    activeRunId: facts.openRun?.status === "claimed" ? facts.openRun.id : null,
    archivedAt: facts.archivedAt,
    isArchiveCurrent: hasCurrentArchive(session),
    archiveOrder: facts.archiveOrder,
    keeper: facts.keeper,
  };
}
