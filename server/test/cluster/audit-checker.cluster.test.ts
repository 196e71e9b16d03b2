import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { claimRun, createRun, finishRun } from "@/server/runs";
import { createSession } from "@/server/sessions";
import { evictStorage, repairStorage } from "@/server/storage";
import { auditFindings, createFaultWorld, type FaultWorld } from "@/server/test/faults/world";

// The checker must be able to fail before any suite relies on it: each of these tests plants a bug, and expects exactly
// the finding for it.
let world: FaultWorld;
beforeEach(async () => {
  world = await createFaultWorld({ bindsClaims: false });
});
afterEach(() => world[Symbol.asyncDispose]());

/** Deletes as a product would that knows no better. */
function withBareDeletes(ctx: ServiceContext): ServiceContext {
  const remove = async (name: string) => {
    await world.admin.deleteNamespacedPersistentVolumeClaim({ name, namespace: world.setup.namespace });
    await expect.poll(() => ctx.volumes.find(name)).toBeNull();
    return "gone" as const;
  };
  return { ...ctx, volumes: { ...ctx.volumes, remove } };
}

async function makeSession(): Promise<{ sessionId: string; name: string }> {
  const { sessionId } = await createSession(world.ctx, { backendProfile: "codex" });
  return { sessionId, name: world.ctx.volumes.nameFor(sessionId) };
}

