import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveManifests, archiveSegments, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { getSession, markSessionRead } from "@/server/sessions";
import { createTestStore, runnerOf } from "@/server/storage/test/context";
import {
  archive,
  claimSession,
  endRun,
  folderOf,
  makeStoredSession,
  pack,
  readNote,
  runTurn,
  takeTurns,
  writeNote,
} from "@/server/storage/test/volume";
import { restoreVolume } from "@/volume";
import {
  commitManifest,
  finishRemovals,
  getManifest,
  getSegment,
  missingSegments,
  pruneSegments,
  putSegment,
  storeSegment,
} from ".";

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("a runner's archive restores to a new volume with equal digests", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "kept" });
  const manifestId = await archive(ctx, held, sessionId);
  const [row] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
  expect(row).toMatchObject({ archiveManifestId: manifestId, archiveCommandId: row?.volumeCommandId });
  await rm(folderOf(ctx, sessionId), { recursive: true });
  const stored = await getManifest(held.runner, { sessionId });
  await restoreVolume({
    dir: folderOf(ctx, sessionId),
    manifest: stored.manifest,
    manifestId: stored.manifestId,
    fetchSegment: (sha256) => getSegment(held.runner, { sha256 }),
    writer: { runId: held.runId, leaseEpoch: held.leaseEpoch, attemptId: "att_2" },
  });
  expect(await readNote(ctx, sessionId)).toBe("kept");
});

test("refuses bytes that do not match their digest, and stores nothing", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const { runId, leaseEpoch, runner } = await claimSession(ctx, sessionId);
  const sha256 = digestOf(Buffer.from("this"));
  const wrong = putSegment(runner, { runId, leaseEpoch, sha256, bytes: Buffer.from("that") });
  await expect(wrong).rejects.toMatchObject({ reason: "digest-mismatch" });
  expect(await missingSegments(runner, { sessionId, leaseEpoch, digests: [sha256, sha256] })).toEqual({
    missing: [sha256],
  });
  await expect(getSegment(runner, { sha256 })).rejects.toMatchObject({ reason: "not-found" });
});

test("refuses a manifest while its segments are missing, and accepts it once they are stored", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  const { runId, leaseEpoch, runner } = held;
  await writeNote(ctx, sessionId, "x");
  const { manifest, segments } = await pack(ctx, held, sessionId);
  const commit = () => commitManifest(runner, { runId, leaseEpoch, manifest: { ...manifest } });
  await expect(commit()).rejects.toMatchObject({
    reason: "archive-incomplete",
    details: { missing: segments.map((segment) => segment.digest) },
  });
  for (const { digest, bytes } of segments) await putSegment(runner, { runId, leaseEpoch, sha256: digest, bytes });
  const record = await commit();
  expect(await commit()).toEqual(record);
  await expect(
    commitManifest(runner, { runId, leaseEpoch, manifest: { ...manifest, sha256: "0".repeat(64) } }),
  ).rejects.toMatchObject({ reason: "invalid-input" });
});

test("refuses a stale epoch, another run and another session in both directions", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "mine" });
  await archive(ctx, held, sessionId);
  const { manifest } = await pack(ctx, held, sessionId);
  const { runId, leaseEpoch } = held;
  const stale = { ...ctx, actor: runnerOf(runId, leaseEpoch - 1) };
  const bytes = Buffer.from("late");
  const lost = { reason: "lease-lost" };
  const lateEpoch = { runId, leaseEpoch: leaseEpoch - 1 };
  await expect(putSegment(stale, { ...lateEpoch, sha256: digestOf(bytes), bytes })).rejects.toMatchObject(lost);
  await expect(commitManifest(stale, { ...lateEpoch, manifest: { ...manifest } })).rejects.toMatchObject(lost);
  const other = await claimSession(ctx, await makeStoredSession(ctx));
  const absent = { reason: "not-found" };
  await expect(getManifest(other.runner, { sessionId })).rejects.toMatchObject(absent);
  await expect(
    missingSegments(other.runner, { sessionId, leaseEpoch: other.leaseEpoch, digests: [] }),
  ).rejects.toMatchObject(absent);
  await expect(getSegment(other.runner, { sessionId, sha256: digestOf(bytes) })).rejects.toMatchObject(absent);
  await expect(putSegment(other.runner, { runId, leaseEpoch, sha256: digestOf(bytes), bytes })).rejects.toMatchObject(
    absent,
  );
  const foreign = { ...manifest, runId: other.runId, leaseEpoch: other.leaseEpoch };
  await expect(
    commitManifest(other.runner, { runId: other.runId, leaseEpoch: other.leaseEpoch, manifest: foreign }),
  ).rejects.toMatchObject({ reason: "invalid-input" });
});

test("archiving leaves a read session read", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "one" });
  const { sessionVersion } = await markSessionRead(ctx, { sessionId, readerId: "ann" });
  await archive(ctx, held, sessionId);
  const { version, unread } = await getSession(ctx, { sessionId, readerId: "ann" });
  expect(unread).toBe(false);
  expect(version).toBeGreaterThan(sessionVersion);
});

test("prunes old archives with their own segments, and keeps what a restore needs and what is new", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await takeTurns(ctx, held, { sessionId, notes: ["one", "two", "three"] });
  const kept = await ctx.db.select().from(archiveManifests).where(eq(archiveManifests.sessionId, sessionId));
  expect(kept).toHaveLength(2);
  expect(await pruneSegments(ctx, sessionId)).toBe(0);
  await ctx.db.update(archiveSegments).set({ createdAt: sql`now() - interval '2 hours'` });
  expect(await pruneSegments(ctx, sessionId)).toBe(1);
  const held2 = await ctx.db.select().from(archiveSegments).where(eq(archiveSegments.sessionId, sessionId));
  expect(held2).toHaveLength(2);
  for (const segment of held2) expect(await ctx.archive.get(sessionId, segment.sha256)).not.toBeNull();
  await endRun(held);
});

