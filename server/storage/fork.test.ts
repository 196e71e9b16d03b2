import { rm } from "node:fs/promises";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveManifests, archiveSegments, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { getManifest, getSegment, pruneSegments } from "@/server/manifests";
import { purgeDeleted } from "@/server/retention";
import { claimRun, createRun, finishRun } from "@/server/runs";
import { deleteSession, requireSession } from "@/server/sessions";
import { restoreVolume } from "@/volume";
import { evictStorage, forkSession, getStorage, refreshStorage, repairStorage } from ".";
import { createTestStore, runnerOf, tenantOperator } from "./test/context";
import { claimSession, endRun, folderOf, makeStoredSession, makeUsedSession, readNote, takeTurns } from "./test/volume";

/**
 * Does what the runner of the first run does for a session that is to be restored; returns what the volume holds then.
 */
async function resume(ctx: ServiceContext, sessionId: string): Promise<string | null> {
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const { leaseEpoch, assignment } = await claimRun(ctx, { runId: run.id, runnerId: `runner_${run.id}` });
  const runner = { ...ctx, actor: runnerOf(run.id, leaseEpoch, run.tenantId) };
  const stored = await getManifest(runner, { sessionId });
  expect(assignment.restore).toEqual({ manifestId: stored.manifestId });
  expect(stored.manifest.sessionId).toBe(sessionId);
  const { sizeBytes, filesCount, sha256 } = await restoreVolume({
    dir: folderOf(ctx, sessionId),
    manifest: stored.manifest,
    manifestId: stored.manifestId,
    fetchSegment: (digest) => getSegment(runner, { sha256: digest }),
    writer: { runId: run.id, leaseEpoch, attemptId: "att_fork" },
  });
  const size = { storageSizeBytes: sizeBytes, storageFilesCount: filesCount, storageSha256: sha256 };
  await refreshStorage(runner, { sessionId, leaseEpoch, ...size });
  await finishRun(runner, { runId: run.id, leaseEpoch, terminalStatus: "completed" });
  return readNote(ctx, sessionId);
}

/** Adds turns, and prunes everything older as if hours had passed. */
async function goOn(ctx: ServiceContext, sessionId: string, notes: string[]): Promise<void> {
  const held = await claimSession(ctx, sessionId);
  await takeTurns(ctx, held, { sessionId, notes });
  await endRun(held);
  const isSources = eq(archiveSegments.sessionId, sessionId);
  await ctx.db.update(archiveSegments).set({ createdAt: sql`now() - interval '2 hours'` }).where(isSources);
  await pruneSegments(ctx, sessionId);
}

/** Makes a fork whose copying stops before its first segment, as after a crash. */
async function forkHalfway(ctx: ServiceContext, sessionId: string, newSessionId: string): Promise<void> {
  const copy = () => Promise.reject(new Error("crash"));
  const dying = { ...ctx, archive: { ...ctx.archive, copy } };
  await expect(forkSession(dying, { sessionId, newSessionId })).rejects.toThrow("crash");
}

test("a fork continues from the newest archive on its own volume, and its source is unchanged", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  await ctx.db
    .update(sessions)
    .set({ title: "the plan", metadata: { team: "rockets", lastTurnId: "turn_1" }, storageRequestedBytes: 1_000 })
    .where(eq(sessions.sessionId, sessionId));
  await ctx.db
    .update(archiveManifests)
    .set({ manifest: sql`jsonb_set(manifest, '{threadId}', '"thread_1"')` })
    .where(eq(archiveManifests.sessionId, sessionId));
  const before = await requireSession(ctx, sessionId);
  const forked = await forkSession(ctx, { sessionId });
  expect(forked).toMatchObject({
    ...{ title: "the plan (fork)", threadId: "thread_1", executionState: "idle", storageState: "restoring" },
    ...{ lastRunId: null, conversationId: null, storageSizeBytes: before.storageSizeBytes, storageKind: "pvc" },
    metadata: { team: "rockets", forkedFrom: { sessionId, turnId: null } },
  });
  expect(forked.metadata).not.toHaveProperty("lastTurnId");
  expect(await requireSession(ctx, sessionId)).toEqual(before);
  expect(await getStorage(ctx, forked)).toMatchObject({ isArchiveCurrent: true, restorable: true, pvcPhase: "Bound" });
  expect(await resume(ctx, forked.sessionId)).toBe("shared");
  expect(await getStorage(ctx, forked)).toMatchObject({ storageState: "live", requestedBytes: 1_000 });
});

test("pruning, eviction, deletion and purge of source and fork do not affect each other", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  const [first, second] = [await forkSession(ctx, { sessionId }), await forkSession(ctx, { sessionId })];
  await goOn(ctx, sessionId, ["two", "three", "four"]);
  expect(await resume(ctx, first.sessionId)).toBe("shared");
  await goOn(ctx, first.sessionId, ["mine", "mine too", "mine still"]);
  await deleteSession(ctx, first);
  await purgeDeleted(ctx);
  await evictStorage(ctx, { sessionId });
  await deleteSession(ctx, { sessionId });
  expect((await purgeDeleted(ctx)).emptied).toEqual([sessionId]);
  expect(await resume(ctx, second.sessionId)).toBe("shared");
});

