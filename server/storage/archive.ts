import type { ArchiveStorageInput, StorageSummary } from "@/contract/storage";
import type { SessionRow } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError, StoreEvictedError, UnavailableError } from "@/server/errors";
import { lockOwnSession, requireSession } from "@/server/sessions";
import { orderArchive } from "./archive-order";
import { archiveVolume, canArchive, hasArchivers, isArchiveReadable } from "./archive-volume";
import { getStorage } from "./get";
import { assertNoRunIsLive } from "./live-run";
import { hasCurrentArchive, wasUsed } from "./retention-reason";

/**
 * Archives the volume of a session that no run has claimed, without waiting for its next turn. The archive of a folder
 * exists when this returns; the archive of a PVC is ordered, and `archiveOrder` reports its progress. There is nothing
 * to do when the last turn is archived, or when no turn has used the volume.
 */
export async function archiveStorage(ctx: ServiceContext, input: ArchiveStorageInput): Promise<StorageSummary> {
  const session = await requireSession(ctx, input.sessionId);
  await assertArchivable(ctx, session);
  const isArchived = hasCurrentArchive(session) && (await isArchiveReadable(ctx, session));
  if (isArchived || !wasUsed(session)) return getStorage(ctx, input);
  if (hasArchivers(ctx, session)) await inTx(ctx, (ctx) => orderForPerson(ctx, session.sessionId));
  else if (await canArchive(ctx, session)) await archiveInProcess(ctx, session);
  else
    throw new UnavailableError(
      "executor-unavailable",
      `nobody here can reach the volume of session ${session.sessionId}: its next turn's runner archives it`,
    );
  return getStorage(ctx, input);
}

async function assertArchivable(ctx: ServiceContext, session: SessionRow): Promise<void> {
  const { sessionId, storageState } = session;
  if (storageState === "evicted" || storageState === "deleting")
    throw new StoreEvictedError(sessionId, session.archiveManifestId !== null);
  if (storageState !== "live" && storageState !== "archiving")
    throw new ConflictError(
      "session-busy",
      `session ${sessionId} has no whole volume to archive: it is ${storageState}`,
    );
  await assertNoRunIsLive(ctx, sessionId);
}

async function archiveInProcess(ctx: ServiceContext, session: SessionRow): Promise<void> {
  await inTx(ctx, (ctx) => auditRequest(ctx, session));
  const result = await archiveVolume(ctx, session);
  if (result === null)
    throw new ConflictError("session-busy", `session ${session.sessionId} changed meanwhile: look at it again`);
}

async function orderForPerson(ctx: TxContext, sessionId: string): Promise<void> {
  const session = await lockOwnSession(ctx, sessionId);
  await assertArchivable(ctx, session);
  await orderArchive(ctx, session, "person");
  await auditRequest(ctx, session);
}

function auditRequest(ctx: TxContext, session: SessionRow): Promise<void> {
  return auditSession(ctx, session, "storage.archive", { commandId: session.volumeCommandId });
}
