import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { orderReason } from "./archive-order";
import { hasArchivers } from "./archive-volume";
import type { StorageFacts } from "./facts";
import { COLLECTABLE, hasCurrentArchive, NO_ARCHIVE, RESTORING, retentionReasonOf, wasUsed } from "./retention-reason";

/** Whether the next collection would look at a session at all. */
export function isCandidate(session: SessionRow, facts: StorageFacts): boolean {
  return session.storageKind === "pvc" && facts.isExpired && COLLECTABLE.includes(session.storageState);
}

/**
 * Predicts from the rows alone why the next collection would keep a volume; null: the volume would be evicted, or has
 * not expired. No volume is read, so one that turns out to be unreadable is not predicted.
 */
export function previewRetention(ctx: ServiceContext, session: SessionRow, facts: StorageFacts): string | null {
  if (!isCandidate(session, facts)) return null;
  const keeper = retentionReasonOf(session, facts.openRun);
  if (keeper !== null) return keeper;
  if (hasCurrentArchive(session) || session.storagePolicy === "discard") return null;
  if (session.storageState === "restoring") return RESTORING;
  // The collection itself archives a folder.
  const isReachable = session.storagePvcName !== null && ctx.volumes.folderOf(session.storagePvcName) !== null;
  if (isReachable || !wasUsed(session)) return null;
  if (!hasArchivers(ctx, session)) return NO_ARCHIVE;
  const { archiveOrder } = facts;
  return archiveOrder?.failure ? orderReason(archiveOrder) : null;
}
