import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const PAUSE_MS = 20;
const SCAN_MAX = 100;

/** The variable that every process of an attempt inherits, whatever session or group it moves to. */
const ATTEMPT_VARIABLE = "AGENTRUN_ATTEMPT";

/** Returns the living processes with an attempt's id in their environment, except this process itself. */
export async function findAttemptProcesses(attemptId: string): Promise<number[]> {
  const assignment = `${ATTEMPT_VARIABLE}=${attemptId}`;
  return process.platform === "linux" ? scanProc(assignment) : scanPs(assignment);
}

/**
 * Kills what an attempt left behind until two scans in a row find nothing, which is what "gone" means: a process that
 * was forking during the first scan is found by the second. Returns false when that state is not reached.
 */
export async function endAttemptProcesses(attemptId: string): Promise<boolean> {
  let emptyScans = 0;
  for (let scan = 0; scan < SCAN_MAX; scan++) {
    const pids = await findAttemptProcesses(attemptId);
    emptyScans = pids.length === 0 ? emptyScans + 1 : 0;
    if (emptyScans === 2) return true;
    for (const pid of pids) killIfAlive(pid);
    await pause(PAUSE_MS);
  }
  return false;
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended after the scan. One that may not be killed is found by every scan.
  }
}

async function scanProc(assignment: string): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A zombie's environment reads as empty, so it counts as gone.
      const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      return environment.split("\0").includes(assignment) ? [pid] : [];
    }),
  );
  return found.flat();
}

async function scanPs(assignment: string): Promise<number[]> {
  const { stdout } = await run("ps", ["-E", "-ww", "-A", "-o", "pid=,command="], { maxBuffer: 1 << 26 });
  return stdout.split("\n").flatMap((line) => {
    const pid = Number.parseInt(line, 10);
    return line.split(" ").includes(assignment) && pid !== process.pid ? [pid] : [];
  });
}
