import { constants } from "node:fs";
import { copyFile, mkdir, open, readdir, stat } from "node:fs/promises";
import path from "node:path";

/** How much was copied. */
export type CopiedSize = { files: number; bytes: number };

interface CopyOptions {
  /** Files and folders by their name alone. */
  isExcluded(name: string): boolean;
  /** Folders that are made and not filled. */
  isEmptied?(name: string): boolean;
  /** What is there already stays as it is: for files that never change. */
  skipsExisting?: boolean;
}

/** Side by side: a disk answers several at once, and small files are mostly waiting. */
const CONCURRENCY = 8;

/**
 * Copies a folder that others go on working in: what goes meanwhile is left out. Each file is on the disk when this
 * returns. Aborted between two files it throws the signal's reason.
 */
export async function copyTree(
  from: string,
  to: string,
  signal: AbortSignal,
  options: CopyOptions,
): Promise<CopiedSize> {
  const copied: CopiedSize = { files: 0, bytes: 0 };
  const pendingFolders = [""];
  for (let folder = pendingFolders.pop(); folder !== undefined; folder = pendingFolders.pop()) {
    await mkdir(path.join(to, folder), { recursive: true, mode: 0o700 });
    const entries = await readdir(path.join(from, folder), { withFileTypes: true }).catch(ignoreMissing);
    const includedEntries = (entries ?? []).filter(({ name }) => !options.isExcluded(name));
    const files: string[] = [];
    for (const entry of includedEntries) {
      const entryPath = path.join(folder, entry.name);
      if (entry.isFile()) files.push(entryPath);
      else if (entry.isDirectory() && options.isEmptied?.(entry.name))
        await mkdir(path.join(to, entryPath), { mode: 0o700 });
      else if (entry.isDirectory()) pendingFolders.push(entryPath);
    }
    const existing = options.skipsExisting ? new Set(await readdir(path.join(to, folder))) : new Set<string>();
    const missing = files.filter((file) => !existing.has(path.basename(file)));
    await copyAll(from, to, { files: missing, signal, copied });
    await syncFolder(path.join(to, folder));
  }
  return copied;
}

/** Copies files. When one fails no other is begun, and those under way end before the first error is thrown. */
async function copyAll(
  from: string,
  to: string,
  { files, signal, copied }: { files: string[]; signal: AbortSignal; copied: CopiedSize },
): Promise<void> {
  const remainingFiles = files.values();
  const errors: unknown[] = [];
  const copyNext = async () => {
    for (const file of remainingFiles) {
      if (errors.length > 0) return;
      signal.throwIfAborted();
      const bytes = await copyFileDurably(path.join(from, file), path.join(to, file)).catch(ignoreMissing);
      if (bytes === undefined) continue;
      copied.files += 1;
      copied.bytes += bytes;
    }
  };
  await Promise.all(
    Array.from({ length: CONCURRENCY }, () => copyNext().catch((error: unknown) => errors.push(error))),
  );
  if (errors.length > 0) throw errors[0];
}

/** Copies one file, by sharing its blocks where the file system can, and answers its bytes. */
export async function copyFileDurably(from: string, to: string): Promise<number> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  const handle = await open(to, "r+");
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** All bytes of a folder that the choice takes, for whoever asks whether there is room. */
export async function sizeOfTree(folder: string, { isExcluded }: Pick<CopyOptions, "isExcluded">): Promise<number> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  let bytes = 0;
  for (const entry of entries.filter(({ name }) => !isExcluded(name))) {
    const entryPath = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOfTree(entryPath, { isExcluded });
    else bytes += (await stat(entryPath).catch(ignoreMissing))?.size ?? 0;
  }
  return bytes;
}

/** Writes a folder's names to the disk; files that it holds are written by themselves. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
