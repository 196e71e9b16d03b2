import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { migrate } from "@/db/migrate";
import { createFolderArchive } from "@/server/archive/folder";
import { backUp } from "@/supervisor/backup/backup";
import { copyCluster } from "@/supervisor/backup/copy-cluster";
import { lockDataFolder } from "@/supervisor/data-folder/lock";
import { readSecrets } from "@/supervisor/data-folder/secrets";
import { startDatabase } from "@/supervisor/database";

const SILENT = () => undefined;

/**
 * Makes a data folder as a supervisor has it, with a running database of the product's schema, and an archived session.
 */
async function makeDataFolder() {
  const parent = await mkdtemp(path.join(tmpdir(), "agentrun-backup-"));
  const dataDir = path.join(parent, "data");
  await mkdir(path.join(dataDir, "archive"), { recursive: true });
  const lock = await lockDataFolder(dataDir);
  const { databasePassword: password } = await readSecrets(dataDir);
  const database = await startDatabase({ dataDir, password, print: SILENT });
  await migrate(database.url);
  return {
    ...{ parent, dataDir, lock, database },
    archive: path.join(dataDir, "archive"),
    target: path.join(parent, "backups", "one"),
    async [Symbol.asyncDispose]() {
      await database.stop(10_000);
      await lock.release().catch(SILENT);
      await rm(parent, { recursive: true });
    },
  };
}

type DataFolder = Awaited<ReturnType<typeof makeDataFolder>>;

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** Puts bytes into the archive and then their row into the database, as web does. */
async function archiveSegment(client: pg.Client, { archive }: DataFolder, sessionId: string, text: string) {
  const bytes = Buffer.from(text);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await createFolderArchive(archive).put(sessionId, sha256, bytes);
  await client.query(
    `insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, codex_rollout_subdir)
     values ($1, 'default', 'default', 'demo', 'sessions') on conflict do nothing`,
    [sessionId],
  );
  await client.query("insert into agentrun_archive_segments (session_id, sha256, stored_bytes) values ($1, $2, $3)", [
    sessionId,
    sha256,
    bytes.length,
  ]);
  return sha256;
}

function runBackup({ dataDir, archive, target }: DataFolder, signal = new AbortController().signal) {
  return backUp({ dataDir, archive, target, signal, print: SILENT });
}

/** Writes rows as one writer, one commit each, while the segments of PostgreSQL's log are recycled. */
async function writeUntil(url: string, isOver: () => boolean): Promise<number> {
  const client = await connect(url);
  let written = 0;
  while (!isOver()) {
    written += 1;
    await client.query("insert into told (seq, padding) values ($1, repeat(md5($1::bigint::text), 200))", [written]);
    if (written % 50 === 0)
      await client.query("update told set padding = reverse(padding) where seq > $1", [written - 40]);
    if (written % 100 === 0) await client.query("select pg_switch_wal()");
    if (written % 100 === 50) await client.query("checkpoint");
  }
  await client.end();
  return written;
}

test("a copy made during writes starts, and holds everything written up to one instant", async () => {
  await using folder = await makeDataFolder();
  const { database, target } = folder;
  const client = await connect(database.url);
  await client.query("create table told (seq bigint primary key, padding text not null)");
  await archiveSegment(client, folder, "ses_one", "first");
  let isOver = false;
  const writing = writeUntil(database.url, () => isOver);
  await expect.poll(async () => countRows(client), { timeout: 20_000 }).toBeGreaterThan(300);
  const before = await countRows(client);
  const proof = await runBackup(folder);
  isOver = true;
  const written = await writing;
  await client.end();

  expect(proof).toEqual({ sessions: 1, segments: 1, segmentBytes: 5 });
  expect(await readdir(target)).toEqual(expect.arrayContaining(["archive", "pg", "secrets.json"]));
  expect((await stat(target)).mode & 0o777).toBe(0o700);
  const { databasePassword: password } = await readSecrets(target);
  const copy = await startDatabase({ dataDir: target, password, print: SILENT });
  const copied = await connect(copy.url);
  // It recovered from the place where the copy began. From a later place, pages would stay as they were read, torn ones
  // too.
  expect(existsSync(path.join(target, "pg", "backup_label.old"))).toBe(true);
  const { rows } = await copied.query("select count(*)::int as count, max(seq)::int as last from told");
  expect(rows[0].count).toBe(rows[0].last);
  expect(rows[0].count).toBeGreaterThanOrEqual(before);
  expect(rows[0].count).toBeLessThanOrEqual(written);
  // Its indexes agree with its heap.
  await copied.query("set enable_seqscan = off");
  expect((await copied.query("select count(*)::int as count from told where seq > 0")).rows).toEqual([
    { count: rows[0].count },
  ]);

  // The copy counts as another database from here on: cursors that were made later are invalid in it.
  const readEpoch = async (from: pg.Client) =>
    (await from.query("select epoch from agentrun_feed_epoch")).rows[0].epoch;
  const epoch = await readEpoch(copied);
  await migrate(copy.url);
  expect(await readEpoch(copied)).not.toBe(epoch);
  await copied.end();
  await copy.stop(10_000);
}, 120_000);

