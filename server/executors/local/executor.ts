import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { AttemptDetails, AttemptLog } from "@/contract/run-job";
import type { RunnerProcess, SupervisorMessage } from "@/contract/supervisor";
import { createEnds } from "@/server/executors/ends";
import {
  type AttemptExit,
  type Executor,
  type ExitListener,
  exitCause,
  type LaunchSpec,
  type Observation,
  type RemainsListener,
  readableOutput,
} from "@/server/executors/executor";
import { lastLines } from "@/server/executors/log-lines";
import { findAttemptProcesses } from "@/supervisor/processes/scan";
import type { SupervisorChannel } from "./channel";
import { type Deadlines, SupervisorRequests } from "./supervisor-requests";

type RunnerExited = Extract<SupervisorMessage, { type: "runner.exited" }>;

export interface LocalExecutorOptions extends Deadlines {
  channel: SupervisorChannel;
  /** `scratch/<attemptId>` is created here, and removed when the attempt is gone. */
  dataDir: string;
  workspaceRoots: string[];
  codexPath: string;
  logLevel: string;
}

/** Lines of its log that are kept once a runner has ended. */
const KEPT_LINES = 300;

/**
 * Runs runners as processes of this machine. The supervisor is their parent, so that they outlive a restart of the
 * worker.
 */
export function createLocalExecutor(options: LocalExecutorOptions): Executor {
  const exitListeners = new Set<ExitListener>();
  const remainsListeners = new Set<RemainsListener>();
  const launching = new Map<string, Promise<void>>();
  const ends = createEnds();
  const supervisor = new SupervisorRequests(options.channel, options);

  const unsubscribe = options.channel.onMessage((message) => {
    supervisor.receive(message);
    if (message.type === "runner.gone" || message.type === "runner.exited") void removeScratch(message.attemptId);
    if (message.type === "runner.exited") reportExit(message);
  });

  function reportExit({ attemptId, code, signal, stderrTail, process: runner }: RunnerExited): void {
    const exit: AttemptExit = { attemptId, code, signal, message: readableOutput(stderrTail), cause: exitCause(code) };
    const details = toDetails(runner, { code, signal, at: new Date().toISOString() });
    const remains = { attemptId, details, logs: [toLog(runner, KEPT_LINES)] };
    for (const listener of remainsListeners) void Promise.resolve(listener(remains)).catch(() => undefined);
    // If a listener fails, the reconciler ends the attempt: it finds no process of it.
    for (const listener of exitListeners) void Promise.resolve(listener(exit)).catch(() => undefined);
  }

  function scratchDir(attemptId: string): string {
    if (!/^[A-Za-z0-9_.-]+$/.test(attemptId) || attemptId.includes(".."))
      throw new Error(`not an attempt id: ${attemptId}`);
    return path.join(options.dataDir, "scratch", attemptId);
  }

  async function removeScratch(attemptId: string): Promise<void> {
    // The supervisor's next start removes what stays behind.
    await rm(scratchDir(attemptId), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }

  async function launchOnce(spec: LaunchSpec): Promise<void> {
    ends.assertNone(spec.attemptId);
    const scratch = scratchDir(spec.attemptId);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    await supervisor.launch(spec.attemptId, runnerEnv(spec, scratch, options));
  }

  const end = (attemptId: string) => ends.join(attemptId, () => supervisor.end(attemptId));

  return {
    launch(spec) {
      const pending = launching.get(spec.attemptId);
      if (pending) return pending;
      const launch = launchOnce(spec).finally(() => launching.delete(spec.attemptId));
      launching.set(spec.attemptId, launch);
      return launch;
    },
    end,
    async observe(attemptId): Promise<Observation> {
      const attemptIds = await supervisor.listAttempts();
      if (attemptIds === null) return "unknown";
      if (attemptIds.includes(attemptId)) return "running";
      // A killed supervisor knows nothing of what it started, so the processes themselves are searched.
      return (await findAttemptProcesses(attemptId)).length > 0 ? "running" : "gone";
    },
    async *list() {
      const attemptIds = await supervisor.listAttempts();
      if (attemptIds === null) throw new Error("The supervisor did not say in time which runners it has.");
      // An attempt starts only once here, so its id identifies its process.
      yield attemptIds.map((attemptId) => ({ attemptId, uid: attemptId, name: attemptId, isEnding: false }));
    },
    endStarted: ({ attemptId }) => end(attemptId),
    onExit(listener) {
      exitListeners.add(listener);
      return () => void exitListeners.delete(listener);
    },
    async inspect(attemptId) {
      const runner = await supervisor.readRunner(attemptId);
      return runner === null ? null : toDetails(runner, null);
    },
    async readLog(attemptId, { tailLines }) {
      const runner = await supervisor.readRunner(attemptId);
      return runner === null ? null : toLog(runner, tailLines);
    },
    onRemains(listener) {
      remainsListeners.add(listener);
      return () => void remainsListeners.delete(listener);
    },
    launchArchiver: null,
    async close() {
      unsubscribe();
      remainsListeners.clear();
      exitListeners.clear();
    },
  };
}

type Ended = { code: number | null; signal: string | null; at: string };

function toDetails({ pid, startedAt }: RunnerProcess, ended: Ended | null): AttemptDetails {
  const { at: endedAt = null, code: exitCode = null, signal = null } = ended ?? {};
  return { job: null, pod: null, process: { pid, startedAt, endedAt, exitCode, signal }, events: [], faults: [] };
}

/** The preparation runs in the same process, so there is one log. */
function toLog(runner: RunnerProcess, tailLines: number): AttemptLog {
  const { lines, isCut } = lastLines(runner.lines, tailLines);
  return { container: "runner", containers: ["runner"], lines, isCut: isCut || runner.isCut, note: null };
}

function runnerEnv(spec: LaunchSpec, scratch: string, options: LocalExecutorOptions): Record<string, string> {
  return {
    AGENTRUN_URL: spec.url,
    AGENTRUN_RUN_ID: spec.runId,
    AGENTRUN_ATTEMPT: spec.attemptId,
    AGENTRUN_RUNNER_ID: spec.runnerId,
    AGENTRUN_LAUNCH_TOKEN: spec.launchToken,
    AGENTRUN_SCRATCH_DIR: scratch,
    AGENTRUN_DATA_DIR: options.dataDir,
    AGENTRUN_WORKSPACE_ROOTS: options.workspaceRoots.join(path.delimiter),
    AGENTRUN_CODEX_PATH: options.codexPath,
    AGENTRUN_LEASE_MS: String(spec.leaseMs),
    LOG_LEVEL: options.logLevel,
    ...(spec.volumeDir === null ? {} : { AGENTRUN_VOLUME_DIR: spec.volumeDir }),
  };
}
