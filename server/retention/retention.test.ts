import { readdir } from "node:fs/promises";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveSegments, events, runs, sessions } from "@/db/schema";
import { createCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { createRun, finishRun } from "@/server/runs";
import { createSession, deleteSession, getSession, readTrace } from "@/server/sessions";
import { pinStorage } from "@/server/storage";
import { createTestStore } from "@/server/storage/test/context";
import { makeStoredSession, makeUsedSession, readNote } from "@/server/storage/test/volume";
import { purgeDeleted, retireExpired } from ".";

const LONG_AGO = sql`now() - interval '91 days'`;

test("removes a deleted session's volume, archive, events and runs, and its row a day later", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "secret" });
  const other = await makeUsedSession(ctx, { note: "other" });
  await deleteSession(ctx, { sessionId });
  expect(await purgeDeleted(ctx)).toEqual({ emptied: [sessionId], removed: [], failed: [] });
  expect(await readNote(ctx, sessionId)).toBeNull();
  expect(await readdir(path.join(store.dataDir, "archive"))).toHaveLength(1);
  expect(await ctx.db.select().from(archiveSegments).where(eq(archiveSegments.sessionId, sessionId))).toEqual([]);
  expect(await ctx.db.select().from(runs).where(eq(runs.sessionId, sessionId))).toEqual([]);
  const [row] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
  expect(row).toMatchObject({ title: null, metadata: {}, storageState: "none", storagePvcName: null });
  expect(await purgeDeleted(ctx)).toEqual({ emptied: [], removed: [], failed: [] });
  await ctx.db
    .update(sessions)
    .set({ deletedAt: sql`now() - interval '25 hours'` })
    .where(eq(sessions.sessionId, sessionId));
  expect((await purgeDeleted(ctx)).removed).toEqual([sessionId]);
  expect(await readNote(ctx, other)).toBe("other");
  expect((await ctx.db.select().from(events)).length).toBeGreaterThan(0);
});

test("a purge interrupted by its time budget or an error continues where it stopped", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "x" });
  await deleteSession(ctx, { sessionId });
  const failing = { ...ctx, archive: { ...ctx.archive, removeAll: () => Promise.reject(new Error("away")) } };
  expect((await purgeDeleted(failing)).failed).toEqual([sessionId]);
  expect(await purgeDeleted(ctx, { rows: 1 })).toEqual({ emptied: [], removed: [], failed: [] });
  expect((await purgeDeleted(ctx)).emptied).toEqual([sessionId]);
});

test("deleted sessions whose volumes cannot go yet do not delay others", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const stuck = new Set<string>();
  for (let index = 0; index < 50; index += 1) stuck.add(await makeDeleted(ctx, 60 + index));
  const behind = await makeDeleted(ctx, 1);
  const names = new Set([...stuck].map((sessionId) => ctx.volumes.nameFor(sessionId)));
  const held: ServiceContext = {
    ...ctx,
    volumes: {
      ...ctx.volumes,
      nameFor: (sessionId) => ctx.volumes.nameFor(sessionId),
      find: (name) => ctx.volumes.find(name),
      remove: (name, uid) => (names.has(name) ? Promise.resolve("going" as const) : ctx.volumes.remove(name, uid)),
    },
  };
  // A pass that is out of time with the first of them leaves the others to the next, which goes on there.
  const walk = { after: null };
  const passes = [];
  for (let pass = 0; pass < 60; pass += 1) passes.push(await purgeDeleted(held, { rows: 50_000 }, walk, -1));
  expect(passes.flatMap(({ emptied }) => emptied)).toEqual([behind]);
  expect((await purgeDeleted(ctx)).emptied).toHaveLength(50);
}, 60_000);

async function makeDeleted(ctx: ServiceContext, minutesAgo: number): Promise<string> {
  const { sessionId } = await createSession(ctx, { backendProfile: "codex" });
  await deleteSession(ctx, { sessionId });
  const deletedAt = sql`now() - make_interval(mins => ${minutesAgo}::int)`;
  await ctx.db.update(sessions).set({ deletedAt }).where(eq(sessions.sessionId, sessionId));
  return sessionId;
}