async function countRows(client: pg.Client): Promise<number> {
  return (await client.query("select count(*)::int as count from told")).rows[0].count;
}

test("refuses a copy that lacks archive segments which its database names, and leaves nothing behind", async () => {
  await using folder = await makeDataFolder();
  const client = await connect(folder.database.url);
  await archiveSegment(client, folder, "ses_whole", "whole");
  const sha256 = await archiveSegment(client, folder, "ses_lost", "lost");
  const archive = createFolderArchive(folder.archive);
  await archive.remove("ses_lost", sha256);
  await expect(runBackup(folder)).rejects.toThrow(/of 1 sessions: ses_lost\. Is AGENTRUN_ARCHIVE/);
  await archive.put("ses_lost", sha256, Buffer.from("los"));
  await expect(runBackup(folder)).rejects.toThrow(/ses_lost/);
  expect(await readdir(path.dirname(folder.target))).toEqual([]);

  // A segment that is being removed belongs to no archive.
  await client.query("update agentrun_archive_segments set removing_at = now() where session_id = 'ses_lost'");
  await client.end();
  expect(await runBackup(folder)).toMatchObject({ segments: 1 });
}, 120_000);

test("refuses to copy a folder with the log of another folder's server", async () => {
  await using folder = await makeDataFolder();
  const { signal } = new AbortController();
  const copied = copyCluster(folder.database.url, folder.archive, path.join(folder.parent, "copy"), signal);
  await expect(copied).rejects.toThrow(`serves another one: ${path.join(folder.dataDir, "pg")}`);
}, 120_000);

test("copies a folder without a running server, and leaves it unchanged", async () => {
  await using folder = await makeDataFolder();
  const client = await connect(folder.database.url);
  await archiveSegment(client, folder, "ses_one", "first");
  await client.end();
  await folder.database.stop(10_000);
  await folder.lock.release();
  expect(await runBackup(folder)).toMatchObject({ sessions: 1 });
  expect(existsSync(path.join(folder.dataDir, "pg", "postmaster.pid"))).toBe(false);
  await expect(runBackup(folder)).rejects.toThrow(/already exists/);
  await expect(runBackup({ ...folder, target: path.join(folder.dataDir, "inside") })).rejects.toThrow(
    /is inside the data folder/,
  );
  await expect(runBackup({ ...folder, dataDir: path.join(folder.parent, "none") })).rejects.toThrow(/no data folder/);
}, 120_000);

test("an interrupted backup leaves nothing behind", async () => {
  await using folder = await makeDataFolder();
  for (let index = 0; index < 50; index += 1)
    await writeFile(path.join(folder.archive, `loose-${index}`), "x".repeat(1_000));
  const stop = new AbortController();
  const stopped = backUp({ ...folder, signal: stop.signal, print: () => stop.abort(new Error("stopped")) });
  await expect(stopped).rejects.toThrow("stopped");
  expect(await readdir(path.dirname(folder.target))).toEqual([]);
  // The slot and the backup ended with the connection.
  const client = await connect(folder.database.url);
  await expect
    .poll(async () => (await client.query("select slot_name from pg_replication_slots")).rows, { timeout: 10_000 })
    .toEqual([]);
  await client.end();
}, 60_000);

test("refuses a target inside the data folder or the archive under any name, and creates nothing", async () => {
  await using folder = await makeDataFolder();
  const { parent, dataDir } = folder;
  const archive = path.join(parent, "archive");
  await mkdir(archive);
  const linked = path.join(parent, "link");
  await symlink(archive, linked);
  await symlink(path.join(parent, "nowhere"), path.join(parent, "dangling"));
  const backUpTo = (target: string) => runBackup({ ...folder, archive, target });
  const entries = await readdir(dataDir);
  await expect(backUpTo(path.join(dataDir, "..backups", "one"))).rejects.toThrow(/is inside the data folder/);
  await expect(backUpTo(path.join(dataDir, "backups", "one"))).rejects.toThrow(/is inside the data folder/);
  await expect(backUpTo(path.join(archive, "one"))).rejects.toThrow(/is inside the archive/);
  await expect(backUpTo(path.join(linked, "deep", "one"))).rejects.toThrow(/is inside the archive/);
  await expect(backUpTo(path.join(parent, "dangling"))).rejects.toThrow(/already exists/);
  expect(await readdir(dataDir)).toEqual(entries);
  expect(await readdir(archive)).toEqual([]);
}, 60_000);

test("ignores what a killed backup with the same process id left", async () => {
  await using folder = await makeDataFolder();
  const client = await connect(folder.database.url);
  await archiveSegment(client, folder, "ses_one", "first");
  await client.end();
  const left = `${folder.target}.partial-${process.pid}`;
  await mkdir(path.join(left, "pg", "pg_wal"), { recursive: true });
  await cp(folder.archive, path.join(left, "archive"), { recursive: true });
  for (const name of await readdir(path.join(left, "archive")))
    for (const segment of await readdir(path.join(left, "archive", name)))
      await writeFile(path.join(left, "archive", name, segment), "fir");
  expect(await runBackup(folder)).toMatchObject({ sessions: 1, segments: 1 });
}, 60_000);
