import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { ListStorageInput } from "@/contract/storage";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { extendStorage, getStorage, listStorage, pinStorage, refreshStorage, unpinStorage } from ".";
import { createTestStore, tenantOperator, withStorage } from "./test/context";
import { claimSession, expire, makeStoredSession, makeUsedSession, PAST, runTurn } from "./test/volume";

async function readAll(ctx: ServiceContext, asked: Partial<ListStorageInput>): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listStorage(ctx, { sort: "updatedAt", limit: 2, ...asked, ...(cursor ? { cursor } : {}) });
    ids.push(...page.items.map((item) => item.sessionId));
    cursor = page.cursor;
  }
  return ids;
}

test("every order reaches each session once, those without size or expiry last", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const make = (storageSizeBytes: number | null, year: number | null) =>
    makeStoredSession(ctx, { storageSizeBytes, expiresAt: year === null ? null : new Date(Date.UTC(year, 0)) });
  const [a, b, c, d, e] = [
    await make(5, 2040),
    await make(null, null),
    await make(9, 2030),
    await make(5, 2040),
    await make(null, null),
  ];
  const bySize = await readAll(ctx, { sort: "sizeBytes" });
  expect(bySize[0]).toBe(c);
  expect(bySize.slice(1, 3).sort()).toEqual([a, d].sort());
  expect(bySize.slice(3).sort()).toEqual([b, e].sort());
  const byExpiry = await readAll(ctx, { sort: "expiresAt" });
  expect(byExpiry[0]).toBe(c);
  expect(byExpiry.slice(1, 3)).toEqual([a, d].sort());
  expect(byExpiry.slice(3)).toEqual([b, e].sort());
  const { cursor } = await listStorage(ctx, { sort: "sizeBytes", limit: 2 });
  await expect(listStorage(ctx, { sort: "expiresAt", limit: 2, cursor: cursor ?? "" })).rejects.toMatchObject({
    reason: "invalid-cursor",
  });
});

test("searches titles, ids and volume names, and filters by pin and expiry", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const titled = await makeStoredSession(ctx, { title: "100% of the quarter" });
  const other = await makeStoredSession(ctx, { expiresAt: PAST });
  const { pvcName } = await getStorage(ctx, { sessionId: other });
  expect(await readAll(ctx, { search: "100% OF" })).toEqual([titled]);
  expect(await readAll(ctx, { search: "%" })).toEqual([titled]);
  expect(await readAll(ctx, { search: pvcName ?? "" })).toEqual([other]);
  expect(await readAll(ctx, { isExpired: true })).toEqual([other]);
  await pinStorage(ctx, { sessionId: titled });
  expect(await readAll(ctx, { pinned: true })).toEqual([titled]);
  expect(await readAll(ctx, { pinned: false, isExpired: false })).toEqual([]);
});

test("a page scans a bounded number of rows, and paging reaches every match", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const client = await store.database.connect();
  await client.query("alter table agentrun_sessions disable trigger user");
  await client.query(`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, storage_kind, storage_state, storage_size_bytes)
    select 'ses_' || n, 'default', 'default', 'codex', case when n <= 2 then 'the needle' else 'hay' end, 'pvc', 'live', n
    from generate_series(1, 20100) n`);
  const first = await listStorage(ctx, { sort: "sizeBytes", limit: 50, search: "needle" });
  expect(first.items).toEqual([]);
  expect(first.cursor).not.toBeNull();
  expect(await readAll(ctx, { sort: "sizeBytes", search: "needle" })).toEqual(["ses_2", "ses_1"]);
  expect(first.totals).toMatchObject({ volumes: 20_100, bytes: (20_100 * 20_101) / 2 });
});

test("totals cover only the tenant's own volumes", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeStoredSession(ctx, { tenantId: "acme", storageSizeBytes: 3, storageFilesCount: 2, expiresAt: PAST });
  await makeStoredSession(ctx, {
    ...{ tenantId: "acme", storageSizeBytes: 50, storageKind: "evicted", storageState: "evicted" },
    archiveManifestId: "man_1",
  });
  await makeStoredSession(ctx, { tenantId: "other", storageSizeBytes: 7 });
  const page = await listStorage(store.as(tenantOperator("acme")), { sort: "updatedAt", limit: 1 });
  expect(page.totals).toEqual({
    ...{ volumes: 1, bytes: 3, files: 2, pinned: 0, expired: 1, evicted: 1, restorable: 1 },
    states: [
      { storageState: "evicted", volumes: 1, bytes: 50 },
      { storageState: "live", volumes: 1, bytes: 3 },
    ],
    projects: [{ tenantId: "acme", projectId: "default", volumes: 1, bytes: 3 }],
  });
  const none = await listStorage(store.as(tenantOperator("nobody")), { sort: "updatedAt", limit: 1 });
  expect(none.totals).toMatchObject({ volumes: 0, bytes: 0, states: [], projects: [] });
});

test("a summary shows the volume's holder, its archive's age, and what would keep it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "one" });
  const listed = async () => (await listStorage(ctx, { sort: "updatedAt", limit: 1 })).items[0];
  const idle = await getStorage(ctx, { sessionId });
  expect(idle).toMatchObject({ activeRunId: null, isArchiveCurrent: true, keeper: null, requestedBytes: null });
  expect(Math.abs(Date.parse(idle.archivedAt ?? "") - Date.now())).toBeLessThan(60_000);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "two" });
  await expire(ctx, sessionId);
  const busy = { activeRunId: held.runId, isArchiveCurrent: false, keeper: `run-live: run ${held.runId} is claimed` };
  expect(await getStorage(ctx, { sessionId })).toMatchObject(busy);
  expect(await listed()).toMatchObject(busy);
});

