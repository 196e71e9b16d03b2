import { emptyCache, type Manifest, volumeLayout } from "@/volume";
import type { ArchiverConfig } from "./config";
import { type ArchiverControlPlane, RefusedError } from "./control-plane";
import { AWAY_MAX_MS, retry } from "./retry-while-away";
import { sendVolume } from "./send-volume";

/**
 * Hands over the content of a volume that no runner uses. It reads everything and trusts nothing that an agent may have
 * written beside the data, since this copy may soon be the only one. Segments that the server holds are not sent again.
 */
export async function archive(
  config: ArchiverConfig,
  controlPlane: ArchiverControlPlane,
): Promise<{ sizeBytes: number; filesCount: number; sha256: string; sentBytes: number }> {
  const { sessionId, attemptId, rolloutSubdir, volumeDir } = config;
  const callWithRetry = <T>(call: () => Promise<T>) => retry(call, { awayMaxMs: AWAY_MAX_MS });
  let sentBytes = 0;
  const packed = await sendVolume(volumeLayout(volumeDir, rolloutSubdir), emptyCache(), {
    missing: (digests) => callWithRetry(() => controlPlane.missingSegments({ sessionId, digests })),
    async upload(segment) {
      await callWithRetry(() => controlPlane.putSegment(segment));
      sentBytes += segment.bytes.length;
    },
  });
  if (!packed) throw new RefusedError("archive-incomplete", "the server lost segments while they were sent");
  // The server knows which run and turn the volume belongs to, and fills these in when it accepts the archive.
  const filledByServer = { runId: "", leaseEpoch: 0, threadId: null, turnId: null };
  const identity = { format: 1, sessionId, attemptId, rolloutSubdir, createdAt: new Date().toISOString() } as const;
  const manifest: Manifest = { ...identity, ...filledByServer, ...packed };
  await callWithRetry(() => controlPlane.storeArchive({ manifest: { ...manifest } }));
  const { sizeBytes, filesCount, sha256 } = packed;
  return { sizeBytes, filesCount, sha256, sentBytes };
}
