import { expect, test } from "vitest";
import { migrate, readMigrations } from "@/db/migrate";
import { createEmptyDatabase, createTestDatabase } from "@/db/test/database";
import { startDatabaseProxy } from "@/server/test/database-proxy";

test("the database rolls back a migration whose host lost power, and another process repeats it", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  const watcher = await database.connect();
  const added = (sql: string) => [...readMigrations(), { id: "added", sql, checksum: "of-added" }];

  const dying = migrate(proxy.url, added("create table half_made (); select pg_sleep(0.5)")).catch(() => "died");
  await expect
    .poll(async () => {
      const { rows } = await watcher.query("select 1 from pg_stat_activity where query like '%half_made%pg_sleep(0%'");
      return rows.length;
    })
    // One of the two is the watcher's own query.
    .toBe(2);
  proxy.silence();
  await migrate(database.url, added("create table half_made ()"));
  expect((await watcher.query("select checksum from agentrun_schema_migrations where id = 'added'")).rows).toEqual([
    { checksum: "of-added" },
  ]);
  await proxy[Symbol.asyncDispose]();
  expect(await dying).toBe("died");
}, 60_000);

const BUILDING = `-- agentrun: outside a transaction
insert into watched values (1);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY IF NOT EXISTS "watched_idx" ON "watched" ("n")`;
const building = () => [...readMigrations(), { id: "building", sql: BUILDING, checksum: "of-building" }];

test("the next process rebuilds an index that was left half built", async () => {
  await using database = await createTestDatabase();
  const [watcher, writer] = [await database.connect(), await database.connect()];
  const isValid = async () =>
    (await watcher.query("select indisvalid as is from pg_index where indexrelid = to_regclass('watched_idx')")).rows;
  await watcher.query("create table watched (n int)");
  // The migration waits for whoever has written to the table.
  await writer.query("begin; insert into watched values (0)");
  const dying = migrate(database.url, building()).catch(String);
  const waits = "application_name = 'agentrun-migrate' and wait_event_type = 'Lock' and query like '%CREATE INDEX%'";
  const findBuilder = async () =>
    (await watcher.query<{ pid: number }>(`select pid from pg_stat_activity where ${waits}`)).rows;
  await expect.poll(findBuilder).toHaveLength(1);
  const [builder] = await findBuilder();
  await watcher.query("select pg_terminate_backend($1)", [builder?.pid]);
  expect(await dying).toMatch(/migration building/);
  await writer.query("commit");
  expect(await isValid()).toEqual([{ is: false }]);

  await migrate(database.url, building());

  expect(await isValid()).toEqual([{ is: true }]);
  expect((await watcher.query("select checksum from agentrun_schema_migrations where id = 'building'")).rows).toEqual([
    { checksum: "of-building" },
  ]);
}, 60_000);

test("processes that wait for an index build do not block it, and one of them builds", async () => {
  await using database = await createTestDatabase();
  const [watcher, writer] = [await database.connect(), await database.connect()];
  await watcher.query("create table watched (n int)");
  await writer.query("begin; insert into watched values (0)");
  const all = Promise.all(Array.from({ length: 4 }, () => migrate(database.url, building())));
  const waiting = "select 1 from pg_stat_activity where application_name = 'agentrun-migrate'";
  await expect.poll(async () => (await watcher.query(waiting)).rows.length).toBe(4);
  await writer.query("commit");
  await all;
  expect((await watcher.query("select n from watched order by n")).rows).toEqual([{ n: 0 }, { n: 1 }]);
}, 60_000);

test("altering tables under concurrent writes causes no deadlock", async () => {
  await using database = await createEmptyDatabase();
  const before = readMigrations().findIndex(({ id }) => id.endsWith("_tell_webhooks"));
  await migrate(database.url, readMigrations().slice(0, before));
  const [watcher, writer] = [await database.connect(), await database.connect()];
  await writer.query(`
    insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy, status)
      values ('run_1', 't', 'p', '{}', 'p', 'demo', '{}', 'claimed');
    insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state)
      values ('cmd_1', 'run_1', 1, 'turn', '{}', '', 'acknowledged')`);
  // As the end of a turn does: first the run, then the rows that depend on it.
  await writer.query("begin; update agentrun_runs set updated_at = now() where id = 'run_1'");
  const migrating = migrate(database.url);
  const waits = "application_name = 'agentrun-migrate' and wait_event_type = 'Lock'";
  await expect
    .poll(async () => (await watcher.query(`select 1 from pg_stat_activity where ${waits}`)).rows, { timeout: 20_000 })
    .toHaveLength(1);
  await writer.query("update agentrun_commands set state = 'completed' where id = 'cmd_1'");
  await writer.query("commit");
  await migrating;
  const { rows } = await watcher.query("select count(*)::int as count from pg_trigger where tgname ~ '_tell'");
  expect(rows).toEqual([{ count: 17 }]);
}, 60_000);
