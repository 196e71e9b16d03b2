import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveManifests, audit, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { claimRun, createRun, finishRun } from "@/server/runs";
import { updateSession } from "@/server/sessions";
import { collectGarbage, getStorage, repairStorage } from ".";
import { createTestStore, SYSTEM, tenantOperator } from "./test/context";
import {
  archive,
  claimSession,
  endRun,
  expire,
  folderOf,
  makeStoredSession,
  makeUsedSession,
  PAST,
  readNote,
  writeNote,
} from "./test/volume";

const GC = { dryRun: false, limit: 50 };
const NOTHING = { volumes: 0, bytes: 0 };
const NONE = { evicted: NOTHING, advanced: NOTHING, kept: NOTHING, hasMore: false };

async function rowOf(ctx: ServiceContext, sessionId: string) {
  const [row] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
  return row;
}

test("evicts an expired, archived session with an audit row for each transition", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "kept in the archive" });
  await expire(ctx, sessionId);
  expect(await collectGarbage(ctx, GC)).toEqual({
    evicted: [{ sessionId, reason: "expired, archived" }],
    advanced: [],
    kept: [],
    dryRun: false,
    totals: { ...NONE, evicted: { volumes: 1, bytes: expect.any(Number) } },
  });
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted", restorable: true });
  expect(await readNote(ctx, sessionId)).toBeNull();
  const trail = await ctx.db
    .select()
    .from(audit)
    .where(sql`${audit.action} like 'storage.%' and ${audit.targetId} = ${sessionId}`)
    .orderBy(audit.id);
  expect(trail.map((row) => row.action)).toEqual(["storage.gc.archiving", "storage.gc.deleting", "storage.evicted"]);
  expect((await collectGarbage(ctx, GC)).evicted).toEqual([]);
});

test("does not inspect sessions that have not expired", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeUsedSession(ctx, { note: "x" });
  await makeStoredSession(ctx, { expiresAt: new Date(Date.now() + 3_600_000) });
  expect(await collectGarbage(ctx, GC)).toEqual({ evicted: [], advanced: [], kept: [], dryRun: false, totals: NONE });
});

test("a pin, a waiting run and a claimed run each keep a volume, with a reason", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const pinned = await makeStoredSession(ctx, { pinnedAt: new Date(), expiresAt: PAST });
  const waiting = await makeStoredSession(ctx);
  await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: waiting } });
  const claimed = await makeStoredSession(ctx);
  await claimSession(ctx, claimed);
  for (const sessionId of [waiting, claimed]) await expire(ctx, sessionId);
  const reasons = new Map((await collectGarbage(ctx, GC)).kept.map((entry) => [entry.sessionId, entry.reason]));
  expect(reasons.get(pinned)).toBe("pinned");
  expect(reasons.get(waiting)).toMatch(/^run-waiting/);
  expect(reasons.get(claimed)).toMatch(/^run-live/);
  for (const sessionId of [pinned, waiting, claimed])
    expect(await rowOf(ctx, sessionId)).toMatchObject({ storageState: "live" });
});

test("archives a volume with an unarchived last turn first, and it can be restored", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "only here", isArchived: false });
  await expire(ctx, sessionId);
  expect((await collectGarbage(ctx, GC)).evicted).toEqual([{ sessionId, reason: "expired, archived" }]);
  const row = await rowOf(ctx, sessionId);
  expect(row).toMatchObject({ storageState: "evicted", archiveCommandId: row?.volumeCommandId, storageFilesCount: 1 });
  const [manifest] = await ctx.db
    .select()
    .from(archiveManifests)
    .where(eq(archiveManifests.id, row?.archiveManifestId ?? ""));
  expect(manifest?.manifest).toMatchObject({ sessionId, filesCount: 1 });
});

