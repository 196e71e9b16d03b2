import type { ManifestRecord, StoreArchiveInput } from "@/contract/archive";
import { lockSession } from "@/db/queries/lock";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError, ForbiddenError, InvalidInputError } from "@/server/errors";
import { parseManifest, pruneSegments } from "@/server/manifests";
import { changeOrder, findArchiveOrder } from "./archive-order";
import { isReadable, recordArchive } from "./archive-volume";
import { fieldsAfterFailure, isActive, isStillNeeded } from "./archiver-turn";
import { findLiveRun } from "./live-run";

const INCOMPLETE_FAILURE = "parts of the volume could not be read: mend their permissions, or evict it";

/**
 * Stores what an archiver packed as the archive, and ends the archiver's turn and token. Throws when a run has come for
 * the session meanwhile: what was packed will soon differ from the volume.
 */
export async function storeArchive(ctx: ServiceContext, input: StoreArchiveInput): Promise<ManifestRecord> {
  const { actor } = ctx;
  if (actor.kind !== "archiver") throw new ForbiddenError("only an archiver's token can do this");
  const { sessionId, tenantId, name: attemptId } = actor;
  const manifest = parseManifest(input.manifest);
  const record = await inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, tenantId);
    const order = await findArchiveOrder(ctx, sessionId);
    const hasTurn = order?.attemptId === attemptId && isActive(order);
    if (!session || !hasTurn || !(await isStillNeeded(ctx, session, order)) || (await findLiveRun(ctx, sessionId))) {
      throw new ConflictError(
        "session-busy",
        `session ${sessionId} goes on: this archive of it is not wanted any more`,
      );
    }
    if (manifest.sessionId !== sessionId || manifest.rolloutSubdir !== session.codexRolloutSubdir)
      throw new InvalidInputError(
        "manifest: it names another session, or another folder of rollouts, than the caller's",
      );
    const stored = await recordArchive(ctx, session, manifest);
    const failureFields = isReadable(manifest) ? { failure: null } : fieldsAfterFailure(order, INCOMPLETE_FAILURE);
    await changeOrder(ctx, sessionId, { state: "ending", ...failureFields });
    return stored;
  });
  await pruneSegments(ctx, sessionId).catch((error: unknown) => {
    // The archive is stored. The next one prunes what is left over.
    ctx.log.warn({ err: error, sessionId }, "could not prune old segments");
  });
  return record;
}
