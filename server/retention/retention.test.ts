import { readdir } from "node:fs/promises";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveSegments, events, runs, sessions } from "@/db/schema";
import { createCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { createRun, finishRun } from "@/server/runs";
import { createSession, deleteSession, getSession, readTrace } from "@/server/sessions";
import { createTestStore } from "@/server/storage/test/context";
import { makeStoredSession, makeUsedSession, readNote } from "@/server/storage/test/volume";
import { purgeDeleted, retireExpired } from ".";

test("a deleted session's volume, archive, events and runs go, and a day later its row", async () => {
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

test("a purge that its budget or a fault cuts off goes on where it stopped", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "x" });
  await deleteSession(ctx, { sessionId });
  const failing = { ...ctx, archive: { ...ctx.archive, removeAll: () => Promise.reject(new Error("away")) } };
  expect((await purgeDeleted(failing)).failed).toEqual([sessionId]);
  expect(await purgeDeleted(ctx, { rows: 1 })).toEqual({ emptied: [], removed: [], failed: [] });
  expect((await purgeDeleted(ctx)).emptied).toEqual([sessionId]);
});

test("deleted sessions whose volumes cannot go yet keep no other from being purged", async () => {
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
  expect((await purgeDeleted(held)).emptied).toEqual([behind]);
  expect((await purgeDeleted(ctx)).emptied).toHaveLength(50);
}, 60_000);

async function makeDeleted(ctx: ServiceContext, minutesAgo: number): Promise<string> {
  const { sessionId } = await createSession(ctx, { backendProfile: "codex" });
  await deleteSession(ctx, { sessionId });
  const deletedAt = sql`now() - make_interval(mins => ${minutesAgo}::int)`;
  await ctx.db.update(sessions).set({ deletedAt }).where(eq(sessions.sessionId, sessionId));
  return sessionId;
}

test("runs of a session that expired long ago go when its volume has gone; its archive stays", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "kept in the archive" });
  const longAgo = sql`now() - interval '91 days'`;
  await ctx.db.update(sessions).set({ expiresAt: longAgo }).where(eq(sessions.sessionId, sessionId));
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

async function makeRetired(ctx: ServiceContext): Promise<{ sessionId: string; eventCount: number }> {
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_old" } });
  await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "go" } });
  const { lastEventSeq } = await finishRun(ctx, { runId: run.id, terminalStatus: "failed" });
  await ctx.db
    .update(sessions)
    .set({ storageKind: "none", storageState: "none", expiresAt: sql`now() - interval '91 days'` })
    .where(eq(sessions.sessionId, "ses_old"));
  return { sessionId: "ses_old", eventCount: lastEventSeq };
}

test("a budget that ends with a session's last run leaves nothing that names the run", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, eventCount } = await makeRetired(ctx);
  expect(await retireExpired(ctx, { rows: eventCount + 1 })).toEqual([sessionId]);
  expect(await getSession(ctx, { sessionId })).toMatchObject({ lastRunId: null, lastCommandId: null });
  expect(await readTrace(ctx, { sessionId, afterSeq: 0, limit: 50 })).toMatchObject({ runId: null, items: [] });
});

test("a run that is created while its session is retired stays the session's last", async () => {
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