test("a session's normal life from creation to eviction has no findings", async (context) => {
  const { sessionId } = await makeSession();
  const run = await createRun(world.ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const { leaseEpoch } = await claimRun(world.ctx, { runId: run.id, runnerId: "runner" });
  await finishRun(world.ctx, { runId: run.id, leaseEpoch, terminalStatus: "completed" });
  await evictStorage(world.ctx, { sessionId });
  await makeSession();
  const findings = await auditFindings(world, context);
  expect(findings).toEqual([]);
});

test("finds a deletion without preconditions", async (context) => {
  const { sessionId, name } = await makeSession();
  await evictStorage(withBareDeletes(world.ctx), { sessionId });
  const findings = await auditFindings(world, context);
  expect(findings).toEqual([{ rule: "unguarded-delete", what: expect.stringContaining(name) }]);
});

test("finds a removal of a live session's volume, and of one that a run holds", async (context) => {
  const [live, held] = [await makeSession(), await makeSession()];
  const run = await createRun(world.ctx, { backendProfile: "codex", sessionRef: { sessionId: held.sessionId } });
  await claimRun(world.ctx, { runId: run.id, runnerId: "runner" });
  for (const { name } of [live, held]) {
    const volume = await world.ctx.volumes.find(name);
    expect(await world.ctx.volumes.remove(name, volume?.uid ?? null)).toBe("gone");
  }
  const findings = await auditFindings(world, context);
  for (const { sessionId, name } of [live, held]) {
    const inUse = { rule: "deleted-in-use", what: `${name} of ${sessionId}: it was live` };
    expect(findings).toContainEqual(inUse);
    expect(findings).toContainEqual({ rule: "unrecorded-delete", what: `${sessionId}: 1 claims, 0 records` });
    expect(findings).toContainEqual({ rule: "missing-claim", what: `${sessionId} is live` });
  }
  expect(findings).toHaveLength(6);
});

test("finds an eviction under a claimed run, of a pinned session, and before its time", async (context) => {
  const [held, pinned, early] = [await makeSession(), await makeSession(), await makeSession()];
  const run = await createRun(world.ctx, { backendProfile: "codex", sessionRef: { sessionId: held.sessionId } });
  await claimRun(world.ctx, { runId: run.id, runnerId: "runner" });
  await world.plant(held.sessionId, { storageState: "deleting" });
  await world.plant(pinned.sessionId, { storageState: "deleting", pinnedAt: new Date() });
  await world.plant(early.sessionId, { storageState: "deleting", expiresAt: new Date(Date.now() + 3_600_000) });
  await repairStorage(world.ctx);
  const findings = await auditFindings(world, context);
  expect(findings).toEqual([
    { rule: "deleted-in-use", what: expect.stringContaining(`run ${run.id} was claimed`) },
    { rule: "deleted-in-use", what: expect.stringContaining(`${pinned.sessionId}: it was pinned`) },
    { rule: "deleted-in-use", what: expect.stringContaining(`${early.sessionId}: its time was not over`) },
  ]);
});

test("an order excuses its own eviction, and no other of the same session", async (context) => {
  const [ordered, before, after] = [await makeSession(), await makeSession(), await makeSession()];
  const doom = async ({ sessionId }: { sessionId: string }) => {
    await world.plant(sessionId, { storageState: "deleting", expiresAt: new Date(Date.now() + 3_600_000) });
    await repairStorage(world.ctx);
  };
  const makeAnew = async ({ sessionId }: { sessionId: string }) => {
    await world.plant(sessionId, { storageKind: "pvc", storageState: "creating", storageEvictedAt: null });
    await repairStorage(world.ctx);
  };
  for (const session of [ordered, before]) await evictStorage(world.ctx, { sessionId: session.sessionId });
  await makeAnew(before);
  await doom(before);
  await doom(after);
  await makeAnew(after);
  await evictStorage(world.ctx, { sessionId: after.sessionId });
  const findings = await auditFindings(world, context);
  expect(findings).toEqual(
    [before, after].map(({ sessionId }) => ({
      rule: "deleted-in-use",
      what: expect.stringContaining(`${sessionId}: its time was not over`),
    })),
  );
});

test("finds a manual eviction of a pinned session", async (context) => {
  const { sessionId } = await makeSession();
  await inTx(world.ctx, async (ctx) => {
    const pinned = { storageState: "deleting", pinnedAt: new Date() } as const;
    await ctx.db.update(sessions).set(pinned).where(eq(sessions.sessionId, sessionId));
    await auditSession(ctx, { sessionId, tenantId: "default" }, "storage.evict");
  });
  await repairStorage(world.ctx);
  const findings = await auditFindings(world, context);
  expect(findings).toEqual([{ rule: "deleted-in-use", what: expect.stringContaining(`${sessionId}: it was pinned`) }]);
});

test("finds leftovers on either side, and half-finished evictions", async (context) => {
  const [orphan, missing, stuck] = [await makeSession(), await makeSession(), await makeSession()];
  await world.plant(orphan.sessionId, { storageKind: "evicted", storageState: "evicted" });
  await world.person.deleteNamespacedPersistentVolumeClaim({ name: missing.name, namespace: world.setup.namespace });
  await world.plant(stuck.sessionId, { storageState: "archiving" });
  await expect.poll(() => world.ctx.volumes.find(missing.name)).toBeNull();
  const findings = await auditFindings(world, context);
  expect(findings).toEqual([
    { rule: "left-over-claim", what: `${orphan.name} of ${orphan.sessionId}, which is evicted` },
    { rule: "missing-claim", what: `${missing.sessionId} is live` },
    { rule: "stuck", what: `${stuck.sessionId} is archiving` },
  ]);
});

test("finds the deletion of a claim that AgentRun did not create", async (context) => {
  const { metadata } = await world.person.createNamespacedPersistentVolumeClaim({
    namespace: world.setup.namespace,
    body: {
      metadata: { name: "of-a-person" },
      spec: { storageClassName: "", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
    },
  });
  const { uid = "", resourceVersion = "" } = metadata ?? {};
  await world.cluster.deleteClaim("of-a-person", { uid, resourceVersion });
  await expect.poll(() => world.ctx.volumes.find("of-a-person")).toBeNull();
  const findings = await auditFindings(world, context);
  expect(findings).toEqual([{ rule: "deleted-stranger", what: `of-a-person (${uid})` }]);
});
