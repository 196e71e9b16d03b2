import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { sql } from "drizzle-orm";
import pino from "pino";
import { expect, test } from "vitest";
import { readMigrations } from "@/db/migrate";
import { Leadership } from "@/server/live";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { noteWorker } from "@/server/test/note-worker";
import { type HealthSource, noteLoops, readLoopStates, readStoppedLoops, serverStatus } from ".";

const LOOP = { holder: "pod-1 (7)", version: "1.2.3", intervalMs: 1_000, tookMs: 4, failures: 0, failure: null };

test("judges a loop by its lock's holder and its recorded passes", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const stateOf = async (name: string) => (await readLoopStates(ctx)).loops.find((loop) => loop.name === name);
  expect(await readLoopStates(ctx)).toMatchObject({ worker: { isAway: true, seenAt: null, version: null } });
  expect(await stateOf("bulk")).toMatchObject({ state: "away", isLed: false, passedAt: null });

  const leader = new Leadership(store.database.url, pino({ level: "silent" }));
  leader.start(["bulk", "purge", "retention"]);
  await expect.poll(() => ["bulk", "purge", "retention"].every((name) => leader.leads(name))).toBe(true);
  expect(await stateOf("bulk")).toMatchObject({ state: "good", isLed: true, ledSince: expect.any(String) });
  await noteLoops(ctx, [
    { name: "bulk", ...LOOP, passedAgoMs: 500, beganAgoMs: null },
    { name: "purge", ...LOOP, passedAgoMs: null, beganAgoMs: null, failures: 3, failure: "it may not" },
    { name: "retention", ...LOOP, passedAgoMs: 600_000, beganAgoMs: null },
    { name: "tokens", ...LOOP, passedAgoMs: 600_000, beganAgoMs: 200_000 },
  ]);
  // A new leader has not passed yet, whatever was recorded before it.
  expect(await stateOf("retention")).toMatchObject({ state: "good" });
  expect(await stateOf("bulk")).toMatchObject({ state: "good", version: "1.2.3", holder: "pod-1 (7)", tookMs: 4 });
  expect(await stateOf("purge")).toMatchObject({ state: "failing", failures: 3, failure: "it may not" });
  expect(await stateOf("tokens")).toMatchObject({ state: "good", isLed: false, beganAt: expect.any(String) });
  expect((await readLoopStates(ctx)).worker).toMatchObject({ isAway: false, version: "1.2.3" });

  const stopped = async () => (await readStoppedLoops(ctx)).loops.map(({ name, state }) => [name, state]);
  expect(await stopped()).toContainEqual(["purge", "failing"]);
  expect((await stopped()).map(([name]) => name)).not.toContain("bulk");

  await leader.close();
  await ctx.db.execute(sql`update agentrun_loops set noted_at = noted_at - interval '1 minute'`);
  expect(await stateOf("bulk")).toMatchObject({ state: "away", isLed: false });
  expect((await readLoopStates(ctx)).worker).toMatchObject({ isAway: true, seenAt: expect.any(String) });
});

test("a loop without recent passes is late, and earlier passes stay known during one under way", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteLoops(ctx, [{ name: "bulk", ...LOOP, passedAgoMs: 100_000, beganAgoMs: null }]);
  const before = (await readLoopStates(ctx)).loops.find(({ name }) => name === "bulk");
  expect(before).toMatchObject({ state: "late" });
  await noteLoops(ctx, [{ name: "bulk", ...LOOP, tookMs: null, passedAgoMs: null, beganAgoMs: 10 }]);
  const after = (await readLoopStates(ctx)).loops.find(({ name }) => name === "bulk");
  expect(after).toMatchObject({ state: "good", passedAt: before?.passedAt, tookMs: 4 });
});

test("status shows reachability and migrations, and hides machines from a tenant's caller", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteWorker(ctx, { purge: { failures: 9, failure: "of somebody" } });
  const migrationIds = readMigrations().map(({ id }) => id);
  const source: HealthSource = { pool: ctx.pool, migrationIds, isServing: () => true, isListening: () => false };
  const status = await serverStatus(ctx, source);
  expect(status).toMatchObject({
    web: { isListening: false, sourceCommit: "test" },
    worker: { isAway: false },
    migrations: { applied: migrationIds.length, expected: migrationIds.length, missing: [], unknown: [] },
    archive: { isReachable: true, message: null },
    volumes: { isReachable: true, provider: "local" },
    executor: { kind: "none", isReachable: null },
  });
  expect(Math.abs(status.clock.databaseAheadMs)).toBeLessThan(5_000);
  expect(status.loops.find(({ name }) => name === "purge")).toMatchObject({
    holder: "machine (1)",
    failure: "of somebody",
  });
  const own = await serverStatus(store.as(tenantOperator("acme")), { ...source, migrationIds: ["999_later"] });
  expect(own.loops.find(({ name }) => name === "purge")).toMatchObject({ holder: null, failure: null, failures: 9 });
  expect(own.migrations).toMatchObject({ expected: 1, missing: ["999_later"], unknown: migrationIds });
});

test("reports an unreachable archive without its path", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const folder = path.join(store.dataDir, "archive");
  await rm(folder, { recursive: true, force: true });
  await writeFile(folder, "in the way");
  const source: HealthSource = { pool: ctx.pool, migrationIds: [], isServing: () => true, isListening: () => true };
  const { archive } = await serverStatus(ctx, source);
  expect(archive).toMatchObject({ isReachable: false, message: "the file system says EEXIST" });
});

test("a loop with a long interval is not stopped while its leader is alive", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteWorker(ctx, { tokens: { intervalMs: 3_600_000, passedAgoMs: 600_000 } });
  await ctx.db.execute(
    sql`update agentrun_loops set noted_at = noted_at - interval '10 minutes' where name = 'tokens'`,
  );
  expect((await readStoppedLoops(ctx)).loops).toEqual([]);
  await noteWorker(ctx, { bulk: { failures: 5 } });
  expect((await readStoppedLoops(ctx)).loops).toMatchObject([{ name: "bulk", state: "failing" }]);
});
