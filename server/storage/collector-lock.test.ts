import { expect, test } from "vitest";
import { withAdvisoryLock } from "@/db/queries/advisory-lock";
import { createTestDatabase } from "@/db/test/database";
import { testContext } from "@/server/test/context";
import { startDatabaseProxy } from "@/server/test/database-proxy";
import { collectGarbage, withCollectorLock } from "./collect";
import { SYSTEM } from "./test/context";

const KEY = 4_711n;

test("a long-held lock's connection stays active, so that it is not taken for dead", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const watcher = await database.connect();
  const lastWords = async () => {
    const { rows } = await watcher.query<{ query: string }>(
      `select query from pg_stat_activity join pg_locks using (pid)
       where locktype = 'advisory' and classid = 0 and objid = ${KEY}`,
    );
    return rows.map((row) => row.query);
  };
  const result = await withAdvisoryLock(ctx.pool, KEY, async () => {
    await expect.poll(lastWords, { timeout: 20_000 }).toEqual(["SELECT 1"]);
    return "done";
  });
  expect([result, await lastWords()]).toEqual(["done", []]);
}, 30_000);

test("a collector whose host lost power blocks others only until its silence timeout", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using dead = testContext(proxy);
  await using ctx = testContext(database);
  let isCollecting = false;
  const dying = withCollectorLock(dead, async () => {
    isCollecting = true;
    await dead.pool.query("select pg_sleep(3600)");
  }).catch(() => "died");
  await expect.poll(() => isCollecting).toBe(true);
  proxy.silence();
  expect(await withCollectorLock(ctx, async () => "collects")).toBeNull();
  await expect.poll(() => withCollectorLock(ctx, async () => "collects"), { timeout: 40_000 }).toBe("collects");
  await proxy[Symbol.asyncDispose]();
  expect(await dying).toBe("died");
}, 60_000);

test("a collection that meets another skips silently, and fails only when a person requested it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using other = testContext(database);
  const gc = { dryRun: false, limit: 50 };
  const met = await withCollectorLock(other, async () => {
    await expect(collectGarbage(ctx, gc)).rejects.toMatchObject({
      ...{ failureKind: "rate-limited", reason: "rate-limited", details: { retryAfterSeconds: 60 } },
    });
    return collectGarbage({ ...ctx, actor: { ...SYSTEM, name: "cron" } }, gc);
  });
  expect(met).toMatchObject({ evicted: [], advanced: [], kept: [], dryRun: false });
}, 30_000);