test("keeps an unarchivable volume unless its policy is discard or it is empty", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const full = await makeUsedSession(ctx, { note: "only here", isArchived: false });
  const discarded = await makeUsedSession(ctx, { note: "not wanted", isArchived: false });
  const empty = await makeStoredSession(ctx);
  await ctx.db.update(sessions).set({ storagePolicy: "discard" }).where(eq(sessions.sessionId, discarded));
  for (const sessionId of [full, discarded, empty]) await expire(ctx, sessionId);
  const remote = { ...ctx, volumes: { ...ctx.volumes, folderOf: () => null } };
  const dry = await collectGarbage(remote, { ...GC, dryRun: true });
  const report = await collectGarbage(remote, GC);
  expect(report.kept).toEqual([{ sessionId: full, reason: expect.stringMatching(/^archive-missing/) }]);
  expect(report.evicted.map((entry) => entry.sessionId).sort()).toEqual([discarded, empty].sort());
  expect({ ...dry, dryRun: false }).toEqual(report);
  expect(await rowOf(ctx, full)).toMatchObject({ storageState: "live" });
  expect(await readNote(ctx, full)).toBe("only here");
});

test("keeps a volume with unreadable parts until they can be read, whoever archived it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "archived" });
  const workspace = path.join(folderOf(ctx, sessionId), "workspace");
  // Not even root can list a folder that is a file.
  await rename(workspace, `${workspace}.away`);
  await writeFile(workspace, "");
  const held = await claimSession(ctx, sessionId);
  await archive(ctx, held, sessionId);
  await endRun(held);
  await expire(ctx, sessionId);
  const kept = [{ sessionId, reason: expect.stringMatching(/^unreadable/) }];
  const remote = { ...ctx, volumes: { ...ctx.volumes, folderOf: () => null } };
  expect(await collectGarbage(remote, GC)).toMatchObject({ evicted: [], kept });
  expect(await collectGarbage(ctx, GC)).toMatchObject({ evicted: [], kept });
  expect(await rowOf(ctx, sessionId)).toMatchObject({ storageState: "live" });

  await rm(workspace);
  await rename(`${workspace}.away`, workspace);
  expect((await collectGarbage(ctx, GC)).evicted).toEqual([{ sessionId, reason: "expired, archived" }]);
});

test("keeps a used volume that cannot be found, since it may only be unmounted", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "elsewhere", isArchived: false });
  await expire(ctx, sessionId);
  await rm(store.dataDir, { recursive: true });
  expect((await collectGarbage(ctx, GC)).kept).toEqual([
    { sessionId, reason: expect.stringMatching(/^archive-missing/) },
  ]);
  expect(await rowOf(ctx, sessionId)).toMatchObject({ storageState: "live" });
});

test("a dry run reports what would be evicted and why, and changes nothing", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "x", isArchived: false });
  await expire(ctx, sessionId);
  const before = await rowOf(ctx, sessionId);
  expect(await collectGarbage(ctx, { ...GC, dryRun: true })).toEqual({
    evicted: [{ sessionId, reason: "expired, its archive is made first" }],
    advanced: [],
    kept: [],
    dryRun: true,
    totals: { ...NONE, evicted: { volumes: 1, bytes: 0 } },
  });
  expect(await rowOf(ctx, sessionId)).toEqual(before);
  expect(await readNote(ctx, sessionId)).toBe("x");
});

test("the limit bounds evictions, the oldest first, and kept sessions block none behind them", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const at = (hours: number) => new Date(Date.now() - hours * 3_600_000);
  await makeStoredSession(ctx, { expiresAt: at(9), pinnedAt: new Date() });
  const older = await makeStoredSession(ctx, { expiresAt: at(8) });
  const newer = await makeStoredSession(ctx, { expiresAt: at(7) });
  expect((await collectGarbage(ctx, { ...GC, limit: 1 })).evicted.map((entry) => entry.sessionId)).toEqual([older]);
  expect((await collectGarbage(ctx, { ...GC, limit: 1 })).evicted.map((entry) => entry.sessionId)).toEqual([newer]);
});

test("reports a session that cannot be collected, and continues with those behind it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const stuck = await makeUsedSession(ctx, { note: "not archived", isArchived: false });
  const fine = await makeUsedSession(ctx, { note: "archived" });
  await ctx.db
    .update(sessions)
    .set({ expiresAt: new Date(PAST.getTime() - 1_000) })
    .where(eq(sessions.sessionId, stuck));
  await expire(ctx, fine);
  const full = { ...ctx, archive: { ...ctx.archive, put: () => Promise.reject(new Error("no space")) } };
  const reason = expect.stringContaining("could not be finished");
  expect(await collectGarbage(full, { ...GC, limit: 1 })).toMatchObject({ advanced: [{ sessionId: stuck, reason }] });
  expect(await collectGarbage(full, { ...GC, limit: 1 })).toMatchObject({
    evicted: [{ sessionId: fine }],
    advanced: [],
    kept: [{ sessionId: stuck, reason }],
  });
});

