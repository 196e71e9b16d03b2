import { rm } from "node:fs/promises";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { audit, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { claimRun, createRun, finishRun } from "@/server/runs";
import { createSession } from "@/server/sessions";
import {
  collectGarbage,
  evictStorage,
  getStorage,
  listStorage,
  prepareVolume,
  refreshStorage,
  repairStorage,
  restoreStorage,
} from ".";
import { createTestStore, tenantOperator } from "./test/context";
import {
  claimSession,
  endRun,
  expire,
  makeStoredSession,
  makeUsedSession,
  PAST,
  readNote,
  runTurn,
  writeNote,
} from "./test/volume";

async function createRunAndClaim(ctx: ServiceContext, sessionId: string): Promise<void> {
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  await claimRun(ctx, { runId: run.id, runnerId: "runner" });
}

const DIGEST = "b".repeat(64);
const REPORT = { storageSizeBytes: 10, storageFilesCount: 1, storageSha256: DIGEST };

test("a runner reports only its own session's volume, with its epoch", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const other = await makeStoredSession(ctx);
  const { runner, leaseEpoch } = await claimSession(ctx, sessionId);
  expect(await refreshStorage(runner, { sessionId, leaseEpoch, ...REPORT, pvcPhase: "Bound" })).toMatchObject({
    sizeBytes: 10,
    filesCount: 1,
    sha256: DIGEST,
    storageKind: "pvc",
    storageState: "live",
  });
  await expect(refreshStorage(runner, { sessionId: other, leaseEpoch, ...REPORT })).rejects.toMatchObject({
    reason: "not-found",
  });
  await expect(refreshStorage(runner, { sessionId, ...REPORT })).rejects.toMatchObject({ reason: "invalid-input" });
  await expect(refreshStorage(runner, { sessionId, leaseEpoch: leaseEpoch + 1, ...REPORT })).rejects.toMatchObject({
    reason: "lease-lost",
  });
});

test("fields that v0.1 sends along must equal the row's", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const { runner, leaseEpoch } = await claimSession(ctx, sessionId);
  const { pvcName, namespace } = await getStorage(ctx, { sessionId });
  const same = {
    storageKind: "pvc" as const,
    pvcName: pvcName ?? "",
    storageNamespace: namespace ?? "",
    codexRolloutSubdir: "sessions",
  };
  expect(await refreshStorage(runner, { sessionId, leaseEpoch, ...REPORT, ...same })).toMatchObject({
    pvcName,
    namespace,
  });
  for (const wrong of [
    { pvcName: "other" },
    { storageNamespace: "other" },
    { codexRolloutSubdir: "other" },
    { storageKind: "none" as const },
  ]) {
    await expect(refreshStorage(runner, { sessionId, leaseEpoch, ...REPORT, ...wrong })).rejects.toMatchObject({
      reason: "invalid-input",
    });
  }
});

test("refuses to evict during a claimed run; otherwise needs no archive and keeps the last report", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const { runner, runId, leaseEpoch } = await claimSession(ctx, sessionId);
  await writeNote(ctx, sessionId, "x");
  await refreshStorage(runner, { sessionId, leaseEpoch, ...REPORT });
  await expect(evictStorage(ctx, { sessionId })).rejects.toMatchObject({ reason: "run-live", details: { runId } });
  expect(await readNote(ctx, sessionId)).toBe("x");
  await finishRun(runner, { runId, leaseEpoch, terminalStatus: "completed" });
  const { pvcName } = await getStorage(ctx, { sessionId });
  const evicted = await evictStorage(ctx, { sessionId, reason: "no longer needed" });
  expect(evicted).toMatchObject({
    storageKind: "evicted",
    storageState: "evicted",
    pvcName,
    sizeBytes: 10,
    sha256: DIGEST,
    restorable: false,
  });
  expect(evicted.evictedAt).not.toBeNull();
  expect(await readNote(ctx, sessionId)).toBeNull();
  expect(await evictStorage(ctx, { sessionId })).toEqual(evicted);
  await expect(
    createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } }).then((run) =>
      claimRun(ctx, { runId: run.id, runnerId: "r" }),
    ),
  ).rejects.toMatchObject({ failureKind: "session-store-evicted" });
  await expect(restoreStorage(ctx, { sessionId })).rejects.toMatchObject({ reason: "store-not-restorable" });
  const actions = await ctx.db.select({ action: audit.action }).from(audit).where(eq(audit.targetId, sessionId));
  expect(actions.map((row) => row.action)).toEqual(expect.arrayContaining(["storage.evict", "storage.evicted"]));
});

