import { setTimeout as pause } from "node:timers/promises";
import { within } from "@/contract/async";
import type { RunnerProcess, SupervisorMessage, WorkerMessage } from "@/contract/supervisor";
import { type RunningChild, startChild } from "./processes/child";
import { endAttemptProcesses } from "./processes/scan";
import { createRunnerLog, type RunnerLog } from "./runner-log";

export interface RunnerHostOptions {
  /** The runner's program file. */
  file: string;
  env: NodeJS.ProcessEnv;
  send(message: SupervisorMessage): void;
  onLine(attemptId: string, line: string): void;
}

export interface RunnerHost {
  handle(message: WorkerMessage): void;
  attemptIds(): string[];
  /** Sends SIGTERM to every runner, and SIGKILL at the deadline; no runner is started any more. */
  stop(deadlineMs: number): Promise<void>;
}

interface Attempt {
  child: RunningChild;
  startedAt: string;
  log: RunnerLog;
  /** Settles when its process has ended and nothing that it started is left. */
  cleanedUp: Promise<void>;
}

const RESCAN_MS = 1_000;

/**
 * Runs the runners of this machine. They are the supervisor's children, so that a restart of the worker ends no agent.
 */
export function createRunnerHost(options: RunnerHostOptions): RunnerHost {
  const attempts = new Map<string, Attempt>();
  const starting = new Map<string, Promise<Attempt | null>>();
  let isStopping = false;

  async function start(attemptId: string, env: Record<string, string>): Promise<Attempt | null> {
    const log = createRunnerLog();
    try {
      const child = await startChild({
        name: attemptId,
        file: options.file,
        env: { ...options.env, ...env, AGENTRUN_ATTEMPT: attemptId },
        hasChannel: false,
        onLine: (line) => {
          log.add(line);
          options.onLine(attemptId, line);
        },
      });
      const attempt: Attempt = { child, log, startedAt: new Date().toISOString(), cleanedUp: Promise.resolve() };
      attempt.cleanedUp = watchExit(attemptId, attempt);
      attempts.set(attemptId, attempt);
      return attempt;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      options.send({ type: "runner.launch-failed", attemptId, message: `The runner could not be started: ${message}` });
      return null;
    } finally {
      starting.delete(attemptId);
    }
  }

  async function watchExit(attemptId: string, attempt: Attempt): Promise<void> {
    const { child } = attempt;
    const exit = await child.exited;
    await endLeftovers(attemptId);
    attempts.delete(attemptId);
    const report = { stderrTail: child.stderrTail(), process: describeProcess(attempt) };
    options.send({ type: "runner.exited", attemptId, ...exit, ...report });
  }

  function read(attemptId: string): void {
    const attempt = attempts.get(attemptId);
    options.send({ type: "runner.read", attemptId, process: attempt ? describeProcess(attempt) : null });
  }

  async function launch(attemptId: string, env: Record<string, string>): Promise<void> {
    // Gives no answer while stopping: to the worker it looks as if the machine had gone before the launch.
    if (isStopping) return;
    let attempt = attempts.get(attemptId) ?? null;
    if (attempt === null) {
      const pending = starting.get(attemptId) ?? start(attemptId, env);
      if (attempts.get(attemptId) === undefined) starting.set(attemptId, pending);
      attempt = await pending;
    }
    if (attempt) options.send({ type: "runner.launched", attemptId, pid: attempt.child.pid });
  }

  async function end(attemptId: string): Promise<void> {
    const attempt = attempts.get(attemptId) ?? (await starting.get(attemptId));
    attempt?.child.kill();
    if (attempt) await attempt.cleanedUp;
    else await endLeftovers(attemptId);
    options.send({ type: "runner.gone", attemptId });
  }

  return {
    handle(message) {
      if (message.type === "runner.launch") void launch(message.attemptId, message.env);
      else if (message.type === "runner.end") void end(message.attemptId);
      else if (message.type === "runner.read") read(message.attemptId);
      else options.send({ type: "runner.list", attemptIds: [...attempts.keys(), ...starting.keys()] });
    },
    attemptIds: () => [...attempts.keys()],
    async stop(deadlineMs) {
      isStopping = true;
      await Promise.all(starting.values());
      await Promise.all([...attempts.values()].map((attempt) => stopAttempt(attempt, deadlineMs)));
    },
  };
}

function describeProcess({ child, startedAt, log }: Attempt): RunnerProcess {
  return { pid: child.pid, startedAt, ...log.read() };
}

async function stopAttempt(attempt: Attempt, deadlineMs: number): Promise<void> {
  await attempt.child.stop(deadlineMs);
  await within(deadlineMs, attempt.cleanedUp);
}

async function endLeftovers(attemptId: string): Promise<void> {
  while (!(await endAttemptProcesses(attemptId))) await pause(RESCAN_MS);
}
