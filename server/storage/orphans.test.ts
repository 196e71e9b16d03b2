import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { purgeDeleted } from "@/server/retention";
import { createSession, deleteSession } from "@/server/sessions";
import {
  adoptVolume,
  collectGarbage,
  deleteVolume,
  evictStorage,
  getStorage,
  listOrphans,
  prepareVolume,
  repairStorage,
} from ".";
import { createTestStore, SYSTEM, type TestStore, tenantOperator } from "./test/context";
import { expire, folderOf, makeStoredSession, makeUsedSession, readNote, writeNote } from "./test/volume";

/** Makes a volume whose session's row is gone, as after the restore of an older backup. */
async function makeOrphan(
  ctx: ServiceContext,
  note: string,
): Promise<{ sessionId: string; name: string; uid: string }> {
  const sessionId = await makeStoredSession(ctx);
  await writeNote(ctx, sessionId, note);
  await ctx.db.delete(sessions).where(eq(sessions.sessionId, sessionId));
  const name = ctx.volumes.nameFor(sessionId);
  const orphan = (await listOrphans(ctx)).items.find((item) => item.name === name);
  if (!orphan) throw new Error("the volume is not listed");
  return { sessionId, name, uid: orphan.uid };
}

async function auditOf(ctx: ServiceContext, targetId: string): Promise<string[]> {
  const { rows } = await ctx.db.execute<{ action: string }>(
    sql`select action from agentrun_audit where target_id = ${targetId} order by at, id`,
  );
  return rows.map((row) => row.action);
}

test("lists a volume that no session uses with its owner, and no collection removes it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const used = await makeUsedSession(ctx, { note: "used" });
  const { sessionId, name } = await makeOrphan(ctx, "lost");
  const { items, hasMore, provider } = await listOrphans(ctx);
  expect({ hasMore, provider }).toEqual({ hasMore: false, provider: "local" });
  expect(items).toEqual([
    {
      ...{ name, uid: expect.any(String), namespace: "local", phase: "Bound", requestedBytes: null },
      ...{ createdAt: expect.any(String), sessionId, tenantId: "default", projectId: "default" },
      reason: "no session names it",
    },
  ]);
  for (const actor of [SYSTEM, ctx.actor]) await collectGarbage(store.as(actor), { dryRun: false, limit: 1_000 });
  expect(await readNote(ctx, sessionId)).toBe("lost");
  const admin = { kind: "operator", name: "theirs", role: "admin", tenantId: "acme", tokenId: null } as const;
  await expect(listOrphans(store.as(admin))).rejects.toMatchObject({ reason: "forbidden" });
  expect(await getStorage(ctx, { sessionId: used })).toMatchObject({ storageState: "live" });
});

test("truncates a very long list of orphans, and says so", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  let pages = 0;
  async function* list() {
    for (; ; pages += 1) {
      yield Array.from({ length: 150 }, (_, index) => ({
        ...{ name: `agentrun-${pages}-${index}`, namespace: "n", phase: "Bound" as const, uid: `${pages}-${index}` },
        ...{ requestedBytes: 1, createdAt: new Date().toISOString(), owner: null },
      }));
    }
  }
  const { items, hasMore } = await listOrphans({ ...ctx, volumes: { ...ctx.volumes, list } });
  expect([items.length, hasMore, pages]).toEqual([200, true, 1]);
});

test("a volume is no orphan while its session is being created, is live, or is not yet purged", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const dying = { ...ctx, volumes: { ...ctx.volumes, ensure: () => Promise.reject(new Error("crash")) } };
  await expect(createSession(dying, { sessionId: "made", backendProfile: "codex" })).rejects.toThrow("crash");
  await ctx.volumes.ensure({ sessionId: "made", tenantId: "default", projectId: "default", sizeBytes: null });
  // As a replica of the previous version wrote it.
  await ctx.db.update(sessions).set({ storagePvcName: null }).where(eq(sessions.sessionId, "made"));
  const deleted = await makeStoredSession(ctx);
  await deleteSession(ctx, { sessionId: deleted });
  expect((await listOrphans(ctx)).items).toEqual([]);
  for (const sessionId of ["made", deleted]) {
    const volume = await ctx.volumes.inspect(ctx.volumes.nameFor(sessionId));
    const asked = { name: volume?.name ?? "", uid: volume?.uid ?? "" };
    await expect(deleteVolume(ctx, { ...asked, confirmName: asked.name })).rejects.toMatchObject({
      reason: "volume-named",
    });
    await expect(adoptVolume(ctx, { ...asked, backendProfile: "codex" })).rejects.toMatchObject({
      reason: "volume-named",
    });
  }
  await purgeDeleted(ctx);
  expect((await listOrphans(ctx)).items).toEqual([]);
});

