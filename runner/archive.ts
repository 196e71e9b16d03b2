import { emptyCache, type Manifest, type PackCache, type PackedVolume, readCache, writeCache } from "@/volume";
import type { Attempt } from "./attempt";
import { type CallOptions, RefusedError, UnreachableError } from "./control-plane";
import { retry } from "./retry-while-away";
import { sendVolume } from "./send-volume";

/**
 * How long a session waits for an archive while the server does not answer. The next turn's archive includes what this
 * one missed.
 */
const ARCHIVE_AWAY_MAX_MS = 30_000;

/** The attempt is ending: the archive in progress is abandoned, and the volume keeps its content. */
class ArchiveStoppedError extends Error {}

/**
 * Sends what a turn changed to the server: new segments, then the volume's summary, then the manifest that completes
 * the archive. A refusal or a missing answer costs the archive but never the session: it becomes a warning.
 */
export async function archiveVolume(
  attempt: Attempt,
  turn: { threadId: string | null; turnId: string | null },
): Promise<void> {
  const { run, config, disk } = attempt;
  if (!run.assignment.session || config.volumeDir === undefined || !disk) return;
  await attempt.checkVolume();
  try {
    const cache = await readCache(disk.layout);
    const packed = (await packAndSend(attempt, cache)) ?? (await packAndSend(attempt, emptyCache()));
    if (packed) await commit(attempt, packed, turn);
  } catch (error) {
    if (error instanceof ArchiveStoppedError) return;
    if (!(error instanceof RefusedError || error instanceof UnreachableError)) throw error;
    attempt.emit({
      type: "warning",
      payload: {
        message: `The session's volume was not archived after this turn: ${error.message}`,
        code: error instanceof RefusedError ? error.reason : "archive-unreachable",
      },
    });
  }
}

/** Makes a call and retries for as long as a session may wait, but no longer than the attempt lives. */
async function callWithRetry<T>(attempt: Attempt, call: (opts: CallOptions) => Promise<T>): Promise<T> {
  const { abandoned: signal, config } = attempt;
  try {
    return await retry(() => call({ signal }), { signal, awayMaxMs: config.archiveAwayMaxMs ?? ARCHIVE_AWAY_MAX_MS });
  } catch (error) {
    if (signal.aborted) throw new ArchiveStoppedError();
    throw error;
  }
}

/**
 * Returns undefined when the server no longer holds a segment that an earlier archive sent; then everything must be
 * sent again.
 */
async function packAndSend(attempt: Attempt, cache: PackCache): Promise<PackedVolume | undefined> {
  const { run, controlPlane, disk } = attempt;
  const { session } = run.assignment;
  if (!disk || !session) return undefined;
  const { id: runId, leaseEpoch } = run;
  const packed = await sendVolume(disk.layout, cache, {
    missing: (digests) =>
      callWithRetry(attempt, (opts) =>
        controlPlane.missingSegments({ sessionId: session.sessionId, leaseEpoch, digests }, opts),
      ),
    upload: (segment) =>
      callWithRetry(attempt, (opts) => controlPlane.putSegment({ runId, leaseEpoch, ...segment }, opts)),
    assertActive() {
      if (attempt.abandoned.aborted) throw new ArchiveStoppedError();
    },
  });
  if (packed) await writeCache(disk.layout, cache);
  return packed;
}

async function commit(
  attempt: Attempt,
  packed: PackedVolume,
  turn: { threadId: string | null; turnId: string | null },
): Promise<void> {
  const { run, config, controlPlane } = attempt;
  const { session } = run.assignment;
  if (!session) return;
  const { id: runId, leaseEpoch } = run;
  const identity = {
    runId,
    leaseEpoch,
    attemptId: config.attemptId,
    sessionId: session.sessionId,
    rolloutSubdir: session.codexRolloutSubdir,
  };
  const manifest: Manifest = { format: 1, ...identity, ...turn, createdAt: new Date().toISOString(), ...packed };
  const { sizeBytes, filesCount, sha256, omittedCount } = packed;
  const size = { storageSizeBytes: sizeBytes, storageFilesCount: filesCount, storageSha256: sha256 };
  await callWithRetry(attempt, (opts) =>
    controlPlane.refreshStorage({ sessionId: session.sessionId, leaseEpoch, ...size }, opts),
  );
  await callWithRetry(attempt, (opts) =>
    controlPlane.commitManifest({ runId, leaseEpoch, manifest: { ...manifest } }, opts),
  );
  attempt.emit({
    type: "backend_status",
    payload: { phase: "archived", turnId: turn.turnId, sizeBytes, filesCount, sha256, omittedCount },
  });
}