test("evicts a volume that is in use once it is free, whoever ordered it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const [byHand, byAge] = [
    await makeStoredSession(ctx),
    await makeStoredSession(ctx, { expiresAt: PAST, storagePolicy: "discard" }),
  ];
  const held = { ...ctx, volumes: { ...ctx.volumes, remove: async () => "going" as const } };
  expect(await evictStorage(held, { sessionId: byHand })).toMatchObject({ storageState: "deleting" });
  expect(await collectGarbage(held, { dryRun: false, limit: 10 })).toMatchObject({
    evicted: [],
    advanced: [{ sessionId: byAge, reason: expect.stringContaining("still uses it") }],
  });
  expect((await repairStorage(held)).finished).toEqual([]);
  await expect(createRunAndClaim(ctx, byHand)).rejects.toMatchObject({ reason: "store-evicted" });

  await expect(restoreStorage(held, { sessionId: byHand })).rejects.toMatchObject({
    ...{ failureKind: "infra-failed", reason: "volume-going" },
    message: expect.stringContaining("still being removed"),
  });

  expect((await repairStorage(ctx)).finished.sort()).toEqual([byHand, byAge].sort());
  expect(await getStorage(ctx, { sessionId: byHand })).toMatchObject({ storageState: "evicted", pvcPhase: null });
});

test("shows the provider's own phase, or the stored one while the provider is unreachable", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx, { storagePvcPhase: "Pending" });
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ pvcPhase: "Bound" });
  const away = { ...ctx, volumes: { ...ctx.volumes, find: () => Promise.reject(new Error("away")) } };
  expect(await getStorage(away, { sessionId })).toMatchObject({ pvcPhase: "Pending" });
});

test("of an eviction and a concurrent claim, the run has its volume or is refused", async () => {
  await using store = await createTestStore();
  const [one, two] = [store.as(), store.as()];
  for (let round = 0; round < 15; round += 1) {
    const sessionId = await makeStoredSession(one);
    await writeNote(one, sessionId, "marker");
    const run = await createRun(one, { backendProfile: "codex", sessionRef: { sessionId } });
    const [evicted, claimed] = await Promise.allSettled([
      evictStorage(one, { sessionId }),
      claimRun(two, { runId: run.id, runnerId: "runner_a" }),
    ]);
    expect([evicted.status, claimed.status].sort()).toEqual(["fulfilled", "rejected"]);
    expect(await readNote(one, sessionId)).toBe(claimed.status === "fulfilled" ? "marker" : null);
  }
});

test("an evicted session is restored by its next claim, and its first report makes it live", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "kept" });
  await evictStorage(ctx, { sessionId });
  await ctx.db
    .update(sessions)
    .set({ expiresAt: new Date(0) })
    .where(eq(sessions.sessionId, sessionId));
  const restoring = await restoreStorage(ctx, { sessionId });
  expect(restoring).toMatchObject({ storageKind: "pvc", storageState: "restoring", restorable: true, evictedAt: null });
  expect(await restoreStorage(ctx, { sessionId })).toMatchObject({ storageState: "restoring" });
  const [row] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
  expect(row?.expiresAt?.getTime()).toBeGreaterThan(Date.now());
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const claim = await claimRun(ctx, { runId: run.id, runnerId: "runner_a" });
  expect(claim.assignment.restore).toEqual({ manifestId: row?.restoreManifestId });
  expect(await refreshStorage(ctx, { sessionId, leaseEpoch: claim.leaseEpoch, ...REPORT })).toMatchObject({
    storageState: "live",
  });
  expect((await claimRun(ctx, { runId: run.id, runnerId: "runner_a" })).assignment.restore).toBeNull();
});

test("restoring a session that is being archived keeps its volume", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "archived" });
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "only on the volume" });
  await endRun(held);
  await ctx.db
    .update(sessions)
    .set({ storageState: "archiving", expiresAt: PAST })
    .where(eq(sessions.sessionId, sessionId));

  expect(await restoreStorage(ctx, { sessionId })).toMatchObject({ storageKind: "pvc", storageState: "live" });
  expect(await readNote(ctx, sessionId)).toBe("only on the volume");
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const claim = await claimRun(ctx, { runId: run.id, runnerId: "runner_a" });
  expect(claim.assignment.restore).toBeNull();
  await finishRun(ctx, { runId: run.id, leaseEpoch: claim.leaseEpoch, terminalStatus: "completed" });

  expect((await collectGarbage(ctx, { dryRun: false, limit: 10 })).evicted).toEqual([]);
  await expire(ctx, sessionId);
  const full = { ...ctx.archive, put: () => Promise.reject(new Error("no space")) };
  expect((await collectGarbage({ ...ctx, archive: full }, { dryRun: false, limit: 10 })).evicted).toEqual([]);
  expect(await readNote(ctx, sessionId)).toBe("only on the volume");
});

