import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { endAttemptProcesses } from "@/supervisor/processes/scan";
import { childEnv } from "./child-env";

// codex starts each tool in a session of its own, so killing its process group would leave tools running. In a PID
// namespace one SIGKILL of `unshare` ends all of them, and --mount-proc hides every other process's environment.
const DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"];
const OWN_PROCESSES = ["--pid", "--fork", "--kill-child", "--mount-proc"];

/**
 * Covers a folder with an empty, read-only one, binds back the named places below it, then executes the program. The
 * shell keeps the old folder as its working directory until the `cd`.
 */
const COVER = `set -e
hidden=$1 cwd=$2
shift 2
cd "$hidden"
mount -t tmpfs -o mode=0755,nosuid,nodev agentrun "$hidden"
while [ "$1" != -- ]; do
  if [ -d "./$1" ]; then mkdir -p "$hidden/$1"; else mkdir -p "$(dirname "$hidden/$1")"; : > "$hidden/$1"; fi
  mount -c --rbind "./$1" "$hidden/$1"
  shift
done
shift
mount -o remount,bind,ro "$hidden"
cd "$cwd"
exec "$@"`;

/** A folder that no agent may see, except for the places to keep: those of this attempt that lie below it. */
export interface Hidden {
  dir: string;
  keep: string[];
}

export type Isolation = "namespace" | "process-group";

let probed: Isolation | undefined;

/** Tries once whether this machine allows user, mount and PID namespaces. */
export function probeIsolation(): Isolation {
  const [command = "", ...args] = wrapped(["true"], "/", [{ dir: tmpdir(), keep: [] }]);
  probed ??= spawnSync(command, args, { stdio: "ignore", timeout: 5_000 }).status === 0 ? "namespace" : "process-group";
  return probed;
}

function wrapped(program: string[], cwd: string, hidden: Hidden[]): string[] {
  const covers = hidden.flatMap(({ dir, keep }) => {
    const real = realPathOf(dir);
    return real === undefined ? [] : [coverOf(real, keep, { program, cwd })];
  });
  if (covers.length === 0)
    return [...DIES_WITH_US, "unshare", "--user", "--map-current-user", ...OWN_PROCESSES, ...program];
  // Within a second user namespace, no mount of the first can be undone.
  const ids = [`--map-user=${process.geteuid?.() ?? 0}`, `--map-group=${process.getegid?.() ?? 0}`];
  const inner = ["unshare", "--user", ...ids, ...OWN_PROCESSES, "--", ...program];
  return [...DIES_WITH_US, "unshare", "--user", "--map-root-user", "--mount", ...covers.flat(), ...inner];
}

function coverOf(dir: string, keep: string[], { program, cwd }: { program: string[]; cwd: string }): string[] {
  const [command = ""] = program;
  return ["sh", "-c", COVER, "cover", dir, cwd, ...below(dir, [...keep, folderOfProgram(dir, command)]), "--"];
}

/** Returns the places below a folder as relative paths, without those inside another. */
function below(dir: string, places: string[]): string[] {
  const found = places.flatMap((place) => {
    const real = realPathOf(place);
    return real !== undefined && isBelow(dir, real) ? [path.relative(dir, real)] : [];
  });
  return [...new Set(found)].filter((place) => !found.some((other) => isBelow(other, place)));
}

/** A packaged codex has programs of its own beside its `bin`. */
function folderOfProgram(dir: string, command: string): string {
  const program = (command.startsWith("/") && realPathOf(command)) || command;
  const folder = path.dirname(program);
  return [path.dirname(folder), folder].find((place) => isBelow(dir, place)) ?? program;
}

function isBelow(dir: string, place: string): boolean {
  return place.startsWith(`${dir}${path.sep}`);
}

function realPathOf(place: string): string | undefined {
  try {
    return realpathSync(place);
  } catch {
    return undefined;
  }
}

export interface AgentProcess {
  child: ChildProcess;
  isolation: Isolation;
  /** Sends SIGKILL to the agent and everything it started; resolves when no process is left. */
  kill(): Promise<void>;
}

/** Starts the agent in such a way that its end is the end of every process below it. */
export function spawnAgent(opts: {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** Also in `env` as AGENTRUN_ATTEMPT, which the scan looks for where there are no namespaces. */
  attemptId: string;
  isolation?: Isolation;
  /** Folders that are covered where there are namespaces. */
  hidden?: Hidden[];
}): AgentProcess {
  const isolation = opts.isolation ?? probeIsolation();
  const program = [opts.command, ...opts.args];
  const [command = "", ...args] = isolation === "namespace" ? wrapped(program, opts.cwd, opts.hidden ?? []) : program;
  const child = spawn(command, args, {
    cwd: opts.cwd,
    env: childEnv({ ...opts.env, AGENTRUN_ATTEMPT: opts.attemptId }),
    stdio: ["pipe", "pipe", "pipe"],
    // Without a namespace, the process group is the first target of a kill. With one, the death of unshare ends all
    // processes.
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
      // One scan for all callers: a second scan that lagged behind would find the attempt's next agent.
      ending ??= end();
      return ending;
    },
  };
}