test("a deletion requires the inspected volume's uid and its name as confirmation", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await makeOrphan(ctx, "lost");
  const order = { name, uid, confirmName: name };
  await expect(deleteVolume(ctx, { ...order, confirmName: "yes" })).rejects.toMatchObject({
    reason: "confirmation-mismatch",
  });
  await expect(deleteVolume(ctx, { ...order, uid: "another" })).rejects.toMatchObject({ reason: "version-conflict" });
  await expect(deleteVolume(store.as(tenantOperator("acme")), order)).rejects.toMatchObject({ reason: "forbidden" });
  expect(await readNote(ctx, sessionId)).toBe("lost");
  expect(await deleteVolume(ctx, order)).toEqual({ name, uid, deleted: "gone" });
  expect(await readNote(ctx, sessionId)).toBeNull();
  await expect(deleteVolume(ctx, order)).rejects.toMatchObject({ reason: "not-found" });
  expect(await auditOf(ctx, name)).toEqual(["storage.delete", "storage.deleted"]);
});

test("does not delete a volume recreated since the inspection", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await makeOrphan(ctx, "lost");
  const meddled = {
    ...ctx,
    volumes: {
      ...ctx.volumes,
      async remove(removed: string, only: string | null) {
        await rm(folderOf(ctx, sessionId), { recursive: true });
        await writeNote(ctx, sessionId, "new");
        return ctx.volumes.remove(removed, only);
      },
    },
  };
  expect(await deleteVolume(meddled, { name, uid, confirmName: name })).toMatchObject({ uid, deleted: "gone" });
  expect(await readNote(ctx, sessionId)).toBe("new");
});

test("a session created during its volume's deletion waits, and then gets its own volume", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await makeOrphan(ctx, "lost");
  let making: Promise<unknown> = Promise.resolve();
  const slow = {
    ...ctx,
    volumes: {
      ...ctx.volumes,
      async remove(removed: string, only: string | null) {
        making = createSession(store.as(), { sessionId, backendProfile: "codex" });
        const blocked = sql`select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted`;
        await expect
          .poll(async () => (await ctx.db.execute<{ waiting: number }>(blocked)).rows[0]?.waiting)
          .toBeGreaterThan(0);
        return ctx.volumes.remove(removed, only);
      },
    },
  };
  await deleteVolume(slow, { name, uid, confirmName: name });
  await making;
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "live", pvcPhase: "Bound" });
  expect(await readNote(ctx, sessionId)).toBeNull();
});

test("an adopted volume belongs to a live session with its content, and does not count as empty", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await makeOrphan(ctx, "found again");
  const adopted = await adoptVolume(ctx, { name, uid, backendProfile: "codex", title: "found" });
  expect(adopted).toMatchObject({ sessionId, title: "found", storageState: "live", storagePvcName: name });
  expect((await listOrphans(ctx)).items).toEqual([]);
  expect((await prepareVolume(ctx, sessionId)).volumeDir).toBe(folderOf(ctx, sessionId));
  expect(await auditOf(ctx, sessionId)).toContain("storage.adopt");
  await expect(deleteVolume(ctx, { name, uid, confirmName: name })).rejects.toMatchObject({ reason: "volume-named" });
  await expire(ctx, sessionId);
  // Where nobody can open the volume, only an archive would allow its removal.
  const remote = { ...ctx, volumes: { ...ctx.volumes, folderOf: () => null, isEmpty: async () => null } };
  const report = await collectGarbage(remote, { dryRun: false, limit: 10 });
  expect(report.kept).toEqual([{ sessionId, reason: expect.stringMatching(/^archive-missing/) }]);
  expect(await readNote(ctx, sessionId)).toBe("found again");
});

test("two concurrent adoptions of one volume make one session", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await makeOrphan(ctx, "one");
  const tries = [store.as(), store.as(), store.as()].map((ctx) =>
    adoptVolume(ctx, { name, uid, backendProfile: "codex" }).then(
      () => "adopted",
      (error: { reason: string }) => error.reason,
    ),
  );
  expect((await Promise.all(tries)).sort()).toEqual(["adopted", "volume-named", "volume-named"]);
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "live" });
});

