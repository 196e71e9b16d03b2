import { lstat, mkdir, mkdtemp, realpath, rename, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { readSecrets } from "@/supervisor/data-folder/secrets";
import { DATABASE } from "@/supervisor/database";
import { findPostgresBinaries } from "@/supervisor/postgres/binaries";
import { choosePostgresIdentity, chownTree } from "@/supervisor/postgres/identity";
import { copyCluster } from "./copy-cluster";
import { copyFileDurably, copyTree, sizeOfTree, syncFolder } from "./copy-tree";
import { type CopySummary, verifyCopy } from "./verify-copy";
import { withDatabase } from "./with-database";

/** Beside the copy itself: its own log, and what recovery writes. */
const RESERVED_BYTES = 256 * 1024 * 1024;

export interface BackupOptions {
  dataDir: string;
  /** A folder that does not exist yet, outside the data folder and the archive. */
  target: string;
  /** The archive's folder; null where it is no folder. */
  archive: string | null;
  signal: AbortSignal;
  print(line: string): void;
}

/**
 * Copies a data folder into one that can be started, whether the product runs on it or not, and proves it by starting its
 * database. What is made is whole: until the end it has another name. Volumes are not copied: the archive holds what
 * they held at the end of each session's last turn, and a session goes on from there.
 */
export async function backUp(options: BackupOptions): Promise<CopySummary> {
  const { target, archive, print } = options;
  const dataDir = await realpath(options.dataDir).catch(() => {
    throw new Error(`${options.dataDir} is no data folder: AGENTRUN_DATA_DIR names another one.`);
  });
  await assertUsableTarget(target, { dataDir, archive });
  await mkdir(path.dirname(target), { recursive: true });
  // A name that no other process ever had: what a killed backup left must not become part of this one.
  const partial = await mkdtemp(`${target}.partial-`);
  try {
    const summary = await writeCopy({ ...options, dataDir }, partial);
    await syncFolder(partial);
    await rename(partial, target);
    await syncFolder(path.dirname(target));
    print(`${target} is complete.`);
    return summary;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Throws for a target that exists, or that lies in a folder which is copied. Makes nothing. */
async function assertUsableTarget(
  target: string,
  { dataDir, archive }: Pick<BackupOptions, "dataDir" | "archive">,
): Promise<void> {
  if (await pathExists(target)) throw new Error(`${target} already exists: choose a folder that does not.`);
  const parent = await resolveExistingPath(path.dirname(target));
  if (isWithin(dataDir, parent))
    throw new Error(`${target} is inside the data folder and would be lost with it: choose a folder outside it.`);
  // Otherwise the copy would be copied into itself.
  if (archive !== null && isWithin(await resolveExistingPath(archive), parent))
    throw new Error(`${target} is inside the archive, which is copied: choose a folder outside it.`);
}

/** Whether something has this name, a symbolic link that leads nowhere included. */
async function pathExists(target: string): Promise<boolean> {
  return (await lstat(target).catch(() => null)) !== null;
}

/** Returns a folder's path without symbolic links, also where its end does not exist yet. */
async function resolveExistingPath(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => null);
  if (real !== null || path.dirname(folder) === folder) return real ?? folder;
  return path.join(await resolveExistingPath(path.dirname(folder)), path.basename(folder));
}

function isWithin(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

async function writeCopy({ dataDir, archive, signal, print }: BackupOptions, partial: string): Promise<CopySummary> {
  await assertFreeSpace(dataDir, archive, partial);
  // The archive first, and once more behind the database: what it names was there before it, and segments stay for an
  // hour after nothing names them any more.
  await copyArchive({ archive, partial, signal, print });
  await copyFileDurably(path.join(dataDir, "secrets.json"), path.join(partial, "secrets.json"));
  const { databasePassword } = await readSecrets(partial);
  const database = await copyDatabase({ dataDir, partial, signal, password: databasePassword });
  print(`Database: ${formatMegabytes(database.bytes)} in ${database.files} files.`);
  await copyArchive({ archive, partial, signal, print });
  signal.throwIfAborted();
  print("Starting the copied database to verify it.");
  const copiedArchive = archive === null ? null : path.join(partial, "archive");
  return verifyCopy({ dataDir: partial, databaseName: DATABASE, password: databasePassword, archive: copiedArchive });
}

async function assertFreeSpace(dataDir: string, archive: string | null, partial: string): Promise<void> {
  const everything = { isExcluded: () => false };
  const archiveBytes = archive === null ? 0 : await sizeOfTree(archive, everything);
  const neededBytes = (await sizeOfTree(path.join(dataDir, "pg"), everything)) + archiveBytes + RESERVED_BYTES;
  const { bavail, bsize } = await statfs(partial);
  if (bavail * bsize < neededBytes)
    throw new Error(
      `${path.dirname(partial)} has ${formatMegabytes(bavail * bsize)} left, and ${formatMegabytes(neededBytes)} are needed.`,
    );
}

type CopyContext = { partial: string; signal: AbortSignal };

async function copyArchive({
  archive,
  partial,
  signal,
  print,
}: CopyContext & Pick<BackupOptions, "archive" | "print">): Promise<void> {
  if (archive === null) return;
  const { files, bytes } = await copyTree(archive, path.join(partial, "archive"), signal, {
    // One that is being written: it has its name once it is whole.
    isExcluded: (name) => name.endsWith(".part"),
    skipsExisting: true,
  });
  if (files > 0) print(`Archive: ${formatMegabytes(bytes)} in ${files} files.`);
}

async function copyDatabase({
  dataDir,
  partial,
  signal,
  password,
}: CopyContext & { dataDir: string; password: string }) {
  const to = path.join(partial, "pg");
  const copied = await withDatabase(dataDir, password, (url) => copyCluster(url, path.join(dataDir, "pg"), to, signal));
  const { postgres } = await findPostgresBinaries();
  await chownTree(await choosePostgresIdentity(postgres, partial), to);
  return copied;
}

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
