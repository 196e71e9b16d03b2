import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { endAttemptProcesses } from "./attempt-processes";
import { childEnv } from "./child-env";

// codex starts each tool in a session of its own, so a kill of its process group leaves tools running. In a PID
// namespace one SIGKILL of `unshare` ends all of them, and --mount-proc hides every other process's environment.
const WRAPPER = [
  "setpriv",
  "--pdeathsig",
  "KILL",
  "unshare",
  "--user",
  "--map-current-user",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

export type Isolation = "namespace" | "process-group";

let probed: Isolation | undefined;

/** Tries once whether this machine lets us make a user and PID namespace. */
export function probeIsolation(): Isolation {
  const [command = "", ...args] = WRAPPER;
  probed ??=
    spawnSync(command, [...args, "true"], { stdio: "ignore", timeout: 5_000 }).status === 0
      ? "namespace"
      : "process-group";
  return probed;
}

export interface AgentProcess {
  child: ChildProcess;
  isolation: Isolation;
  /** SIGKILLs the agent and all that it started; resolves when none of them is left. */
  kill(): Promise<void>;
}

/** Starts the agent so that its end is the end of every process below it. */
export function spawnAgent(opts: {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Also in `env` as AGENTRUN_ATTEMPT: what the scan looks for where there are no namespaces. */
  attemptId: string;
  isolation?: Isolation;
}): AgentProcess {
  const isolation = opts.isolation ?? probeIsolation();
  const [command = "", ...args] =
    isolation === "namespace" ? [...WRAPPER, opts.command, ...opts.args] : [opts.command, ...opts.args];
  const child = spawn(command, args, {
    cwd: opts.cwd,
    env: childEnv({ ...opts.env, AGENTRUN_ATTEMPT: opts.attemptId }),
    stdio: ["pipe", "pipe", "pipe"],
    // Without a namespace the group is the first thing a kill reaches; with one, unshare's own death ends all.
    detached: isolation === "process-group",
  });
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const end = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      try {
        process.kill(isolation === "process-group" ? -child.pid : child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    }
    await gone;
    await endAttemptProcesses(opts.attemptId);
  };
  let ending: Promise<void> | undefined;
  return {
    child,
    isolation,
    kill() {
      // One scan for all callers: a second that lagged behind would find the attempt's next agent.
      ending ??= end();
      return ending;
    },
  };
}
