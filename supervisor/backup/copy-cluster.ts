import { mkdir, readdir, readFile, realpath, writeFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { type CopiedSize, copyFileDurably, copyTree } from "./copy-tree";

/** What a cluster makes anew as it starts, or what would be taken for a running one's. */
const EXCLUDED = new Set(["postmaster.pid", "postmaster.opts", "pg_internal.init", "backup_label", "tablespace_map"]);
const EMPTIED = new Set([
  ...["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"],
  "pgsql_tmp",
]);
const WAL_SEGMENT = /^[0-9A-F]{24}$/;
const SLOT = "agentrun_backup";

/** Which segments of the log the copy needs, and what PostgreSQL reads first when it starts on the copy. */
type BackupEnd = { label: string; tablespaces: string; firstSegment: string; lastSegment: string };

/**
 * Copies the folder of a PostgreSQL that goes on working, as its manual's "low-level API" of base backups describes:
 * files may change while they are read, and the log from the beginning to the end of the copy mends that when it is
 * started. A replication slot keeps that log, and goes with this connection, however it ends.
 */
export async function copyCluster(
  databaseUrl: string,
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<CopiedSize> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "agentrun-backup" });
  // One that breaks while files are copied: the next statement tells.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await assertServes(client, from);
    await client.query("select pg_create_physical_replication_slot($1, true, true)", [`${SLOT}_${process.pid}`]);
    const firstSegment = await beginBackup(client);
    const copied = await copyTree(from, to, signal, { isExcluded, isEmptied: (name) => EMPTIED.has(name) });
    const backupEnd = await endBackup(client, firstSegment);
    await copyWal(path.join(from, "pg_wal"), path.join(to, "pg_wal"), backupEnd);
    await writeFile(path.join(to, "backup_label"), backupEnd.label, { mode: 0o600, flush: true });
    return copied;
  } finally {
    await client.end();
  }
}

/**
 * Throws unless this server's data is in the folder. A `postmaster.pid` that was left behind names a port at which
 * another server may listen by now, and one whose folder was copied from this one takes the same password.
 */
async function assertServes(client: pg.Client, folder: string): Promise<void> {
  const { rows } = await client.query<{ data_directory: string }>("show data_directory");
  const servedFolder = rows[0]?.data_directory ?? "";
  const isSame = (await realpath(servedFolder).catch(() => null)) === (await realpath(folder));
  if (!isSame) throw new Error(`The PostgreSQL at this folder's port serves another one: ${servedFolder}`);
}

/** Temporary relations of connections belong to nobody in the copy. */
function isExcluded(name: string): boolean {
  return EXCLUDED.has(name) || /^t\d+_\d+/.test(name);
}

async function beginBackup(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ segment: string }>(
    "select pg_walfile_name(pg_backup_start('agentrun', fast => true)) as segment",
  );
  return rows[0]?.segment ?? "";
}

async function endBackup(client: pg.Client, firstSegment: string): Promise<BackupEnd> {
  const { rows } = await client.query<Omit<BackupEnd, "firstSegment">>(
    `select labelfile as label, spcmapfile as tablespaces, pg_walfile_name(lsn) as "lastSegment"
     from pg_backup_stop(wait_for_archive => false)`,
  );
  const [ended] = rows;
  if (!ended) throw new Error("PostgreSQL did not say how the copy ends.");
  if (ended.tablespaces.trim() !== "")
    throw new Error("The database has tablespaces outside its folder, which are not copied: back it up by pg_dump.");
  return { ...ended, firstSegment };
}

async function copyWal(from: string, to: string, { firstSegment, lastSegment }: BackupEnd): Promise<void> {
  await mkdir(path.join(to, "archive_status"), { recursive: true, mode: 0o700 });
  const neededSegments = (await readdir(from)).filter(
    (name) => WAL_SEGMENT.test(name) && name >= firstSegment && name <= lastSegment,
  );
  for (const name of neededSegments) await copyFileDurably(path.join(from, name), path.join(to, name));
}

/** Where a running PostgreSQL of this folder is reached; null when none runs there, as far as its folder tells. */
export async function readPort(folder: string): Promise<number | null> {
  const lines = (await readFile(path.join(folder, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const port = Number(lines[3]);
  return Number.isInteger(port) && port > 0 ? port : null;
}
