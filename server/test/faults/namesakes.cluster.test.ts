import type * as k8s from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { evictStorage, getStorage, repairStorage } from "@/server/storage";
import { readBack } from "@/server/storage/test/volume";
import type { Volumes } from "@/server/volumes/volumes";
import { inTenant, openClaimVolumes, openContext } from "./context";
import { traceCluster } from "./crossings";
import { makeMarker, makeUsed, type Subject } from "./subjects";
import { dice, inGroups, trials } from "./trials";
import { auditFindings, createFaultWorld, type FaultWorld } from "./world";

const EACH = trials({ suite: 25, long: 1_000 });
const AT_ONCE = 5;
const GONE = { timeout: 30_000, interval: 20 };

let world: FaultWorld;
beforeAll(async () => {
  world = await createFaultWorld({ bindsClaims: false });
});
afterAll(() => world[Symbol.asyncDispose]());

/** Makes volumes that do something to the claim before each deletion, once. */
function meddled(before: () => Promise<void>): Volumes {
  let isDone = false;
  return openClaimVolumes(
    world.setup,
    traceCluster(world.cluster, async (signal) => {
      if (signal !== "before deleteClaim" || isDone) return;
      isDone = true;
      await before();
    }),
  );
}

test(`a claim recreated between inspection and deletion stays, ${EACH} times`, async () => {
  const roll = dice("namesakes");
  await withEach("namesake", async (subject) => {
    const ctx = inTenant(world.ctx, subject.tenantId);
    const name = ctx.volumes.nameFor(subject.sessionId);
    const old = await readClaim(name);
    // As a backup restores it with all its labels, or as a stranger makes it who knows none of them.
    const isLikeOurs = roll.below(2) === 0;
    const volumes = meddled(async () => {
      await deleteByHand(name);
      await createByHand(name, isLikeOurs ? old : undefined);
    });
    expect(await evictStorage({ ...ctx, volumes }, subject)).toMatchObject({ storageState: "evicted" });
    const now = await readClaim(name);
    expect(now.metadata?.uid).not.toBe(old.metadata?.uid);
    expect(now.metadata?.deletionTimestamp).toBeUndefined();
    await repairStorage(ctx);
    expect((await readClaim(name)).metadata?.uid).toBe(now.metadata?.uid);
    expect(await readBack(ctx, subject.sessionId)).toBe(makeMarker(subject));
    await deleteByHand(name);
  });
});

test(`a claim whose labels change between inspection and deletion is judged again, ${EACH} times`, async () => {
  const roll = dice("labels");
  await withEach("relabelled", async (subject) => {
    const ctx = inTenant(world.ctx, subject.tenantId);
    const name = ctx.volumes.nameFor(subject.sessionId);
    // Either the claim is no longer ours and stays, or it only has another label and is removed.
    const isTaken = roll.below(2) === 0;
    const label: Record<string, string> = isTaken
      ? { "app.kubernetes.io/managed-by": "somebody" }
      : { note: "of-a-person" };
    const volumes = meddled(() => relabel(name, label));
    const evicted = evictStorage({ ...ctx, volumes }, subject);
    if (!isTaken) {
      expect(await evicted).toMatchObject({ storageState: "evicted" });
      return expect(await ctx.volumes.find(name)).toBeNull();
    }
    await expect(evicted).rejects.toThrow("is not of this session");
    expect((await readClaim(name)).metadata?.deletionTimestamp).toBeUndefined();
    await relabel(name, { "app.kubernetes.io/managed-by": "agentrun" });
    await repairStorage(ctx);
    expect(await getStorage(ctx, subject)).toMatchObject({ storageState: "evicted" });
  });
});

test(`a stale answer of the API server deletes nothing that exists now, ${EACH} times`, async () => {
  await using stale = openContext(world.proxied);
  await withEach("stale", async (subject) => {
    const ctx = inTenant(stale, subject.tenantId);
    const name = ctx.volumes.nameFor(subject.sessionId);
    // From now on the proxy answers with the claim as it is here.
    const old = await ctx.volumes.find(name);
    const like = await readClaim(name);
    await deleteByHand(name);
    await createByHand(name, like);
    const now = await readClaim(name);
    const path = new RegExp(`/persistentvolumeclaims/${name}$`);
    const lie = world.proxy.strike({ method: "GET", path, fault: { kind: "stale" }, times: 1_000_000 });
    // The product deletes the claim that it was shown, and the API server refuses; so it must not report the claim as
    // gone.
    await expect(ctx.volumes.remove(name, old?.uid ?? null)).rejects.toMatchObject({ problem: "conflict" });
    expect(lie.hits()).toBeGreaterThan(0);
    expect((await readClaim(name)).metadata).toMatchObject({ uid: now.metadata?.uid });
    expect((await readClaim(name)).metadata?.deletionTimestamp).toBeUndefined();
  });
  world.proxy.calm();
});

test("the API server's audit log and the database's history agree that nothing in use was deleted", async (context) => {
  expect(await auditFindings(world, context)).toEqual([]);
});

async function withEach(kind: string, work: (subject: Subject) => Promise<void>): Promise<void> {
  const subjects = Array.from({ length: EACH }, (_, index) => {
    const id = `${kind}_${index}`;
    return { sessionId: `ses_${id}`, tenantId: `tenant_${id}` };
  });
  await inGroups(subjects, AT_ONCE, async (subject) => {
    await makeUsed(world.setup, inTenant(world.ctx, subject.tenantId), subject);
    await work(subject);
  });
}

function readClaim(name: string): Promise<k8s.V1PersistentVolumeClaim> {
  return world.person.readNamespacedPersistentVolumeClaim({ name, namespace: world.setup.namespace });
}

async function deleteByHand(name: string): Promise<void> {
  await world.person.deleteNamespacedPersistentVolumeClaim({ name, namespace: world.setup.namespace });
  await expect.poll(() => world.ctx.volumes.find(name), GONE).toBeNull();
}

/** Creates a claim, like another one or like nobody's. */
async function createByHand(name: string, like: k8s.V1PersistentVolumeClaim | undefined): Promise<void> {
  await world.person.createNamespacedPersistentVolumeClaim({
    namespace: world.setup.namespace,
    body: {
      metadata: { name, labels: like?.metadata?.labels ?? {}, annotations: like?.metadata?.annotations ?? {} },
      spec: { storageClassName: "", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } },
    },
  });
}

async function relabel(name: string, labels: Record<string, string>): Promise<void> {
  const claim = await readClaim(name);
  claim.metadata = { ...claim.metadata, labels: { ...claim.metadata?.labels, ...labels } };
  await world.person.replaceNamespacedPersistentVolumeClaim({
    name,
    namespace: world.setup.namespace,
    body: claim,
  });
}
