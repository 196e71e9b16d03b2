import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** Returns the living processes with AGENTRUN_ATTEMPT=<attemptId> in their environment, except this one. */
export async function findAttemptProcesses(attemptId: string): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => []);
  const found: number[] = [];
  for (const entry of entries) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    // A zombie's environment reads as empty, so zombies count as gone.
    if (environ.split("\0").includes(`AGENTRUN_ATTEMPT=${attemptId}`)) found.push(pid);
  }
  return found;
}

/** Sends SIGKILL to what an attempt left behind, until two scans in a row find nothing or the limit is reached. */
export async function endAttemptProcesses(attemptId: string, scanMax = 50): Promise<boolean> {
  let emptyScans = 0;
  for (let scan = 0; scan < scanMax; scan++) {
    const pids = await findAttemptProcesses(attemptId);
    emptyScans = pids.length === 0 ? emptyScans + 1 : 0;
    if (emptyScans === 2) return true;
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // The process ended between the scan and the kill.
      }
    }
    if (pids.length > 0) await pause(20);
  }
  return false;
}
