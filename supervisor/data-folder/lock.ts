import { spawnSync } from "node:child_process";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { isProcessAlive } from "@/supervisor/processes/alive";

const Holder = z.object({ pid: z.number().int(), since: z.string(), address: z.string().nullable() });
export type Holder = z.infer<typeof Holder>;

/** Another supervisor runs on this data folder. */
export class DataFolderLockedError extends Error {
  constructor(
    readonly dataDir: string,
    readonly holder: Holder | null,
  ) {
    const who = holder ? `pid ${holder.pid}, since ${holder.since}` : "another process";
    const where = holder?.address ? `, at ${holder.address}` : "";
    super(
      `AgentRun already runs on ${dataDir}: ${who}${where}. Use it, stop it, or set AGENTRUN_DATA_DIR to another folder.`,
    );
  }
}

export interface DataFolderLock {
  /** Records the address of this supervisor, for later starts to report. */
  setAddress(address: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Locks the data folder for this process, or throws `DataFolderLockedError`. The kernel drops the lock when the process
 * ends, however it ends, so there are no stale locks.
 */
export async function lockDataFolder(dataDir: string): Promise<DataFolderLock> {
  const file = await open(path.join(dataDir, "lock"), "a+", 0o600);
  try {
    const previousHolder = await readHolder(file);
    if (await isLocked(file, previousHolder)) throw new DataFolderLockedError(dataDir, previousHolder);
  } catch (error) {
    await file.close();
    throw error;
  }
  const holder: Holder = { pid: process.pid, since: new Date().toISOString(), address: null };
  await writeHolder(file, holder);
  return {
    setAddress: (address) => writeHolder(file, { ...holder, address }),
    async release() {
      await file.truncate(0);
      await file.close();
    },
  };
}

/**
 * Whether another process holds the lock. The lock belongs to the open file, which `flock` shares with this process, so
 * it remains after `flock` has ended.
 */
async function isLocked(file: FileHandle, holder: Holder | null): Promise<boolean> {
  const flock = spawnSync("flock", ["--exclusive", "--nonblock", "3"], {
    stdio: ["ignore", "ignore", "ignore", file.fd],
  });
  if (flock.status === 0) return false;
  if (flock.status === 1) return true;
  // There is no such program (macOS): the pid in the file decides.
  return holder !== null && holder.pid !== process.pid && (await isProcessAlive(holder.pid));
}

async function readHolder(file: FileHandle): Promise<Holder | null> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4_096), 0, 4_096, 0);
  try {
    return Holder.parse(JSON.parse(buffer.toString("utf8", 0, bytesRead)));
  } catch {
    return null;
  }
}

async function writeHolder(file: FileHandle, holder: Holder): Promise<void> {
  await file.truncate(0);
  await file.appendFile(`${JSON.stringify(holder)}\n`);
}
