import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveManifests, archiveSegments, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { finishRemovals, getManifest, getSegment } from "@/server/manifests";
import { requireSession } from "@/server/sessions";
import { collectGarbage, evictStorage, forkSession, getStorage, pinStorage, restoreStorage } from "@/server/storage";
import { createTestStore, SYSTEM, withStorage } from "@/server/storage/test/context";
import {
  claimSession,
  endRun,
  folderOf,
  makeStoredSession,
  makeUsedSession,
  readNote,
  takeTurns,
} from "@/server/storage/test/volume";
import { Manifest, restoreVolume } from "@/volume";
import { expireArchives } from ".";

const HOUR_MS = 3_600_000;

/** Makes a session with as many archives as turns. */
async function makeArchives(ctx: ServiceContext, notes: string[]): Promise<string> {
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await takeTurns(ctx, held, { sessionId, notes });
  await endRun(held);
  return sessionId;
}

/** Makes it look as if every archive had been replaced, and every volume evicted, so many hours ago. */
async function age(ctx: ServiceContext, hours: number): Promise<void> {
  const earlier = (column: unknown) => sql`${column} - ${hours} * interval '1 hour'`;
  await ctx.db.update(archiveManifests).set({ supersededAt: earlier(archiveManifests.supersededAt) });
  await ctx.db.update(archiveSegments).set({ createdAt: earlier(archiveSegments.createdAt) });
  await ctx.db.update(sessions).set({ storageEvictedAt: earlier(sessions.storageEvictedAt) });
}

async function manifestsOf(ctx: ServiceContext, sessionId: string): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: archiveManifests.id })
    .from(archiveManifests)
    .where(eq(archiveManifests.sessionId, sessionId))
    .orderBy(archiveManifests.createdAt);
  return rows.map((row) => row.id);
}

/** Restores the archive into a new volume; returns the note on it. */
async function resume(ctx: ServiceContext, sessionId: string): Promise<string | null> {
  await evictStorage(ctx, { sessionId });
  await restoreStorage(ctx, { sessionId });
  const { manifest, manifestId } = await getManifest(ctx, { sessionId });
  const writer = { runId: "run_x", leaseEpoch: 1, attemptId: "att_x" };
  const fetchSegment = (sha256: string) => getSegment(ctx, { sessionId, sha256 });
  await restoreVolume({ dir: folderOf(ctx, sessionId), manifest, manifestId, fetchSegment, writer });
  return readNote(ctx, sessionId);
}

test("keeps the newest archives, up to the configured number", async () => {
  await using store = await createTestStore();
  const one = withStorage(store.as(), { archiveKeep: 1 });
  const three = withStorage(store.as(), { archiveKeep: 3 });
  expect(await manifestsOf(one, await makeArchives(one, ["a", "b", "c"]))).toHaveLength(1);
  const sessionId = await makeArchives(three, ["a", "b", "c", "d"]);
  expect(await manifestsOf(three, sessionId)).toHaveLength(3);
  expect(await resume(three, sessionId)).toBe("d");
});

test("removes a replaced archive after its time with its own segments, and keeps the newest complete", async () => {
  await using store = await createTestStore();
  const ctx = withStorage(store.as(), { archiveKeep: 5, archiveRetentionMs: 24 * HOUR_MS });
  const [old, young] = [await makeArchives(ctx, ["a", "b", "c"]), await makeArchives(ctx, ["d"])];
  await age(ctx, 20);
  expect(await expireArchives(ctx)).toEqual({ pruned: [], expired: [], failed: [] });
  await age(ctx, 5);
  const { archiveManifestId: newest } = await requireSession(ctx, old);
  expect(await expireArchives(ctx)).toEqual({ pruned: [old], expired: [], failed: [] });
  expect(await expireArchives(ctx)).toEqual({ pruned: [], expired: [], failed: [] });
  expect(await manifestsOf(ctx, old)).toEqual([newest]);
  const held = await ctx.db.select().from(archiveSegments).where(eq(archiveSegments.sessionId, old));
  expect(held).toHaveLength(1);
  expect([await resume(ctx, old), await resume(ctx, young)]).toEqual(["c", "d"]);
});

test("keeps an archive that a restore uses, although a newer one replaced it", async () => {
  await using store = await createTestStore();
  const ctx = withStorage(store.as(), { archiveKeep: 5, archiveRetentionMs: 24 * HOUR_MS });
  const sessionId = await makeArchives(ctx, ["a", "b", "c"]);
  const [first = ""] = await manifestsOf(ctx, sessionId);
  await ctx.db.update(sessions).set({ restoreManifestId: first }).where(eq(sessions.sessionId, sessionId));
  await age(ctx, 25);
  await expireArchives(ctx);
  expect(await manifestsOf(ctx, sessionId)).toContain(first);
  const { manifest } = await getManifest(ctx, { sessionId });
  for (const sha256 of Object.keys(Manifest.parse(manifest).segments))
    expect((await getSegment(ctx, { sessionId, sha256 })).byteLength).toBeGreaterThan(0);
});