const OLD = { createdAt: sql`now() - interval '2 hours'` };

async function makeOldSegment(ctx: ServiceContext): Promise<{ sessionId: string; sha256: string; bytes: Buffer }> {
  const bytes = Buffer.from("the same bytes");
  const segment = { sessionId: await makeStoredSession(ctx), sha256: digestOf(bytes), bytes };
  await storeSegment(ctx, segment);
  await ctx.db.update(archiveSegments).set(OLD);
  return segment;
}

test("storing a segment again waits for the removal of the old one of its name", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const segment = await makeOldSegment(ctx);
  const { sessionId, sha256 } = segment;
  let storing: Promise<unknown> = Promise.resolve();
  const pruning = {
    ...ctx.archive,
    async remove(...doomed: Parameters<typeof ctx.archive.remove>) {
      const looks = { count: 0 };
      const db = countUpdates(ctx, looks);
      storing = storeSegment(db, segment);
      // The caller has looked twice and still waits: nothing is stored, and a runner is told that the segment is
      // missing.
      await expect.poll(() => looks.count).toBeGreaterThan(1);
      expect(await missingSegments(ctx, { sessionId, digests: [sha256] })).toEqual({ missing: [sha256] });
      await expect(getSegment(ctx, { sessionId, sha256 })).rejects.toMatchObject({ reason: "not-found" });
      await ctx.archive.remove(...doomed);
    },
  };
  expect(await pruneSegments({ ...ctx, archive: pruning }, sessionId)).toBe(1);
  await storing;
  expect(await ctx.db.select().from(archiveSegments)).toMatchObject([{ sha256, removingAt: null }]);
  expect(await getSegment(ctx, { sessionId, sha256 })).toEqual(segment.bytes);
});

/** Counts the looks of a caller that stores a segment: each begins with an update. */
function countUpdates(ctx: ServiceContext, looks: { count: number }): ServiceContext {
  const db = new Proxy(ctx.db, {
    get(target, key) {
      if (key === "update") looks.count += 1;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...ctx, db };
}

test("pruning keeps an old segment that is about to be stored again", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const segment = await makeOldSegment(ctx);
  const storing = {
    ...ctx.archive,
    async put(...given: Parameters<typeof ctx.archive.put>) {
      expect(await pruneSegments(ctx, segment.sessionId)).toBe(0);
      return ctx.archive.put(...given);
    },
  };
  await storeSegment({ ...ctx, archive: storing }, segment);
  expect(await getSegment(ctx, segment)).toEqual(segment.bytes);
});

test("a manifest committed during pruning keeps its segments, or is refused with the missing ones", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  for (let round = 0; round < 20; round += 1) {
    const sessionId = await makeStoredSession(ctx);
    const held = await claimSession(ctx, sessionId);
    await writeNote(ctx, sessionId, `round ${round}`);
    const { manifest, segments } = await pack(ctx, held, sessionId);
    const { runId, leaseEpoch } = held;
    for (const { digest, bytes } of segments)
      await putSegment(held.runner, { runId, leaseEpoch, sha256: digest, bytes });
    await ctx.db.update(archiveSegments).set(OLD).where(eq(archiveSegments.sessionId, sessionId));
    const commit = commitManifest(held.runner, { runId, leaseEpoch, manifest: { ...manifest } }).then(
      () => "committed",
      (error: { reason: string }) => error.reason,
    );
    const [outcome] = await Promise.all([commit, pruneSegments(store.as(), sessionId)]);
    expect(["committed", "archive-incomplete"]).toContain(outcome);
    const read = segments.map(({ digest }) => getSegment(ctx, { sessionId, sha256: digest }));
    const found = (await Promise.allSettled(read)).filter(({ status }) => status === "fulfilled").length;
    expect(found).toBe(outcome === "committed" ? segments.length : 0);
  }
});

test("finishes an interrupted removal once it is old, and the segment can be stored again", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const segment = await makeOldSegment(ctx);
  const { sessionId, sha256 } = segment;
  const remove = () => Promise.reject(new Error("crash"));
  await expect(pruneSegments({ ...ctx, archive: { ...ctx.archive, remove } }, sessionId)).rejects.toThrow("crash");
  expect(await finishRemovals(ctx)).toBe(0);
  expect(await missingSegments(ctx, { sessionId, digests: [sha256] })).toEqual({ missing: [sha256] });
  await ctx.db.update(archiveSegments).set({ removingAt: sql`now() - interval '11 minutes'` });
  expect(await finishRemovals({ ...ctx, archive: { ...ctx.archive, remove } })).toBe(0);
  await ctx.db.update(archiveSegments).set({ removingAt: sql`now() - interval '11 minutes'` });
  expect(await finishRemovals(ctx)).toBe(1);
  expect(await ctx.archive.get(sessionId, sha256)).toBeNull();
  await storeSegment(ctx, segment);
  expect(await getSegment(ctx, segment)).toEqual(segment.bytes);
});

test("refuses a manifest whose segment list is incomplete", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await writeNote(ctx, sessionId, "x");
  const { manifest } = await pack(ctx, held, sessionId);
  const { runId, leaseEpoch, runner } = held;
  const commit = commitManifest(runner, { runId, leaseEpoch, manifest: { ...manifest, segments: {} } });
  await expect(commit).rejects.toMatchObject({ reason: "invalid-input" });
});