test("after a kill at any step, the next collection ends like an undisturbed one", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const die = () => Promise.reject(new Error("killed here"));
  const deaths: [string, (ctx: ServiceContext) => ServiceContext][] = [
    ["while looking into the volume", (ctx) => ({ ...ctx, volumes: { ...ctx.volumes, isEmpty: die } })],
    ["while archiving", (ctx) => ({ ...ctx, archive: { ...ctx.archive, put: die } })],
    ["before the removal", (ctx) => ({ ...ctx, volumes: { ...ctx.volumes, remove: die } })],
    [
      "after the removal",
      (ctx) => ({
        ...ctx,
        volumes: { ...ctx.volumes, remove: (name, uid) => ctx.volumes.remove(name, uid).then(die) },
      }),
    ],
  ];
  for (const [, dying] of deaths) {
    const sessionId = await makeUsedSession(ctx, { note: "once", isArchived: false });
    await expire(ctx, sessionId);
    const cut = await collectGarbage(dying(ctx), GC);
    expect(cut.advanced.map((entry) => entry.sessionId)).toEqual([sessionId]);
    const row = await rowOf(ctx, sessionId);
    // Until `deleting` the volume is complete; from then on the archive is.
    if (row?.storageState === "archiving") expect(await readNote(ctx, sessionId)).toBe("once");
    else expect(row).toMatchObject({ storageState: "deleting", archiveCommandId: row?.volumeCommandId });
    const next = await collectGarbage(ctx, GC);
    expect(next.evicted.map((entry) => entry.sessionId)).toEqual([sessionId]);
    expect(await rowOf(ctx, sessionId)).toMatchObject({ storageKind: "evicted", storageState: "evicted" });
    expect(await readNote(ctx, sessionId)).toBeNull();
  }
});

test("a run or an extension before the state deleting makes the session live again", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const interruptions: ((sessionId: string) => Promise<unknown>)[] = [
    (sessionId) => createRun(other, { backendProfile: "codex", sessionRef: { sessionId } }),
    (sessionId) => updateSession(other, { sessionId, expiresAt: new Date(Date.now() + 3_600_000).toISOString() }),
    (sessionId) => other.db.update(sessions).set({ pinnedAt: new Date() }).where(eq(sessions.sessionId, sessionId)),
  ];
  for (const interrupt of interruptions) {
    const sessionId = await makeUsedSession(ctx, { note: "mine", isArchived: false });
    await expire(ctx, sessionId);
    const interrupted: ServiceContext = {
      ...ctx,
      volumes: {
        ...ctx.volumes,
        isEmpty: async (name) => {
          await interrupt(sessionId);
          return ctx.volumes.isEmpty(name);
        },
      },
    };
    const report = await collectGarbage(interrupted, GC);
    expect(report.evicted.map((entry) => entry.sessionId)).not.toContain(sessionId);
    expect(await rowOf(ctx, sessionId)).toMatchObject({ storageState: "live", storageKind: "pvc" });
    expect(await readNote(ctx, sessionId)).toBe("mine");
  }
});

test("of a collection and a concurrent run, the run has its whole volume or is refused", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  for (let round = 0; round < 15; round += 1) {
    const sessionId = await makeUsedSession(ctx, { note: `marker ${round}` });
    await expire(ctx, sessionId);
    const [, claimed] = await Promise.allSettled([
      collectGarbage(ctx, GC),
      createRun(other, { backendProfile: "codex", sessionRef: { sessionId } }).then((run) =>
        claimRun(other, { runId: run.id, runnerId: "runner_a" }),
      ),
    ]);
    const row = await rowOf(ctx, sessionId);
    if (claimed.status === "fulfilled") {
      expect(row).toMatchObject({ storageState: "live" });
      expect(await readNote(ctx, sessionId)).toBe(`marker ${round}`);
      const { id: runId, leaseEpoch } = claimed.value;
      await finishRun(other, { runId, leaseEpoch, terminalStatus: "completed" });
    } else {
      expect(claimed.reason).toMatchObject({ failureKind: "session-store-evicted" });
      expect(row).toMatchObject({ storageState: "evicted" });
    }
    await ctx.db.update(sessions).set({ expiresAt: null }).where(eq(sessions.sessionId, sessionId));
  }
});