test("a fork with an interrupted copy reads the source's segments, which pruning keeps", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  await forkHalfway(ctx, sessionId, "ses_fork");
  await goOn(ctx, sessionId, ["two", "three", "four"]);
  expect(await resume(ctx, "ses_fork")).toBe("shared");
  expect((await repairStorage(ctx)).copied).toBe(1);
  expect((await repairStorage(ctx)).copied).toBe(0);
  // From here on, the source's segments may be removed.
  expect(await pruneSegments(ctx, sessionId)).toBe(1);
  await evictStorage(ctx, { sessionId: "ses_fork" });
  await ctx.db
    .update(sessions)
    .set({ storageState: "restoring", storageKind: "pvc", restoreManifestId: sql`archive_manifest_id` })
    .where(eq(sessions.sessionId, "ses_fork"));
  await rm(folderOf(ctx, "ses_fork"), { recursive: true, force: true });
  expect(await resume(ctx, "ses_fork")).toBe("shared");
});

test("a deleted source's purge waits for the fork that still copies from it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  await forkHalfway(ctx, sessionId, "ses_fork");
  await deleteSession(ctx, { sessionId });
  expect((await purgeDeleted(ctx)).emptied).toEqual([]);
  await repairStorage(ctx);
  expect((await purgeDeleted(ctx)).emptied).toEqual([sessionId]);
  expect(await resume(ctx, "ses_fork")).toBe("shared");
});

test("only the fork reads segments at the copy's source, and only those that its archive names", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  await forkHalfway(ctx, sessionId, "ses_fork");
  await goOn(ctx, sessionId, ["not shared"]);
  const held = await ctx.db.select().from(archiveSegments).where(eq(archiveSegments.sessionId, sessionId));
  const read = held.map(({ sha256 }) => getSegment(ctx, { sessionId: "ses_fork", sha256 }));
  const states = (await Promise.allSettled(read)).map(({ status }) => status);
  expect(states.sort()).toEqual(["fulfilled", "rejected"]);
});

test("a repeated fork request returns the same session; another under its id is refused", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  const other = await makeUsedSession(ctx, { note: "other" });
  await forkHalfway(ctx, sessionId, "ses_fork");
  const order = { sessionId, newSessionId: "ses_fork" };
  const [one, two] = await Promise.all([forkSession(ctx, order), forkSession(store.as(), order)]);
  expect([one.sessionId, two.sessionId]).toEqual(["ses_fork", "ses_fork"]);
  const conflict = { reason: "idempotency-conflict" };
  await expect(forkSession(ctx, { ...order, title: "x" })).rejects.toMatchObject(conflict);
  await expect(forkSession(ctx, { ...order, sessionId: other })).rejects.toMatchObject(conflict);
  await expect(forkSession(ctx, { sessionId, newSessionId: sessionId })).rejects.toMatchObject(conflict);
  const theirs = store.as(tenantOperator("acme"));
  await expect(forkSession(theirs, { sessionId })).rejects.toMatchObject({ reason: "not-found" });
});

test("forks an evicted session from its archive, and refuses one without: archive-missing", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  await evictStorage(ctx, { sessionId });
  const { sessionId: forked } = await forkSession(ctx, { sessionId, title: "again", metadata: { a: 1 } });
  expect(await resume(ctx, forked)).toBe("shared");
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted", restorable: true });
  const fresh = await makeStoredSession(ctx);
  await expect(forkSession(ctx, { sessionId: fresh })).rejects.toMatchObject({ reason: "archive-missing" });
});

test("refuses to fork an archive that lacks a segment, and leaves no session behind", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  await ctx.archive.removeAll(sessionId);
  const order = { sessionId, newSessionId: "ses_fork" };
  await expect(forkSession(ctx, order)).rejects.toMatchObject({ reason: "archive-incomplete" });
  await expect(requireSession(ctx, "ses_fork")).rejects.toMatchObject({ reason: "not-found" });
});

test("gives up a fork whose copy can never finish, and purges its source", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "shared" });
  await forkHalfway(ctx, sessionId, "ses_fork");
  await ctx.archive.removeAll(sessionId);
  expect((await repairStorage(ctx)).copied).toBe(0);
  await expect(requireSession(ctx, "ses_fork")).rejects.toMatchObject({ reason: "not-found" });
  await deleteSession(ctx, { sessionId });
  await purgeDeleted(ctx);
  expect((await purgeDeleted(ctx)).failed).toEqual([]);
  const [left] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
  expect(left).toMatchObject({ storageState: "none" });
});

test("forks concurrent with turns and pruning are complete, each of one archive", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "turn 0" });
  const source = store.as();
  const turns = (async () => {
    for (let turn = 1; turn <= 12; turn += 1) await goOn(source, sessionId, [`turn ${turn}`]);
  })();
  const forks: string[] = [];
  for (let fork = 0; fork < 12; fork += 1) forks.push((await forkSession(ctx, { sessionId })).sessionId);
  await turns;
  for (const fork of forks) expect(await resume(ctx, fork)).toMatch(/^turn \d+$/);
});
