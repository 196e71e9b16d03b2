import { realpath } from "node:fs/promises";
import path from "node:path";
import { type ClaimedRun, ExecutionPolicy, POLICY_DEFAULTS } from "@/contract/run";
import {
  ensureVolume,
  findRestored,
  repairRollouts,
  restoreVolume,
  takeVolume,
  type VolumeLayout,
  volumeLayout,
} from "@/volume";
import { makeCodexHome } from "./codex-home";
import type { RunnerConfig } from "./config";
import type { ControlPlane } from "./control-plane";
import type { DraftEvent } from "./event-batch";
import { retryWhileAway } from "./retry-while-away";
import { chooseThread } from "./thread-records";
import { prepareWorkspace } from "./workspace";

/** The volume, filled and taken, and the workspace on it. */
export interface Disk {
  layout: VolumeLayout;
  cwd: string;
  /** What the agent should be told before its first turn. */
  notes: string | undefined;
}

/** Everything that an agent of this attempt needs. */
export interface Prepared extends Disk {
  /** The thread to resume; null starts a new one. */
  threadId: string | null;
  agentEnv: Record<string, string>;
}

interface PrepareOptions {
  config: RunnerConfig;
  run: ClaimedRun;
  controlPlane: ControlPlane;
  emit: (event: DraftEvent) => void;
  /** Aborts when the attempt ends before everything is prepared. */
  signal: AbortSignal;
}

/** Returns the run's policy with its defaults. Unknown keys of an old row are dropped. */
export function resolvePolicy(run: Pick<ClaimedRun, "executionPolicy">): ExecutionPolicy & typeof POLICY_DEFAULTS {
  const knownSettings = Object.fromEntries(
    Object.entries(run.executionPolicy).filter(([key, value]) => key in ExecutionPolicy.shape && value !== null),
  );
  const parsed = ExecutionPolicy.safeParse(knownSettings);
  return { ...POLICY_DEFAULTS, ...(parsed.success ? parsed.data : {}) } as ExecutionPolicy & typeof POLICY_DEFAULTS;
}

/** Returns the volume of the run's session, or a folder in the scratch folder for a run that keeps nothing. */
export function resolveLayout(config: RunnerConfig, run: ClaimedRun): VolumeLayout {
  return volumeLayout(
    config.volumeDir ?? path.join(config.scratchDir, "volume"),
    run.assignment.session?.codexRolloutSubdir ?? "sessions",
  );
}

/**
 * Takes the volume for this attempt, restores it where the claim says so, repairs what a killed attempt left, and makes
 * the workspace. This is everything that must be written before an agent that may not write.
 */
export async function prepareDisk(opts: PrepareOptions): Promise<Disk> {
  const { config, run, emit } = opts;
  const layout = resolveLayout(config, run);
  const notes = await restoreIfRequested(opts);
  await ensureVolume(layout);
  await takeVolume(layout, { runId: run.id, leaseEpoch: run.leaseEpoch, attemptId: config.attemptId });
  await repairThreads(layout, emit);
  const cwd = await prepareWorkspace({
    workspaceDir: layout.workspaceDir,
    stagingDir: path.join(layout.stateDir, "clone"),
    scratchDir: config.scratchDir,
    workspaceRef: run.workspaceRef,
    resourceBundleRef: run.resourceBundleRef,
    pathVariable: config.pathVariable,
    attemptId: config.attemptId,
    workspaceRoots: config.workspaceRoots,
    signal: opts.signal,
  }).then((folder) => realpath(folder)); // codex knows folders by their real paths.
  return { layout, cwd, notes };
}

/** Makes CODEX_HOME, and chooses the thread for the agent to continue. */
export async function prepareAgent(
  disk: Disk,
  opts: Pick<PrepareOptions, "config" | "run" | "emit">,
): Promise<Prepared> {
  const { config, run, emit } = opts;
  const { layout, cwd } = disk;
  const { backend, modelBaseUrl, modelToken, session } = run.assignment;
  const { codexHome, homeDir } = await makeCodexHome({
    scratchDir: config.scratchDir,
    rolloutsDir: layout.rolloutsDir,
    locksDir: layout.locksDir,
    model: backend.model,
    modelBaseUrl,
    policy: resolvePolicy(run),
    cwd,
  });
  const requestedThreadId = session?.threadId ?? null;
  const thread =
    config.volumeDir === undefined
      ? { threadId: null, isReplaced: requestedThreadId !== null }
      : await chooseThread(layout, requestedThreadId);
  if (thread.isReplaced) {
    const message =
      "The conversation of this session's earlier thread is no longer on its volume: the agent starts a new thread and does not know what was said before.";
    emit({ type: "warning", payload: { message, code: "thread-replaced", threadId: requestedThreadId } });
  }
  const agentEnv = {
    PATH: config.pathVariable,
    LANG: config.lang,
    HOME: homeDir,
    CODEX_HOME: codexHome,
    AGENTRUN_MODEL_TOKEN: modelToken,
  };
  return { ...disk, threadId: thread.threadId, agentEnv };
}

/** Cuts what a killed codex left unfinished in its rollouts, so that they can be resumed. */
export async function repairThreads(layout: VolumeLayout, emit: PrepareOptions["emit"]): Promise<void> {
  for (const { file, cutBytes } of await repairRollouts(layout.rolloutsDir)) {
    const message = `The last line of rollout ${file} was cut off by a killed process: ${cutBytes} bytes were removed.`;
    emit({ type: "warning", payload: { message } });
  }
}

/** Fills the volume from its archive where the claim says so. Returns what the agent should know about it. */
async function restoreIfRequested({ config, run, controlPlane, emit }: PrepareOptions): Promise<string | undefined> {
  const { restore, session } = run.assignment;
  if (!restore || !session || config.volumeDir === undefined) return undefined;
  const layout = resolveLayout(config, run);
  // The order stands until the server has heard of the restore. Restoring twice would undo what came after the first
  // time.
  if ((await findRestored(layout)) === restore.manifestId) return undefined;
  const { leaseEpoch } = run;
  const storedManifest = await retryWhileAway(() => controlPlane.getManifest(session.sessionId));
  const manifest = await restoreVolume({
    dir: config.volumeDir,
    manifest: storedManifest,
    manifestId: restore.manifestId,
    fetchSegment: (digest) =>
      retryWhileAway(() =>
        controlPlane.getSegment({ sessionId: session.sessionId, runId: run.id, leaseEpoch, digest }),
      ),
    writer: { runId: run.id, leaseEpoch, attemptId: config.attemptId },
  });
  const { turnId, createdAt, sizeBytes, filesCount, sha256, omittedCount } = manifest;
  const size = { storageSizeBytes: sizeBytes, storageFilesCount: filesCount, storageSha256: sha256 };
  await retryWhileAway(() => controlPlane.refreshStorage({ sessionId: session.sessionId, leaseEpoch, ...size }));
  emit({
    type: "backend_status",
    payload: {
      phase: "volume-restored",
      manifestId: restore.manifestId,
      turnId,
      archivedAt: createdAt,
      sizeBytes,
      filesCount,
      omittedCount,
    },
  });
  if (omittedCount === 0) return undefined;
  const examples = manifest.omitted.slice(0, 20).map((item) => `${item.path} (${item.reason})`);
  const message = `The volume was restored from the archive of ${createdAt}, which does not hold ${omittedCount} of its files: ${examples.join(", ")}`;
  emit({ type: "warning", payload: { message, code: "restore-incomplete" } });
  return message;
}
