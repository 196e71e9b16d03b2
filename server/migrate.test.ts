import { expect, test } from "vitest";
import { migrate, readMigrations } from "@/db/migrate";
import { createTestDatabase } from "@/db/test/database";
import { startDatabaseProxy } from "@/server/test/database-proxy";

test("a migration whose machine lost its power is undone by the database, and another process makes it", async () => {
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
    // The watcher's own question is one of them.
    .toBe(2);
  proxy.silence();
  await migrate(database.url, added("create table half_made ()"));
  expect((await watcher.query("select checksum from agentrun_schema_migrations where id = 'added'")).rows).toEqual([
    { checksum: "of-added" },
  ]);
  await proxy[Symbol.asyncDispose]();
  expect(await dying).toBe("died");
}, 60_000);
