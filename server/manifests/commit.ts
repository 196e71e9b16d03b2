import type { CommitManifestInput, ManifestRecord } from "@/contract/archive";
import { inTx, type ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";
import { lockHeldSession } from "./holder";
import { pruneSegments } from "./prune";
import { parseManifest, storeManifest } from "./store-manifest";

/**
 * Makes the manifest that a runner sent the archive of its session, and prunes older ones with the segments that only
 * they needed.
 */
export async function commitManifest(ctx: ServiceContext, input: CommitManifestInput): Promise<ManifestRecord> {
  const manifest = parseManifest(input.manifest);
  const record = await inTx(ctx, async (ctx) => {
    const { run, session } = await lockHeldSession(ctx, input);
    const isOwn =
      manifest.sessionId === session.sessionId && manifest.runId === run.id && manifest.leaseEpoch === run.leaseEpoch;
    if (!isOwn) throw new InvalidInputError("manifest: it names another session, run or epoch than the caller's");
    if (manifest.rolloutSubdir !== session.codexRolloutSubdir) {
      throw new InvalidInputError(`manifest: the session's rollouts lie in ${session.codexRolloutSubdir}`);
    }
    return storeManifest(ctx, session, manifest);
  });
  await pruneSegments(ctx, record.sessionId).catch((error: unknown) => {
    // The archive is stored. The next one prunes what is left over.
    ctx.log.warn({ err: error, sessionId: record.sessionId }, "could not prune old segments");
  });
  return record;
}
