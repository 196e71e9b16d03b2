import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** The live processes that carry AGENTRUN_ATTEMPT=<attemptId> in their environment, but for this one. */
export async function findAttemptProcesses(attemptId: string): Promise<number[]> {
  const entries = await readdir("/proc").catch(() => []);
  const found: number[] = [];
  for (const entry of entries) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    // A zombie's environ reads empty, so state Z counts as gone by itself.
    if (environ.split("\0").includes(`AGENTRUN_ATTEMPT=${attemptId}`)) found.push(pid);
  }
  return found;
}

/** SIGKILLs what an attempt left behind, until two scans in a row find nothing or the bound is reached. */
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
        // It ended between the scan and the kill.
      }
    }
    if (pids.length > 0) await pause(20);
  }
  return false;
}
