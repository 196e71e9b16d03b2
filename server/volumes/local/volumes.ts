import { randomUUID } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { chmod, lstat, mkdir, opendir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import {
  type FoundVolume,
  isHashedName,
  type VolumeSpec,
  type VolumeStatus,
  type Volumes,
  volumeNameOf,
} from "@/server/volumes/volumes";
import { readOwner, removeOwner, writeOwner } from "./owner";

/** Allowed names of folders: rows of an adopted database hold names that others chose. */
const SAFE_NAME = /^[a-z0-9][a-z0-9.-]{0,252}$/;
/** Folders that AgentRun itself keeps on a volume. They can be made again, so they are not content. */
const OWN_FOLDERS = new Set([".agentrun", "thread-writer-locks"]);
const NAMESPACE = "local";
const FOLDERS_PER_PAGE = 500;

/** Creates volumes as folders below one root, one for each session. */
export function createLocalVolumes(root: string): Volumes {
  const folderOf = (name: string): string | null => (SAFE_NAME.test(name) ? path.join(root, name) : null);
  async function statOf(name: string): Promise<BigIntStats | null> {
    const folder = folderOf(name);
    const stat = folder === null ? undefined : await lstat(folder, { bigint: true }).catch(ignoreMissing);
    return stat?.isDirectory() ? stat : null;
  }

  async function findVolume(name: string): Promise<VolumeStatus | null> {
    const stat = await statOf(name);
    return stat && statusOf(name, stat);
  }

  async function inspect(name: string): Promise<FoundVolume | null> {
    const stat = await statOf(name);
    if (stat === null) return null;
    const owner = await readOwner(root, name);
    return { ...statusOf(name, stat), requestedBytes: null, createdAt: stat.birthtime.toISOString(), owner };
  }

  return {
    namespace: NAMESPACE,
    provider: "local",
    defaultSizeBytes: null,
    nameFor: volumeNameOf,
    folderOf,
    async ensure(spec: VolumeSpec) {
      const name = volumeNameOf(spec.sessionId);
      await writeOwner(root, name, spec);
      await mkdir(path.join(root, name), { recursive: true, mode: 0o700 });
      const volume = await findVolume(name);
      if (volume === null) throw new Error(`${path.join(root, name)} is not a folder: move it away to make the volume`);
      return volume;
    },
    find: findVolume,
    inspect,
    async *list() {
      const names = (await readdir(root).catch(ignoreMissing))?.filter(isHashedName) ?? [];
      for (let start = 0; start < names.length; start += FOLDERS_PER_PAGE) {
        const found = await Promise.all(names.slice(start, start + FOLDERS_PER_PAGE).map(inspect));
        yield found.filter((volume) => volume !== null);
      }
    },
    async remove(name, uid) {
      const folder = folderOf(name);
      if (folder === null) return "gone";
      // Renamed first, so that an interrupted removal never leaves half a volume under its name.
      const removalPath = path.join(root, `.removing-${name}-${randomUUID()}`);
      const isSameVolume = uid !== null && (await findVolume(name))?.uid === uid;
      if (isSameVolume) await rename(folder, removalPath).catch(ignoreMissing);
      const leftovers = (await readdir(root).catch(() => [])).filter((entry) => entry.startsWith(`.removing-${name}-`));
      for (const leftover of leftovers) await removeTree(path.join(root, leftover));
      if (isSameVolume) await removeOwner(root, name);
      return "gone";
    },
    async isEmpty(name) {
      const folder = folderOf(name);
      if (folder === null || (await findVolume(name)) === null) return true;
      const entries = await readdir(folder, { withFileTypes: true });
      for (const entry of entries) {
        if (OWN_FOLDERS.has(entry.name)) continue;
        if (!entry.isDirectory() || (await containsFile(path.join(folder, entry.name)))) return false;
      }
      return true;
    },
  };
}

/** A new folder may get the inode of its predecessor, but has a later birth time. */
function statusOf(name: string, { ino, birthtimeNs }: BigIntStats): VolumeStatus {
  return { name, namespace: NAMESPACE, uid: `${ino}-${birthtimeNs}`, phase: "Bound" };
}

/**
 * Whether anything except folders lies below, or may lie there: a folder that cannot be listed does not count as empty.
 */
async function containsFile(folder: string): Promise<boolean> {
  const pendingFolders = [folder];
  for (let current = pendingFolders.pop(); current !== undefined; current = pendingFolders.pop()) {
    const entries = await opendir(current).catch((error: unknown) => {
      if (!isDenied(error)) throw error;
    });
    if (!entries) return true;
    for await (const entry of entries) {
      if (!entry.isDirectory()) return true;
      pendingFolders.push(path.join(current, entry.name));
    }
  }
  return false;
}

async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!isDenied(error)) throw error;
    // An agent may leave folders that their own owner cannot list.
    await unlockFolders(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function unlockFolders(folder: string): Promise<void> {
  const pendingFolders = [folder];
  for (let current = pendingFolders.pop(); current !== undefined; current = pendingFolders.pop()) {
    await chmod(current, 0o700);
    for (const entry of await readdir(current, { withFileTypes: true })) {
      if (entry.isDirectory()) pendingFolders.push(path.join(current, entry.name));
    }
  }
}

function isDenied(error: unknown): boolean {
  return ["EACCES", "EPERM", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
