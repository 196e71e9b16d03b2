import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { createRun } from "@/server/runs";
import { collectGarbage, extendStorage, getStorage, listStorage, pinStorage, restoreStorage, unpinStorage } from ".";
import { createTestStore, type TestStore, withStorage } from "./test/context";
import { claimSession, makeStoredSession, makeUsedSession } from "./test/volume";

const DAY_MS = 86_400_000;
const GC = { dryRun: false, limit: 50 };

/** Returns the store with a configuration in which sessions expire after a day of idleness. */
function idleOf(store: TestStore): ServiceContext {
  return withStorage(store.as(), { idleTtlMs: DAY_MS });
}

/** Makes it look as if nobody had used a session for so long. */
async function idle(ctx: ServiceContext, sessionId: string, hours: number): Promise<void> {
  const then = sql`now() - ${hours} * interval '1 hour'`;
  await ctx.db
    .update(sessions)
    .set({
      usedAt: then,
      createdAt: then,
      lastActivityAt: sql`case when last_activity_at is null then null else ${then} end`,
    })
    .where(eq(sessions.sessionId, sessionId));
}

const idsOf = (entries: { sessionId: string }[]) => entries.map((entry) => entry.sessionId);

test("collects sessions idle for too long, the idlest first, after expired ones", async () => {
  await using store = await createTestStore();
  const ctx = idleOf(store);
  const [idler, idlest, fresh, expired, later] = [
    await makeUsedSession(ctx, { note: "idle" }),
    await makeUsedSession(ctx, { note: "idlest" }),
    await makeUsedSession(ctx, { note: "fresh" }),
    await makeUsedSession(ctx, { note: "expired" }),
    await makeUsedSession(ctx, { note: "its own expiry lies ahead" }),
  ];
  await idle(ctx, idler, 30);
  await idle(ctx, idlest, 60);
  await idle(ctx, fresh, 20);
  for (const [sessionId, days] of [
    [expired, -1],
    [later, 1],
  ] as const) {
    await idle(ctx, sessionId, 90);
    const expiresAt = new Date(Date.now() + days * DAY_MS);
    await ctx.db.update(sessions).set({ expiresAt }).where(eq(sessions.sessionId, sessionId));
  }
  const dry = await collectGarbage(ctx, { ...GC, dryRun: true });
  expect(idsOf(dry.evicted)).toEqual([expired, idlest, idler]);
  expect((await collectGarbage(store.as(), { ...GC, dryRun: true })).evicted).toMatchObject([{ sessionId: expired }]);
  const listed = await listStorage(ctx, { sort: "updatedAt", limit: 50, isExpired: true });
  expect(idsOf(listed.items).sort()).toEqual([expired, idlest, idler].sort());
  expect(listed.totals).toMatchObject({ volumes: 5, expired: 3 });
  expect(idsOf((await collectGarbage(ctx, GC)).evicted)).toEqual([expired, idlest, idler]);
  expect(await getStorage(ctx, { sessionId: fresh })).toMatchObject({ storageState: "live", expiresAt: null });
});

test("agent activity keeps its session, however long its turn runs", async () => {
  await using store = await createTestStore();
  const ctx = idleOf(store);
  const sessionId = await makeUsedSession(ctx, { note: "idle" });
  await idle(ctx, sessionId, 30);
  await ctx.db.update(sessions).set({ lastActivityAt: sql`now()` }).where(eq(sessions.sessionId, sessionId));
  const report = await collectGarbage(ctx, GC);
  expect([report.evicted, report.kept]).toEqual([[], []]);
});

test("a run, a turn and a restore each restart the idle time, and a pin prevents collection", async () => {
  await using store = await createTestStore();
  const ctx = idleOf(store);
  const sessionId = await makeUsedSession(ctx, { note: "used" });
  await idle(ctx, sessionId, 30);
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  expect((await collectGarbage(ctx, GC)).evicted).toEqual([]);
  await ctx.db.execute(sql`update agentrun_runs set status = 'cancelled' where id = ${run.id}`);
  await idle(ctx, sessionId, 30);
  await pinStorage(ctx, { sessionId });
  expect((await collectGarbage(ctx, GC)).kept).toEqual([{ sessionId, reason: "pinned" }]);
  await unpinStorage(ctx, { sessionId });
  expect(idsOf((await collectGarbage(ctx, GC)).evicted)).toEqual([sessionId]);
  await restoreStorage(ctx, { sessionId });
  expect((await collectGarbage(ctx, GC)).evicted).toEqual([]);
  await idle(ctx, sessionId, 30);
  await claimSession(ctx, sessionId);
  const usedAt = (await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId)))[0]?.usedAt;
  expect(Date.now() - (usedAt?.getTime() ?? 0)).toBeLessThan(DAY_MS);
});

test("shows from when a session may be collected, and an extension counts from then", async () => {
  await using store = await createTestStore();
  const ctx = idleOf(store);
  const sessionId = await makeStoredSession(ctx);
  const { collectableAt, expiresAt } = await getStorage(ctx, { sessionId });
  expect(expiresAt).toBeNull();
  expect(Math.abs(Date.parse(collectableAt ?? "") - Date.now() - DAY_MS)).toBeLessThan(60_000);
  const sooner = new Date(Date.now() + DAY_MS / 2).toISOString();
  await expect(extendStorage(ctx, { sessionId, expiresAt: sooner })).rejects.toMatchObject({ reason: "would-shorten" });
  const extended = await extendStorage(ctx, { sessionId, byMs: DAY_MS });
  expect(Math.abs(Date.parse(extended.expiresAt ?? "") - Date.now() - 2 * DAY_MS)).toBeLessThan(60_000);
  // Without an expiry it would be collected for idleness before that.
  await expect(extendStorage(ctx, { sessionId, expiresAt: null })).rejects.toMatchObject({ reason: "would-shorten" });
  expect(await getStorage(store.as(), { sessionId })).toMatchObject({ collectableAt: extended.expiresAt });
});

test("activity columns are in no index, so their updates stay in place", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const client = await store.database.connect();
  await client.query("vacuum agentrun_sessions");
  await client.query("begin");
  for (let beat = 1; beat <= 5; beat += 1) {
    await client.query(
      "update agentrun_sessions set last_activity_at = clock_timestamp(), last_event_seq = $2 where session_id = $1",
      [sessionId, beat],
    );
  }
  const { rows } = await client.query<{ hot: string }>(
    "select pg_stat_get_xact_tuples_hot_updated('agentrun_sessions'::regclass) as hot",
  );
  await client.query("rollback");
  expect(Number(rows[0]?.hot)).toBe(5);
});