test("a vanished volume is restored from its archive, or created anew without one", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const archived = await makeUsedSession(ctx, { note: "kept" });
  const bare = await makeUsedSession(ctx, { note: "lost", isArchived: false });
  await rm(store.dataDir, { recursive: true });
  expect((await prepareVolume(ctx, archived)).session).toMatchObject({ storageState: "restoring" });
  const made = await prepareVolume(ctx, bare);
  expect(made.session).toMatchObject({ storageState: "live" });
  expect(made.volumeDir).toContain(store.dataDir);
  expect((await prepareVolume(ctx, bare)).session.version).toBe(made.session.version);
  const [lost] = await ctx.db.select().from(audit).where(eq(audit.action, "storage.lost")).limit(1);
  expect(lost).toBeDefined();
});

test("the repair finishes what a crash left between intent and action", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const creating = await makeStoredSession(ctx, {
    storageKind: "none",
    storageState: "creating",
    storagePvcName: null,
  });
  const deleting = await makeStoredSession(ctx, { storageState: "deleting" });
  await writeNote(ctx, deleting, "x");
  const archiving = await makeStoredSession(ctx, { storageState: "archiving" });
  const report = await repairStorage(ctx);
  expect(report).toMatchObject({ made: [creating], finished: [deleting], revived: [archiving], failed: [] });
  expect(await getStorage(ctx, { sessionId: creating })).toMatchObject({ storageKind: "pvc", storageState: "live" });
  expect(await getStorage(ctx, { sessionId: deleting })).toMatchObject({
    storageKind: "evicted",
    storageState: "evicted",
  });
  expect(await getStorage(ctx, { sessionId: archiving })).toMatchObject({ storageState: "live" });
  expect(await readNote(ctx, deleting)).toBeNull();
  expect(await repairStorage(ctx)).toEqual({
    ...{ made: [], finished: [], revived: [], failed: [] },
    ...{ copied: 0, removed: 0 },
  });
});

test("a run whose volume was created but not recorded finds it recorded", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx, { storageState: "creating" });
  expect((await prepareVolume(ctx, sessionId)).session).toMatchObject({ storageState: "live", storageKind: "pvc" });
});

test("unused restoring sessions do not block the repair of others", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { pvcName } = await getStorage(ctx, { sessionId: await makeStoredSession(ctx) });
  await ctx.db.execute(sql`
    insert into agentrun_sessions
      (session_id, tenant_id, project_id, backend_profile, storage_kind, storage_state, storage_pvc_name)
    select 'a' || n, 'default', 'default', 'codex', 'pvc', 'restoring', ${pvcName} from generate_series(1, 150) n`);
  const stuck = await makeStoredSession(ctx, { storageState: "creating", storagePvcName: null });
  expect(await repairStorage(ctx)).toMatchObject({ made: [stuck], failed: [] });
  expect(await getStorage(ctx, { sessionId: stuck })).toMatchObject({ storageState: "live" });
});

test("lists only the caller's tenant, every match once, and no session without storage", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const ids = [];
  for (let index = 0; index < 5; index += 1)
    ids.push(await makeStoredSession(ctx, { tenantId: index < 3 ? "acme" : "other" }));
  await createSession(ctx, { backendProfile: "codex", storage: { kind: "none" } });
  const foreign = ids.at(-1) ?? "";
  const seen = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listStorage(ctx, { sort: "updatedAt", limit: 2, ...(cursor ? { cursor } : {}) });
    seen.push(...page.items.map((item) => item.sessionId));
    cursor = page.cursor;
  }
  expect(seen.sort()).toEqual(ids.sort());
  expect((await listStorage(store.as(tenantOperator("acme")), { sort: "updatedAt", limit: 50 })).items).toHaveLength(3);
  expect((await listStorage(ctx, { sort: "updatedAt", limit: 50, storageKind: "none" })).items).toHaveLength(1);
  await expect(getStorage(store.as(tenantOperator("acme")), { sessionId: foreign })).rejects.toMatchObject({
    reason: "not-found",
  });
});