test("removes an expired session's runs once its volume is gone, and keeps its archive", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "kept in the archive" });
  const times = { expiresAt: LONG_AGO, lastActivityAt: LONG_AGO };
  await ctx.db.update(sessions).set(times).where(eq(sessions.sessionId, sessionId));
  expect(await retireExpired(ctx)).toEqual([]);
  await ctx.db
    .update(sessions)
    .set({ storageKind: "evicted", storageState: "evicted" })
    .where(eq(sessions.sessionId, sessionId));
  await makeStoredSession(ctx);
  expect(await retireExpired(ctx)).toEqual([sessionId]);
  expect(await retireExpired(ctx)).toEqual([]);
  expect(await ctx.db.select().from(runs)).toEqual([]);
  expect(await getSession(ctx, { sessionId })).toMatchObject({ sessionId, lastRunId: null, storageKind: "evicted" });
  expect(await ctx.db.select().from(archiveSegments)).not.toEqual([]);
});

async function makeRetired(
  ctx: ServiceContext,
  sessionId = "ses_old",
): Promise<{ sessionId: string; eventCount: number }> {
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "go" } });
  const { lastEventSeq } = await finishRun(ctx, { runId: run.id, terminalStatus: "failed" });
  await ctx.db
    .update(sessions)
    .set({ storageKind: "none", storageState: "none", expiresAt: LONG_AGO, lastActivityAt: LONG_AGO })
    .where(eq(sessions.sessionId, sessionId));
  return { sessionId, eventCount: lastEventSeq };
}

test("keeps runs as long after a session's last use as after its expiry", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId } = await makeRetired(ctx);
  const lastUsed = (daysAgo: number) =>
    ctx.db
      .update(sessions)
      .set({ lastActivityAt: sql`now() - make_interval(days => ${daysAgo}::int)` })
      .where(eq(sessions.sessionId, sessionId));
  await lastUsed(89);
  expect(await retireExpired(ctx)).toEqual([]);
  expect(await ctx.db.$count(runs)).toBe(1);
  await lastUsed(91);
  expect(await retireExpired(ctx)).toEqual([sessionId]);
});

test("a session pinned while others are retired keeps its runs", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId: first } = await makeRetired(ctx, "ses_first");
  const { sessionId: second } = await makeRetired(ctx, "ses_second");
  await ctx.db
    .update(sessions)
    .set({ expiresAt: sql`now() - interval '92 days'` })
    .where(eq(sessions.sessionId, first));
  const holder = await ctx.pool.connect();
  await holder.query("begin");
  await holder.query(
    "select from agentrun_events event join agentrun_runs run on run.id = run_id where session_id = $1 for update of event",
    [first],
  );
  const retiring = retireExpired(ctx);
  await expect.poll(() => countWaiting(ctx)).toBe(1);
  await pinStorage(ctx, { sessionId: second });
  await holder.query("commit");
  holder.release();
  expect(await retiring).toEqual([first]);
  const left = await ctx.db.select({ sessionId: runs.sessionId, events: runs.lastEventSeq }).from(runs);
  expect(left).toEqual([{ sessionId: second, events: await ctx.db.$count(events) }]);
});

async function countWaiting(ctx: ServiceContext): Promise<number> {
  const { rows } = await ctx.pool.query(
    "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
  );
  return rows[0].waiting;
}

test("a pass that stops after a session's last run leaves nothing that names the run", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, eventCount } = await makeRetired(ctx);
  expect(await retireExpired(ctx, { rows: eventCount + 1 })).toEqual([sessionId]);
  expect(await getSession(ctx, { sessionId })).toMatchObject({ lastRunId: null, lastCommandId: null });
  expect(await readTrace(ctx, { sessionId, afterSeq: 0, limit: 50 })).toMatchObject({ runId: null, items: [] });
});

test("a run created while its session is retired remains the session's last run", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId } = await makeRetired(ctx);
  let freshId: string | null = null;
  // Each statement and transaction takes a connection, and another process may do its work before any of them.
  const meanwhile = async () => {
    if (freshId !== null || (await ctx.db.$count(runs)) > 0) return;
    freshId = "";
    freshId = (await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } })).id;
  };
  const pool = new Proxy(ctx.pool, {
    get: (target, name) =>
      name === "connect" ? () => meanwhile().then(() => target.connect()) : Reflect.get(target, name),
  });
  await retireExpired({ ...ctx, pool });
  expect(freshId).not.toBeNull();
  expect(await getSession(ctx, { sessionId })).toMatchObject({ lastRunId: freshId });
});