test("two concurrent collections take each session once", async () => {
  await using store = await createTestStore();
  const ids = [];
  const ctx = store.as();
  for (let index = 0; index < 10; index += 1) ids.push(await makeStoredSession(ctx, { expiresAt: PAST }));
  const reports = await Promise.all([collectGarbage(ctx, GC), collectGarbage(store.as(), GC)]);
  expect(reports.flatMap((report) => report.evicted.map((entry) => entry.sessionId)).sort()).toEqual(ids.sort());
});

test("takes back an unused restore, and keeps one that its runner has used", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const unused = await makeUsedSession(ctx, { note: "a" });
  const used = await makeUsedSession(ctx, { note: "b" });
  const restoring = { storageState: "restoring" as const, expiresAt: PAST };
  await ctx.db.update(sessions).set(restoring);
  await ctx.db.update(sessions).set({ volumeCommandId: "cmd_newer" }).where(eq(sessions.sessionId, used));
  const report = await collectGarbage(ctx, GC);
  expect(report.evicted.map((entry) => entry.sessionId)).toEqual([unused]);
  expect(report.kept).toEqual([{ sessionId: used, reason: expect.stringMatching(/^restoring/) }]);
  expect(await rowOf(ctx, used)).toMatchObject({ storageState: "restoring" });
  expect((await repairStorage(ctx)).failed).toEqual([]);
});

test("mass expiry stops the loop, but not a person's collection", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, storage_kind, storage_state, expires_at)
    select 'ses_' || n, 'default', 'default', 'codex', 'pvc', 'live', now() - interval '1 hour' from generate_series(1, 250) n`);
  const loop = await collectGarbage({ ...ctx, actor: SYSTEM }, GC);
  expect(loop.evicted).toEqual([]);
  expect(loop.kept[0]?.reason).toMatch(/^breaker-open: 250 of 250/);
  expect((await collectGarbage(ctx, { ...GC, limit: 3 })).evicted).toHaveLength(3);
});

test("a tenant's operator collects only that tenant's sessions", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const own = await makeStoredSession(ctx, { tenantId: "acme", expiresAt: PAST });
  const other = await makeStoredSession(ctx, { tenantId: "other", storageState: "deleting", expiresAt: PAST });
  await writeNote(ctx, other, "x");
  const report = await collectGarbage(store.as(tenantOperator("acme")), GC);
  expect(report.evicted.map((entry) => entry.sessionId)).toEqual([own]);
  expect(await readNote(ctx, other)).toBe("x");
});

test("a report counts everything inspected, listed or not, and says when its limit left some out", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const note = "0123456789";
  const sizes = { storageSizeBytes: 1_000, expiresAt: PAST };
  const going = [await makeUsedSession(ctx, { note }), await makeUsedSession(ctx, { note })];
  for (const sessionId of going) await ctx.db.update(sessions).set(sizes).where(eq(sessions.sessionId, sessionId));
  const pinned = { ...sizes, pinnedAt: new Date(), expiresAt: new Date(PAST.getTime() - 1_000) };
  for (let made = 0; made < 3; made += 1) await makeStoredSession(ctx, pinned);
  const dry = (limit: number) => collectGarbage(ctx, { dryRun: true, limit });
  const kept = { volumes: 3, bytes: 3_000 };
  const advanced = { volumes: 0, bytes: 0 };
  expect((await dry(50)).totals).toEqual({ evicted: { volumes: 2, bytes: 2_000 }, advanced, kept, hasMore: false });
  expect((await dry(1)).totals).toEqual({ evicted: { volumes: 1, bytes: 1_000 }, advanced, kept, hasMore: true });
});
