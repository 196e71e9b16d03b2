import { lstat, mkdir, mkdtemp, realpath, rename, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { readSecrets } from "@/supervisor/data-folder/secrets";
import { DATABASE } from "@/supervisor/database";
import { findPostgresBinaries } from "@/supervisor/postgres/binaries";
import { choosePostgresIdentity, giveTo } from "@/supervisor/postgres/identity";
import { copyCluster } from "./copy-cluster";
import { copyFileDurably, copyTree, sizeOfTree, syncFolder } from "./copy-tree";
import { type Proof, proveCopy } from "./prove-copy";
import { withDatabase } from "./reach-database";

/** Beside the copy itself: its own log, and what recovery writes. */
const ROOM_LEFT_BYTES = 256 * 1024 * 1024;

export interface BackupOptions {
  dataDir: string;
  /** A folder that does not exist yet, outside the data folder and the archive. */
  target: string;
  /** The archive's folder; null where it is no folder. */
  archive: string | null;
  signal: AbortSignal;
  say(line: string): void;
}

/**
 * Copies a data folder into one that can be started, whether the product runs on it or not, and proves it by starting its
 * database. What is made is whole: until the end it has another name. Volumes are not copied: the archive holds what
 * they held at the end of each session's last turn, and a session goes on from there.
 */
export async function backUp(options: BackupOptions): Promise<Proof> {
  const { target, archive, say } = options;
  const dataDir = await realpath(options.dataDir).catch(() => {
    throw new Error(`${options.dataDir} is no data folder: AGENTRUN_DATA_DIR names another one.`);
  });
  await refuseTarget(target, { dataDir, archive });
  await mkdir(path.dirname(target), { recursive: true });
  // A name that no other process ever had: what a killed backup left must not become part of this one.
  const partial = await mkdtemp(`${target}.partial-`);
  try {
    const proof = await fill({ ...options, dataDir }, partial);
    await syncFolder(partial);
    await rename(partial, target);
    await syncFolder(path.dirname(target));
    say(`${target} is whole.`);
    return proof;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Throws for a target that exists, or that lies in a folder which is copied. Makes nothing. */
async function refuseTarget(
  target: string,
  { dataDir, archive }: Pick<BackupOptions, "dataDir" | "archive">,
): Promise<void> {
  if (await isThere(target)) throw new Error(`${target} is there already: name a folder that is not.`);
  const parent = await realPathOf(path.dirname(target));
  if (isWithin(dataDir, parent))
    throw new Error(`${target} lies in the data folder, and would be lost with it: name one outside.`);
  // Otherwise the copy would be copied into itself.
  if (archive !== null && isWithin(await realPathOf(archive), parent))
    throw new Error(`${target} lies in the archive, which is copied: name a folder outside.`);
}

/** Whether something has this name, a symbolic link that leads nowhere included. */
async function isThere(target: string): Promise<boolean> {
  return (await lstat(target).catch(() => null)) !== null;
}

/** Returns a folder's path without symbolic links, also where its end does not exist yet. */
async function realPathOf(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => null);
  if (real !== null || path.dirname(folder) === folder) return real ?? folder;
  return path.join(await realPathOf(path.dirname(folder)), path.basename(folder));
}

function isWithin(folder: string, inner: string): boolean {
  return inner === folder || inner.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

async function fill({ dataDir, archive, signal, say }: BackupOptions, partial: string): Promise<Proof> {
  await requireRoom(dataDir, archive, partial);
  // The archive first, and once more behind the database: what it names was there before it, and segments stay for an
  // hour after nothing names them any more.
  await copyArchive({ archive, partial, signal, say });
  await copyFileDurably(path.join(dataDir, "secrets.json"), path.join(partial, "secrets.json"));
  const { databasePassword } = await readSecrets(partial);
  const database = await copyDatabase({ dataDir, partial, signal, password: databasePassword });
  say(`Database: ${inMegabytes(database.bytes)} in ${database.files} files.`);
  await copyArchive({ archive, partial, signal, say });
  signal.throwIfAborted();
  say("Starting the copied database, to see that it is whole.");
  const copiedArchive = archive === null ? null : path.join(partial, "archive");
  return proveCopy({ dataDir: partial, databaseName: DATABASE, password: databasePassword, archive: copiedArchive });
}

async function requireRoom(dataDir: string, archive: string | null, partial: string): Promise<void> {
  const all = { isLeftOut: () => false };
  const archiveBytes = archive === null ? 0 : await sizeOfTree(archive, all);
  const neededBytes = (await sizeOfTree(path.join(dataDir, "pg"), all)) + archiveBytes + ROOM_LEFT_BYTES;
  const { bavail, bsize } = await statfs(partial);
  if (bavail * bsize < neededBytes)
    throw new Error(
      `${path.dirname(partial)} has ${inMegabytes(bavail * bsize)} left, and ${inMegabytes(neededBytes)} are needed.`,
    );
}

type Copying = { partial: string; signal: AbortSignal };

async function copyArchive({
  archive,
  partial,
  signal,
  say,
}: Copying & Pick<BackupOptions, "archive" | "say">): Promise<void> {
  if (archive === null) return;
  const { files, bytes } = await copyTree(archive, path.join(partial, "archive"), signal, {
    // One that is being written: it has its name once it is whole.
    isLeftOut: (name) => name.endsWith(".part"),
    keepsExisting: true,
  });
  if (files > 0) say(`Archive: ${inMegabytes(bytes)} in ${files} files.`);
}

async function copyDatabase({ dataDir, partial, signal, password }: Copying & { dataDir: string; password: string }) {
  const to = path.join(partial, "pg");
  const copied = await withDatabase(dataDir, password, (url) => copyCluster(url, path.join(dataDir, "pg"), to, signal));
  const { postgres } = await findPostgresBinaries();
  await giveTo(await choosePostgresIdentity(postgres, partial), to);
  return copied;
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
