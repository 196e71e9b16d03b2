import type { CommitManifestInput, ManifestRecord } from "@/contract/archive";
import { inTx, type ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";
import { lockHeldSession } from "./holder";
import { pruneSegments } from "./prune";
import { parseManifest, storeManifest } from "./store-manifest";

/** Makes what a runner sent the archive of its session; older ones and what only they needed go. */
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
    // The archive is stored; what is left over goes with the next one.
    ctx.log.warn({ err: error, sessionId: record.sessionId }, "old segments were not pruned");
  });
  return record;
}