test("without a process that can reach the volume, an unarchived last turn is predicted as the reason to keep it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "one", isArchived: false });
  await expire(ctx, sessionId);
  const remote = { ...ctx, volumes: { ...ctx.volumes, folderOf: () => null, isEmpty: async () => null } };
  const reason = expect.stringMatching(/^archive-missing/);
  expect((await listStorage(remote, { sort: "updatedAt", limit: 1 })).items).toMatchObject([{ keeper: reason }]);
  expect(await getStorage(remote, { sessionId })).toMatchObject({ keeper: reason });
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ keeper: null });
});

test("an unreachable provider leaves the stored data available", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx, { expiresAt: PAST, storagePvcPhase: "Bound" });
  const find = () => Promise.reject(new Error("no answer"));
  const summary = await getStorage({ ...ctx, volumes: { ...ctx.volumes, find } }, { sessionId });
  expect(summary).toMatchObject({ pvcPhase: "Bound", keeper: null });
});

test("a pin and an extension remove a session from a running collection, each audited once", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const pinned = await makeStoredSession(ctx, { storageState: "archiving", expiresAt: PAST });
  const extended = await makeStoredSession(ctx, { storageState: "archiving", expiresAt: PAST });
  expect(await pinStorage(ctx, { sessionId: pinned, reason: "mine" })).toMatchObject({ storageState: "live" });
  await pinStorage(ctx, { sessionId: pinned });
  await unpinStorage(ctx, { sessionId: pinned });
  await unpinStorage(ctx, { sessionId: pinned });
  expect(await extendStorage(ctx, { sessionId: extended, byMs: 3_600_000 })).toMatchObject({ storageState: "live" });
  const [row] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, extended));
  // An hour from now, not from an expiry that has passed.
  expect((row?.expiresAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
  const { rows } = await ctx.db.execute<{ action: string; targetId: string }>(
    sql`select action, target_id as "targetId" from agentrun_audit where action in ('storage.pin', 'storage.unpin', 'storage.extend') order by action`,
  );
  expect(rows).toEqual([
    { action: "storage.extend", targetId: extended },
    { action: "storage.pin", targetId: pinned },
    { action: "storage.unpin", targetId: pinned },
  ]);
});

test("filters volumes by expiry, holder, state, archive and size", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  const plain = await makeStoredSession(ctx, { expiresAt: inHours(50), storageSizeBytes: 100 });
  const soon = await makeStoredSession(ctx, { expiresAt: inHours(5), storageSizeBytes: 2_000 });
  const gone = await makeStoredSession(ctx, { expiresAt: PAST, storagePvcPhase: "Lost" });
  const going = await makeStoredSession(ctx, { storagePvcPhase: "Terminating" });
  const current = await makeUsedSession(ctx, { note: "archived" });
  const behind = await makeUsedSession(ctx, { note: "archived" });
  const held = await claimSession(ctx, behind);
  await runTurn(ctx, held, { sessionId: behind, note: "later" });
  const found = async (asked: Partial<ListStorageInput>) => (await readAll(ctx, asked)).sort();

  expect(await found({ expiresWithinMinutes: 24 * 60 })).toEqual([soon]);
  expect(await found({ expiresWithinMinutes: 60 * 60 })).toEqual([plain, soon].sort());
  expect(await found({ isAttached: true })).toEqual([behind]);
  expect(await found({ isAttached: false })).not.toContain(behind);
  expect(await found({ isHealthy: false })).toEqual([gone, going].sort());
  expect(await found({ archive: "current" })).toEqual([current]);
  expect(await found({ archive: "behind" })).toEqual([behind]);
  expect(await found({ archive: "none", isHealthy: true })).toEqual([plain, soon].sort());
  expect(await found({ largerThanBytes: 100 })).toEqual([soon]);
  // Also by idle time, where the configuration lets idle sessions expire.
  const idling = withStorage(ctx, { idleTtlMs: 3_600_000 });
  await ctx.db
    .update(sessions)
    .set({ usedAt: inHours(-0.5), lastActivityAt: inHours(-0.5) })
    .where(eq(sessions.sessionId, current));
  expect(await readAll(idling, { expiresWithinMinutes: 31 })).toEqual([current]);
  expect(await readAll(idling, { expiresWithinMinutes: 20 })).toEqual([]);
});

test("a volume's capacity is the requested one, else the first that its provider reported", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const giving = (defaultSizeBytes: number) => ({ ...ctx, volumes: { ...ctx.volumes, defaultSizeBytes } });
  const measure = (by: ServiceContext, sessionId: string) =>
    refreshStorage(by, {
      ...{ sessionId, storageSizeBytes: 850, storageFilesCount: 1, storageSha256: "a".repeat(64) },
    });
  const asked = await makeStoredSession(ctx, { storageRequestedBytes: 2_000 });
  const given = await makeStoredSession(ctx);
  expect(await getStorage(ctx, { sessionId: given })).toMatchObject({ requestedBytes: null, capacityBytes: null });
  expect(await getStorage(giving(500), { sessionId: given })).toMatchObject({ capacityBytes: 500 });
  expect(await measure(giving(1_000), asked)).toMatchObject({ capacityBytes: 2_000 });
  expect(await measure(giving(1_000), given)).toMatchObject({ requestedBytes: null, capacityBytes: 1_000 });
  // Today's configured size says nothing of an existing volume.
  expect(await measure(giving(9_000), given)).toMatchObject({ capacityBytes: 1_000 });
});
