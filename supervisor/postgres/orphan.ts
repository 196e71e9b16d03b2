import { execFile } from "node:child_process";
import { readdir, readFile, readlink, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { isProcessAlive } from "@/supervisor/processes/alive";

const run = promisify(execFile);
const STOP_DEADLINE_MS = 15_000;
/** How long a backend may take to notice by itself that its postmaster was killed. */
const BACKEND_DEADLINE_MS = 5_000;

/**
 * Ends what a killed supervisor left running on this folder, so that a new PostgreSQL can start. Returns the
 * postmaster's pid if there was one. Throws if it does not end.
 */
export async function endOrphan(folder: string): Promise<number | null> {
  const pidFile = path.join(folder, "postmaster.pid");
  const pid = Number.parseInt(await readFile(pidFile, "utf8").catch(() => ""), 10);
  const isOurs = pid > 0 && (await isPostgresOf(pid, folder));
  if (isOurs) await endPostmaster(pid, folder);
  await endBackends(folder);
  // Nobody uses the folder any more. But PostgreSQL would take a zombie, or another program that now has this pid, for
  // a living postmaster.
  await rm(pidFile, { force: true });
  return isOurs ? pid : null;
}

async function endPostmaster(pid: number, folder: string): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    sendSignal(pid, signal);
    if (await waitUntil(async () => !(await isProcessAlive(pid)), STOP_DEADLINE_MS)) return;
  }
  throw new Error(`A PostgreSQL (pid ${pid}) still runs on ${folder} and does not stop: end it, then start again.`);
}

/** Backends that outlived their postmaster still write to the folder: a new PostgreSQL beside them would damage it. */
async function endBackends(folder: string): Promise<void> {
  const hasNone = async () => (await findByFolder(folder)).length === 0;
  if (await waitUntil(hasNone, BACKEND_DEADLINE_MS)) return;
  for (const pid of await findByFolder(folder)) sendSignal(pid, "SIGKILL");
  if (await waitUntil(hasNone, BACKEND_DEADLINE_MS)) return;
  throw new Error(`Processes of an earlier PostgreSQL still use ${folder}: end them, then start again.`);
}

async function isPostgresOf(pid: number, folder: string): Promise<boolean> {
  if (!(await isProcessAlive(pid))) return false;
  if (process.platform === "linux") return (await findByFolder(folder)).includes(pid);
  const { stdout } = await run("ps", ["-ww", "-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes(folder) && stdout.includes("postgres");
}

/** PostgreSQL's processes run in their data folder. Only Linux shows that; elsewhere only the pid file names them. */
async function findByFolder(folder: string): Promise<number[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).map(Number).filter((pid) => Number.isInteger(pid));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const program = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
      if (program.trim() !== "postgres") return [];
      const workFolder = await readlink(`/proc/${pid}/cwd`).catch(() => "");
      return workFolder === folder && (await isProcessAlive(pid)) ? [pid] : [];
    }),
  );
  return found.flat();
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function waitUntil(condition: () => Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
