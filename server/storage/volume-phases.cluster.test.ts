import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sessions } from "@/db/schema";
import { claimRun, createRun } from "@/server/runs";
import { createSession, getSession, markSessionRead } from "@/server/sessions";
import { useClaim } from "@/server/test/cluster/pods";
import { createFaultWorld, type FaultWorld } from "@/server/test/faults/world";
import { evictStorage, getStorage, listStorage, VolumePhases } from ".";

// Claims that no provisioner binds: the test itself decides what becomes of each.
let world: FaultWorld;
const made: string[] = [];
beforeEach(async () => {
  world = await createFaultWorld({ bindsClaims: false });
});
afterEach(async () => {
  for (const name of made.splice(0)) await world.admin.deletePersistentVolume({ name });
  await world[Symbol.asyncDispose]();
});

const LIST = { sort: "updatedAt", limit: 50 } as const;

/** Makes the disk that a session's claim waits for, as a provisioner does for its first pod. */
async function bind(sessionId: string): Promise<string> {
  const { namespace } = world.setup;
  const claim = await world.ctx.volumes.find(world.ctx.volumes.nameFor(sessionId));
  const name = `disk-${claim?.uid}`;
  await world.admin.createPersistentVolume({
    body: {
      metadata: { name },
      spec: {
        ...{ capacity: { storage: "1Mi" }, accessModes: ["ReadWriteOnce"], storageClassName: "" },
        ...{ persistentVolumeReclaimPolicy: "Retain", hostPath: { path: "/nowhere" } },
        claimRef: { kind: "PersistentVolumeClaim", namespace, name: claim?.name, uid: claim?.uid },
      },
    },
  });
  made.push(name);
  await phaseIs(sessionId, "Bound");
  return name;
}

function phaseIs(sessionId: string, phase: string): Promise<void> {
  const name = world.ctx.volumes.nameFor(sessionId);
  return expect.poll(() => world.ctx.volumes.find(name), { timeout: 20_000 }).toMatchObject({ phase });
}

/** Deletes the disk of a bound claim. */
async function lose(sessionId: string): Promise<void> {
  const name = await bind(sessionId);
  made.splice(made.indexOf(name), 1);
  await world.admin.deletePersistentVolume({ name });
  const disk = await world.admin.readPersistentVolume({ name });
  await world.admin.replacePersistentVolume({
    name,
    body: { ...disk, metadata: { ...disk.metadata, finalizers: [] } },
  });
  await phaseIs(sessionId, "Lost");
}

async function makeSession(sessionId: string): Promise<string> {
  await createSession(world.ctx, { sessionId, backendProfile: "codex" });
  return sessionId;
}

async function listed() {
  const { items } = await listStorage(world.ctx, LIST);
  return new Map(items.map(({ sessionId, pvcPhase }) => [sessionId, pvcPhase]));
}

const unhealthy = async () =>
  (await listStorage(world.ctx, { ...LIST, isHealthy: false })).items.map(({ sessionId }) => sessionId);

async function versions() {
  const rows = await world.ctx.db.select({ id: sessions.sessionId, version: sessions.version }).from(sessions);
  return new Map(rows.map(({ id, version }) => [id, version]));
}

test("shows a claim's phase: bound, lost, terminating, and deleted externally", async () => {
  const { ctx, person, setup } = world;
  const ids = await Promise.all(["ses_pending", "ses_bound", "ses_lost", "ses_going", "ses_gone"].map(makeSession));
  expect([...(await listed()).values()]).toEqual(Array(5).fill("Pending"));
  expect(await unhealthy()).toEqual([]);
  const nameOf = (sessionId: string) => ctx.volumes.nameFor(sessionId);
  await bind("ses_bound");
  await lose("ses_lost");
  await useClaim(person, { namespace: setup.namespace, claimName: nameOf("ses_going"), podName: "holder" });
  for (const sessionId of ["ses_going", "ses_gone"])
    await person.deleteNamespacedPersistentVolumeClaim({ name: nameOf(sessionId), namespace: setup.namespace });
  await expect.poll(() => ctx.volumes.find(nameOf("ses_gone"))).toBeNull();

  const before = await versions();
  await new VolumePhases(ctx).pass();
  const truth = { pending: "Pending", bound: "Bound", lost: "Lost", going: "Terminating", gone: "Lost" };
  expect(Object.fromEntries([...(await listed())].map(([id, phase]) => [id.slice(4), phase]))).toEqual(truth);
  expect((await unhealthy()).sort()).toEqual(["ses_going", "ses_gone", "ses_lost"]);
  const after = await versions();
  expect(ids.filter((id) => before.get(id) !== after.get(id)).sort()).toEqual(
    ids.filter((id) => id !== "ses_pending").sort(),
  );

  // What did not change is not written, and nobody is woken for it.
  ctx.woken.length = 0;
  await new VolumePhases(ctx).pass();
  expect(await versions()).toEqual(after);
  expect(ctx.woken).toEqual([]);
});

test("a phase change makes no session unread, and an evicted session has no phase", async () => {
  const { ctx } = world;
  const sessionId = await makeSession("ses_1");
  await markSessionRead(ctx, { sessionId, readerId: "ann" });
  await bind(sessionId);
  await new VolumePhases(ctx).pass();
  expect(await getSession(ctx, { sessionId, readerId: "ann" })).toMatchObject({
    ...{ unread: false, storagePvcPhase: "Bound" },
  });
  await evictStorage(ctx, { sessionId });
  const evicted = await versions();
  await new VolumePhases(ctx).pass();
  expect(await versions()).toEqual(evicted);
  expect((await listed()).get(sessionId)).toBeNull();
});

test("shows a claim bound by a run's pod at once, without inspecting all others", async () => {
  const { ctx } = world;
  const [claimed, other] = [await makeSession("ses_claimed"), await makeSession("ses_other")];
  const phases = new VolumePhases(ctx);
  await phases.pass();
  await Promise.all([bind(claimed), bind(other)]);
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: claimed } });
  ctx.woken.length = 0;
  await claimRun(ctx, { runId: run.id, runnerId: "runner" });
  expect(ctx.woken).toContain("volumes");
  await phases.pass();
  expect(Object.fromEntries(await listed())).toEqual({ [claimed]: "Bound", [other]: "Pending" });
  expect(await getStorage(ctx, { sessionId: claimed })).toMatchObject({ activeRunId: run.id });
});

test("a locked row waits for the next pass and delays no other", async () => {
  const { ctx } = world;
  const [locked, free] = [await makeSession("ses_locked"), await makeSession("ses_free")];
  await Promise.all([bind(locked), bind(free)]);
  await ctx.db.transaction(async (tx) => {
    await tx.select().from(sessions).where(eq(sessions.sessionId, locked)).for("no key update");
    await new VolumePhases(ctx).pass();
  });
  expect(Object.fromEntries(await listed())).toEqual({ [locked]: "Pending", [free]: "Bound" });
  await new VolumePhases(ctx).pass();
  expect(Object.fromEntries(await listed())).toEqual({ [locked]: "Bound", [free]: "Bound" });
});