test("removes an evicted session's archive after its time, audited, unless a pin, volume or fork needs it", async () => {
  await using store = await createTestStore();
  const ctx = withStorage(store.as(), { archiveRetentionDays: 30 });
  const [gone, pinned, live, source, late] = [
    await makeUsedSession(ctx, { note: "gone" }),
    await makeUsedSession(ctx, { note: "pinned" }),
    await makeUsedSession(ctx, { note: "live" }),
    await makeUsedSession(ctx, { note: "source" }),
    await makeUsedSession(ctx, { note: "late" }),
  ];
  for (const sessionId of [gone, pinned, source]) await evictStorage(ctx, { sessionId });
  await pinStorage(ctx, { sessionId: pinned });
  const copy = () => Promise.reject(new Error("crash"));
  const dying = { ...ctx, archive: { ...ctx.archive, copy } };
  await expect(forkSession(dying, { sessionId: source, newSessionId: "ses_fork" })).rejects.toThrow("crash");
  await age(ctx, 31 * 24);
  await evictStorage(ctx, { sessionId: late });
  expect(await expireArchives(store.as())).toEqual({ pruned: [], expired: [], failed: [] });
  expect(await expireArchives(ctx)).toEqual({ pruned: [], expired: [gone], failed: [] });
  expect(await getStorage(ctx, { sessionId: gone })).toMatchObject({ storageState: "evicted", restorable: false });
  await expect(restoreStorage(ctx, { sessionId: gone })).rejects.toMatchObject({ reason: "store-not-restorable" });
  expect(await ctx.db.select().from(archiveSegments).where(eq(archiveSegments.sessionId, gone))).toEqual([]);
  const { rows } = await ctx.db.execute<{ targetId: string }>(
    sql`select target_id as "targetId" from agentrun_audit where action = 'archive.expired'`,
  );
  expect(rows).toEqual([{ targetId: gone }]);
  for (const [sessionId, note] of [
    [pinned, "pinned"],
    [live, "live"],
    [late, "late"],
  ] as const)
    expect(await resume(ctx, sessionId)).toBe(note);
  // Once the fork has its own copy, the source's archive is removed too.
  await forkSession(ctx, { sessionId: source, newSessionId: "ses_fork" });
  expect((await expireArchives(ctx)).expired).toEqual([source]);
  expect(await resume(ctx, "ses_fork")).toBe("source");
});

test("the repair finishes an interrupted removal of an expired archive", async () => {
  await using store = await createTestStore();
  const ctx = withStorage(store.as(), { archiveRetentionDays: 30 });
  const sessionId = await makeUsedSession(ctx, { note: "gone" });
  await evictStorage(ctx, { sessionId });
  const [segment] = await ctx.db.select().from(archiveSegments).where(eq(archiveSegments.sessionId, sessionId));
  await age(ctx, 31 * 24);
  const removeAll = () => Promise.reject(new Error("crash"));
  const dying = { ...ctx, archive: { ...ctx.archive, removeAll } };
  expect((await expireArchives(dying)).failed).toEqual([sessionId]);
  expect(await ctx.archive.get(sessionId, segment?.sha256 ?? "")).not.toBeNull();
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ restorable: false });
  await ctx.db.update(archiveSegments).set({ removingAt: sql`now() - interval '11 minutes'` });
  expect(await finishRemovals(ctx)).toBe(1);
  expect(await ctx.archive.get(sessionId, segment?.sha256 ?? "")).toBeNull();
});

test("after a restore from backup no archive expires until a person has collected once", async () => {
  await using store = await createTestStore();
  const retention = { archiveRetentionMs: HOUR_MS, archiveRetentionDays: 30 };
  const [person, loop] = [withStorage(store.as(), retention), withStorage(store.as(SYSTEM), retention)];
  const [evicted, live] = [
    await makeUsedSession(person, { note: "used since" }),
    await makeArchives(person, ["1", "2"]),
  ];
  await evictStorage(person, { sessionId: evicted });
  await collectGarbage(loop, { dryRun: false, limit: 50 });
  await age(person, 31 * 24);
  // Does what the first start on another cluster than the dump's does.
  await person.db.execute(sql`update agentrun_feed_epoch set epoch = 'another', system_identifier = 'another'`);
  expect(await expireArchives(loop)).toEqual({ pruned: [], expired: [], failed: [] });
  await restoreStorage(person, { sessionId: evicted });
  const { manifest } = await getManifest(person, { sessionId: evicted });
  for (const sha256 of Object.keys(Manifest.parse(manifest).segments))
    expect((await getSegment(person, { sessionId: evicted, sha256 })).byteLength).toBeGreaterThan(0);

  await evictStorage(person, { sessionId: evicted });
  await age(person, 31 * 24);
  await collectGarbage(person, { dryRun: false, limit: 1 });
  expect(await expireArchives(loop)).toEqual({ pruned: [live], expired: [evicted], failed: [] });
});
