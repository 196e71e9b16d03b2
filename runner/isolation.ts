import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { endAttemptProcesses } from "@/supervisor/processes/scan";
import { childEnv } from "./child-env";

// codex starts each tool in a session of its own, so killing its process group would leave tools running. In a PID
// namespace one SIGKILL of `unshare` ends all of them, and --mount-proc hides every other process's environment.
const KILL_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"];
const NEW_PID_NAMESPACE = ["--pid", "--fork", "--kill-child", "--mount-proc"];

/**
 * Covers a folder with an empty, read-only one, binds back the named places below it, then executes the program. The
 * shell keeps the old folder as its working directory until the `cd`.
 */
const COVER_SCRIPT = `set -e
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
export interface HiddenFolder {
  dir: string;
  except: string[];
}

export type Isolation = "namespace" | "process-group";

let probed: Isolation | undefined;

/** Tries once whether this machine allows user, mount and PID namespaces. */
export function probeIsolation(): Isolation {
  const [command = "", ...args] = wrapCommand(["true"], "/", [{ dir: tmpdir(), except: [] }]);
  probed ??= spawnSync(command, args, { stdio: "ignore", timeout: 5_000 }).status === 0 ? "namespace" : "process-group";
  return probed;
}

function wrapCommand(program: string[], cwd: string, hidden: HiddenFolder[]): string[] {
  const covers = hidden.flatMap(({ dir, except }) => {
    const real = tryRealpath(dir);
    return real === undefined ? [] : [coverCommand(real, except, { program, cwd })];
  });
  if (covers.length === 0)
    return [...KILL_WITH_PARENT, "unshare", "--user", "--map-current-user", ...NEW_PID_NAMESPACE, ...program];
  // Within a second user namespace, no mount of the first can be undone.
  const ids = [`--map-user=${process.geteuid?.() ?? 0}`, `--map-group=${process.getegid?.() ?? 0}`];
  const inner = ["unshare", "--user", ...ids, ...NEW_PID_NAMESPACE, "--", ...program];
  return [...KILL_WITH_PARENT, "unshare", "--user", "--map-root-user", "--mount", ...covers.flat(), ...inner];
}

function coverCommand(dir: string, except: string[], { program, cwd }: { program: string[]; cwd: string }): string[] {
  const [command = ""] = program;
  return [
    "sh",
    "-c",
    COVER_SCRIPT,
    "cover",
    dir,
    cwd,
    ...relativePathsBelow(dir, [...except, programFolder(dir, command)]),
    "--",
  ];
}

/** Returns the places below a folder as relative paths, without those inside another. */
function relativePathsBelow(dir: string, folders: string[]): string[] {
  const found = folders.flatMap((folder) => {
    const real = tryRealpath(folder);
    return real !== undefined && isBelow(dir, real) ? [path.relative(dir, real)] : [];
  });
  return [...new Set(found)].filter((folder) => !found.some((other) => isBelow(other, folder)));
}

/** A packaged codex has programs of its own beside its `bin`. */
function programFolder(dir: string, command: string): string {
  const program = (command.startsWith("/") && tryRealpath(command)) || command;
  const folder = path.dirname(program);
  return [path.dirname(folder), folder].find((candidate) => isBelow(dir, candidate)) ?? program;
}

function isBelow(dir: string, folder: string): boolean {
  return folder.startsWith(`${dir}${path.sep}`);
}

function tryRealpath(folder: string): string | undefined {
  try {
    return realpathSync(folder);
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
  hidden?: HiddenFolder[];
}): AgentProcess {
  const isolation = opts.isolation ?? probeIsolation();
  const program = [opts.command, ...opts.args];
  const [command = "", ...args] =
    isolation === "namespace" ? wrapCommand(program, opts.cwd, opts.hidden ?? []) : program;
  const child = spawn(command, args, {
    cwd: opts.cwd,
    env: childEnv({ ...opts.env, AGENTRUN_ATTEMPT: opts.attemptId }),
    stdio: ["pipe", "pipe", "pipe"],
    // Without a namespace, the process group is the first target of a kill. With one, the death of unshare ends all
    // processes.
    detached: isolation === "process-group",
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const killAll = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      try {
        process.kill(isolation === "process-group" ? -child.pid : child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    }
    await exited;
    await endAttemptProcesses(opts.attemptId);
  };
  let killing: Promise<void> | undefined;
  return {
    child,
    isolation,
    kill() {
      // One scan for all callers: a second scan that lagged behind would find the attempt's next agent.
      killing ??= killAll();
      return killing;
    },
  };
}