test("a folder without owner data can be adopted only under its own session's id", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const name = ctx.volumes.nameFor("ses_known");
  await mkdir(path.join(store.dataDir, "volumes", name), { recursive: true });
  const [orphan] = (await listOrphans(ctx)).items;
  expect(orphan).toMatchObject({ name, sessionId: null, tenantId: null });
  const order = { name, uid: orphan?.uid ?? "", backendProfile: "codex" };
  await expect(adoptVolume(ctx, order)).rejects.toMatchObject({ reason: "invalid-input" });
  await expect(adoptVolume(ctx, { ...order, sessionId: "ses_other" })).rejects.toMatchObject({
    reason: "invalid-input",
  });
  const adopted = await adoptVolume(ctx, { ...order, sessionId: "ses_known", tenantId: "acme" });
  expect(adopted).toMatchObject({ sessionId: "ses_known", tenantId: "acme" });
});

/** Makes a volume that exists although its session is evicted. */
async function leaveBehind(store: TestStore): Promise<{ sessionId: string; name: string; uid: string }> {
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "archived" });
  await evictStorage(ctx, { sessionId });
  // As by a repair that began before the eviction.
  await ctx.volumes.ensure({ sessionId, tenantId: "default", projectId: "default", sizeBytes: null });
  await writeNote(ctx, sessionId, "left behind");
  const [orphan] = (await listOrphans(ctx)).items;
  expect(orphan?.reason).toBe(`session ${sessionId} was evicted, and its volume is still there`);
  return { sessionId, name: orphan?.name ?? "", uid: orphan?.uid ?? "" };
}

test("evicting again deletes a volume left behind by an eviction, and its session stays restorable", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await leaveBehind(store);
  expect(await deleteVolume(ctx, { name, uid, confirmName: name })).toMatchObject({ deleted: "gone" });
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted", restorable: true });
  expect(await readNote(ctx, sessionId)).toBeNull();
});

test("the repair finishes an interrupted deletion of a volume left behind by an eviction", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await leaveBehind(store);
  const dying = { ...ctx, volumes: { ...ctx.volumes, remove: () => Promise.reject(new Error("crash")) } };
  await expect(deleteVolume(dying, { name, uid, confirmName: name })).rejects.toThrow("crash");
  expect((await repairStorage(ctx)).finished).toEqual([sessionId]);
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted", restorable: true });
  expect(await ctx.volumes.find(name)).toBeNull();
});

test("a volume left behind by an eviction can be adopted again, and its older archive is not current", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId, name, uid } = await leaveBehind(store);
  const adopted = await adoptVolume(ctx, { name, uid, backendProfile: "codex" });
  expect(adopted).toMatchObject({ sessionId, storageState: "live", storageKind: "pvc" });
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ isArchiveCurrent: false, restorable: true });
  expect(await readNote(ctx, sessionId)).toBe("left behind");
});

test("an adoption concurrent with a deletion makes no session on the deleted volume", async () => {
  await using store = await createTestStore();
  const [ctx, other] = [store.as(), store.as()];
  const isWaiting = sql`select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted`;
  const noted = async () => (await ctx.db.execute(isWaiting)).rows[0];
  const [first, second] = [await makeOrphan(ctx, "going"), await makeOrphan(ctx, "going")];

  // Runs while the deletion is under way.
  let adoption: Promise<unknown> | undefined;
  const remove: typeof ctx.volumes.remove = async (name, uid) => {
    adoption = adoptVolume(other, { name, uid: uid ?? "", backendProfile: "codex" });
    adoption.catch(() => undefined);
    await expect.poll(noted).toEqual({ count: 1 });
    return ctx.volumes.remove(name, uid);
  };
  await deleteVolume({ ...ctx, volumes: { ...ctx.volumes, remove } }, { ...first, confirmName: first.name });
  await expect(adoption).rejects.toMatchObject({ reason: "not-found" });

  // Runs between the adoption's look at the volume and its write to the row.
  const inspect: typeof ctx.volumes.inspect = async (name) => {
    const volume = await ctx.volumes.inspect(name);
    if (volume !== null) await deleteVolume(other, { ...second, confirmName: name });
    return volume;
  };
  const slow = { ...ctx, volumes: { ...ctx.volumes, inspect } };
  await expect(adoptVolume(slow, { ...second, backendProfile: "codex" })).rejects.toMatchObject({
    reason: "not-found",
  });
  expect(await ctx.db.select().from(sessions)).toEqual([]);
});
