import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { AttemptDetails, AttemptLog } from "@/contract/run-job";
import type { RunnerProcess, SupervisorMessage } from "@/contract/supervisor";
import { UnavailableError } from "@/server/errors";
import { createEnds } from "@/server/executors/ends";
import {
  type AttemptEnding,
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

export interface LocalExecutorOptions {
  channel: SupervisorChannel;
  /** `scratch/<attemptId>` is created here, and removed when the attempt is gone. */
  dataDir: string;
  workspaceRoots: string[];
  codexPath: string;
  logLevel: string;
  launchDeadlineMs?: number;
  endDeadlineMs?: number;
  observeDeadlineMs?: number;
}

/** Lines of its log that are kept once a runner has ended. */
const KEPT_LINES = 300;

type ReplyHandler = (message: SupervisorMessage) => boolean;

/**
 * Runs runners as processes of this machine. The supervisor is their parent, so that they outlive a restart of the
 * worker.
 */
export function createLocalExecutor(options: LocalExecutorOptions): Executor {
  const exitListeners = new Set<ExitListener>();
  const remainsListeners = new Set<RemainsListener>();
  const replyHandlers = new Set<ReplyHandler>();
  const launching = new Map<string, Promise<void>>();
  const ends = createEnds();

  const unsubscribe = options.channel.onMessage((message) => {
    for (const answer of [...replyHandlers]) if (answer(message)) replyHandlers.delete(answer);
    if (message.type === "runner.gone" || message.type === "runner.exited") void removeScratch(message.attemptId);
    if (message.type === "runner.exited") {
      const { attemptId, code, signal, stderrTail, process: runner } = message;
      const exit: AttemptExit = {
        attemptId,
        code,
        signal,
        message: readableOutput(stderrTail),
        cause: exitCause(code),
      };
      const details = toDetails(runner, { code, signal, at: new Date().toISOString() });
      const remains = { attemptId, details, logs: [toLog(runner, KEPT_LINES)] };
      for (const listener of remainsListeners) void Promise.resolve(listener(remains)).catch(() => undefined);
      // The reconciler finds what is lost here, since the process is gone.
      for (const listener of exitListeners) void Promise.resolve(listener(exit)).catch(() => undefined);
    }
  });

  function scratchDir(attemptId: string): string {
    if (!/^[A-Za-z0-9_.-]+$/.test(attemptId) || attemptId.includes(".."))
      throw new Error(`no attempt id: ${attemptId}`);
    return path.join(options.dataDir, "scratch", attemptId);
  }

  async function removeScratch(attemptId: string): Promise<void> {
    // The supervisor's next start removes what stays behind.
    await rm(scratchDir(attemptId), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }

  /** Resolves with the first answer that `pick` accepts; null: none came in time. */
  function waitForReply<T>(select: (message: SupervisorMessage) => T | null, deadlineMs: number): Promise<T | null> {
    return new Promise((resolve) => {
      const finish = (value: T | null) => {
        clearTimeout(timer);
        replyHandlers.delete(answer);
        resolve(value);
      };
      const timer = setTimeout(() => finish(null), deadlineMs);
      const answer: ReplyHandler = (message) => {
        const selected = select(message);
        if (selected !== null) finish(selected);
        return selected !== null;
      };
      replyHandlers.add(answer);
    });
  }

  async function launchOnce(spec: LaunchSpec): Promise<void> {
    ends.assertNone(spec.attemptId);
    const scratch = scratchDir(spec.attemptId);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const reply = waitForReply((message) => {
      if (!("attemptId" in message) || message.attemptId !== spec.attemptId) return null;
      if (message.type === "runner.launched" || message.type === "runner.launch-failed") return message;
      return null;
    }, options.launchDeadlineMs ?? 30_000);
    await options.channel.send({
      type: "runner.launch",
      attemptId: spec.attemptId,
      env: runnerEnv(spec, scratch, options),
    });
    const answer = await reply;
    if (answer === null) throw new Error("The supervisor did not start the runner in time.");
    if (answer.type === "runner.launch-failed") throw new Error(answer.message);
  }

  const end = (attemptId: string) => ends.join(attemptId, () => endOnce(attemptId));

  async function endOnce(attemptId: string): Promise<AttemptEnding> {
    const reply = waitForReply(
      (message) =>
        (message.type === "runner.gone" || message.type === "runner.exited") && message.attemptId === attemptId
          ? message
          : null,
      options.endDeadlineMs ?? 15_000,
    );
    await options.channel.send({ type: "runner.end", attemptId });
    return (await reply) === null ? "unconfirmed" : "gone";
  }

  /** Returns the attempts that the supervisor runs; null: it did not answer in time. */
  async function listAttempts(): Promise<string[] | null> {
    const reply = waitForReply(
      (message) => (message.type === "runner.list" ? message : null),
      options.observeDeadlineMs ?? 5_000,
    );
    await options.channel.send({ type: "runner.list" }).catch(() => undefined);
    return (await reply)?.attemptIds ?? null;
  }

  /** Returns the supervisor's record of a runner; null: it has none. */
  async function readRunner(attemptId: string): Promise<RunnerProcess | null> {
    const reply = waitForReply(
      (message) => (message.type === "runner.read" && message.attemptId === attemptId ? message : null),
      options.observeDeadlineMs ?? 5_000,
    );
    await options.channel.send({ type: "runner.read", attemptId });
    const answer = await reply;
    if (answer === null) throw new UnavailableError("executor-unavailable", "The supervisor did not answer in time.");
    return answer.process;
  }

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
      const attemptIds = await listAttempts();
      if (attemptIds === null) return "unknown";
      if (attemptIds.includes(attemptId)) return "running";
      // A killed supervisor knows nothing of what it started, so the processes themselves are searched.
      return (await findAttemptProcesses(attemptId)).length > 0 ? "running" : "gone";
    },
    async *list() {
      const attemptIds = await listAttempts();
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
      const runner = await readRunner(attemptId);
      return runner === null ? null : toDetails(runner, null);
    },
    async readLog(attemptId, { tailLines }) {
      const runner = await readRunner(attemptId);
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
