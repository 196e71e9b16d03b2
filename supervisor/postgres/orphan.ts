import { execFile } from "node:child_process";
import { readFile, readlink, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { isProcessAlive } from "@/supervisor/processes/alive";

const run = promisify(execFile);
const FAST_DEADLINE_MS = 15_000;

/**
 * Ends the PostgreSQL that a killed supervisor left on this folder, so that a new one can start. Throws if it does
 * not end. A pid that belongs to another program by now is left alone and its file removed.
 */
export async function endOrphan(folder: string): Promise<number | null> {
  const pidFile = path.join(folder, "postmaster.pid");
  const text = await readFile(pidFile, "utf8").catch(() => null);
  if (text === null) return null;
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 0 || !(await isPostgresOf(pid, folder))) {
    await rm(pidFile, { force: true });
    return null;
  }
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    send(pid, signal);
    if (await isGoneWithin(pid, FAST_DEADLINE_MS)) return pid;
  }
  throw new Error(`A PostgreSQL (pid ${pid}) still runs on ${folder} and does not stop: end it, then start again.`);
}

async function isPostgresOf(pid: number, folder: string): Promise<boolean> {
  if (!(await isProcessAlive(pid))) return false;
  if (process.platform === "linux") {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return cwd === folder;
  }
  const { stdout } = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes(folder) && stdout.includes("postgres");
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function isGoneWithin(pid: number, deadlineMs: number): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    if (!(await isProcessAlive(pid))) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
