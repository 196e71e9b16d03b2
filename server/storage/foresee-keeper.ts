import type { SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { reasonOf } from "./archive-order";
import { hasArchivers } from "./archive-volume";
import type { StorageFacts } from "./facts";
import { COLLECTABLE, hasCurrentArchive, keeperOf, NO_ARCHIVE, RESTORING, wasUsed } from "./keeper";

/** Whether the next collection would look at a session at all. */
export function isCandidate(session: SessionRow, facts: StorageFacts): boolean {
  return session.storageKind === "pvc" && facts.isExpired && COLLECTABLE.includes(session.storageState);
}

/**
 * What the next collection would say, from what the rows tell alone: no volume is looked into, so one that turns out to
 * be unreadable is not foreseen. null for a volume that would go, and for one that has not expired.
 */
export function foreseeKeeper(ctx: ServiceContext, session: SessionRow, facts: StorageFacts): string | null {
  if (!isCandidate(session, facts)) return null;
  const keeper = keeperOf(session, facts.openRun);
  if (keeper !== null) return keeper;
  if (hasCurrentArchive(session) || session.storagePolicy === "discard") return null;
  if (session.storageState === "restoring") return RESTORING;
  // A folder is archived by the collection itself.
  const isReachable = session.storagePvcName !== null && ctx.volumes.folderOf(session.storagePvcName) !== null;
  if (isReachable || !wasUsed(session)) return null;
  if (!hasArchivers(ctx, session)) return NO_ARCHIVE;
  const { archiveOrder } = facts;
  return archiveOrder?.failure ? reasonOf(archiveOrder) : null;
}
