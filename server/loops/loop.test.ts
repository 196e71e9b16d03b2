import pino from "pino";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { readLoopStates } from "@/server/health";
import { Leadership, Live } from "@/server/live";
import { testContext } from "@/server/test/context";
import { startDatabaseProxy } from "@/server/test/database-proxy";
import { VERSION } from "@/server/version";
import { startLoop } from "./loop";
import { LoopNotes } from "./notes";

const log = pino({ level: "silent" });

function openLive(database: { url: string }, ctx: ReturnType<typeof testContext>): Live {
  return new Live({ db: ctx.database.db, databaseUrl: database.url, log, endedTokens: async () => new Set() });
}

test("one replica leads a loop; when it stops or loses its connection, another takes over", async () => {
  await using database = await createTestDatabase();
  const first = new Leadership(database.url, log);
  first.start(["work"]);
  await expect.poll(() => first.leads("work")).toBe(true);
  const second = new Leadership(database.url, log);
  second.start(["work", "other"]);
  await expect.poll(() => second.leads("other")).toBe(true);
  expect(second.leads("work")).toBe(false);

  const killer = await database.connect();
  await killer.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'agentrun-loops' and datname = current_database()",
  );
  await expect
    .poll(() => [first.leads("work"), second.leads("work")].filter(Boolean).length, { timeout: 10_000 })
    .toBe(1);
  const [leader, follower] = first.leads("work") ? [first, second] : [second, first];
  await leader.close();
  expect(leader.leads("work")).toBe(false);
  await expect.poll(() => follower.leads("work"), { timeout: 10_000 }).toBe(true);
  await follower.close();
});

test("another process leads within seconds after the leader's host loses power", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  const first = new Leadership(proxy.url, log);
  first.start(["work"]);
  await expect.poll(() => first.leads("work")).toBe(true);
  const second = new Leadership(database.url, log);
  second.start(["work"]);
  proxy.silence();
  let both = 0;
  await expect
    .poll(
      () => {
        if (first.leads("work") && second.leads("work")) both += 1;
        return second.leads("work");
      },
      { timeout: 30_000, interval: 10 },
    )
    .toBe(true);
  expect(both).toBe(0);
  await Promise.all([first.close(), second.close()]);
}, 60_000);

test("a wake runs a loop, never twice at once, and a failure does not stop it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const live = openLive(database, ctx);
  const notes = new LoopNotes(ctx);
  let running = 0;
  let passes = 0;
  let most = 0;
  const loop = startLoop(
    { live, log, notes, leadership: { leads: () => true } as unknown as Leadership },
    {
      name: "bulk",
      intervalMs: 3_600_000,
      wakeOn: ["runs"],
      async run() {
        running += 1;
        most = Math.max(most, running);
        await ctx.database.pool.query("select pg_sleep(0.01)");
        running -= 1;
        passes += 1;
        if (passes === 2) throw new Error("once");
      },
    },
  );
  await expect.poll(() => passes).toBe(1);
  for (let wake = 0; wake < 5; wake += 1) live.hub.wake("runs");
  await expect.poll(() => passes, { timeout: 10_000 }).toBe(3);
  for (let wake = 0; wake < 5; wake += 1) live.hub.wake("runs");
  // Five wakes during a pass lead to one more pass.
  await expect.poll(() => passes).toBeGreaterThanOrEqual(5);
  await loop.stop();
  const ended = passes;
  live.hub.wake("runs");
  expect([passes, most]).toEqual([ended, 1]);
  await notes.close();
  expect((await readLoopStates(ctx)).loops.find(({ name }) => name === "bulk")).toMatchObject({
    ...{ state: "good", failures: 0, failure: null, intervalMs: 3_600_000 },
    ...{ passedAt: expect.any(String), beganAt: null, version: VERSION },
  });
  await live.close();
});

test("a loop that knows its next due time runs then, once, and not before its minimum interval", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const live = openLive(database, ctx);
  const notes = new LoopNotes(ctx);
  /** What each pass returns as the time until the next. */
  const due = [300, 0, 0, 0, null];
  const beganAt: number[] = [];
  const loop = startLoop(
    { live, log, notes, leadership: { leads: () => true } as unknown as Leadership },
    {
      name: "bulk",
      intervalMs: 3_600_000,
      async run() {
        beganAt.push(performance.now());
        if (beganAt.length === 4) await ctx.database.pool.query("select pg_sleep(0.25)");
      },
      dueInMs: () => due[beganAt.length - 1] ?? null,
    },
  );
  await expect.poll(() => beganAt.length, { timeout: 10_000 }).toBe(due.length);
  const gaps = beganAt.slice(1).map((at, index) => at - (beganAt[index] ?? 0));
  expect(gaps[0]).toBeGreaterThanOrEqual(299);
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(19);
  // A long pass is followed by a rest of the same length.
  expect(gaps[3]).toBeGreaterThanOrEqual(499);
  expect(gaps.reduce((sum, gap) => sum + gap, 0)).toBeLessThan(3_000);
  await loop.stop();
  expect(beganAt).toHaveLength(due.length);
  await notes.close();
  await live.close();
});

test("records failing and unending passes", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const notes = new LoopNotes(ctx);
  const noted = async (name: string) => (await readLoopStates(ctx)).loops.find((loop) => loop.name === name);
  notes.began("purge", 1_000);
  notes.ended("purge", new Error("a secret of the driver"));
  notes.began("bulk", 1_000);
  await expect
    .poll(() => noted("purge"), { timeout: 10_000 })
    .toMatchObject({
      ...{ failures: 1, passedAt: null, beganAt: null, failure: "Unexpected error: see the server log." },
    });
  expect(await noted("bulk")).toMatchObject({ beganAt: expect.any(String), state: "good" });
  notes.ended("bulk");
  await notes.close();
  expect(await noted("bulk")).toMatchObject({ beganAt: null, passedAt: expect.any(String) });
});
