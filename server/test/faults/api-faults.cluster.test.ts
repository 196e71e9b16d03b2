import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ServiceContext } from "@/server/context";
import { createSession } from "@/server/sessions";
import { deleteVolume, evictStorage, getStorage, listOrphans, repairStorage, restoreStorage } from "@/server/storage";
import type { Fault, FaultRule } from "@/server/test/cluster/fault-proxy";
import type { TestContext } from "@/server/test/context";
import { inTenant, openContext } from "./context";
import { makeUsed, PROFILE, type Subject } from "./subjects";
import { auditFindings, createFaultWorld, type FaultWorld } from "./world";

/** Short, so that requests without an answer cost little time; long enough for a busy machine. */
const DEADLINE_MS = 1_000;
const CALM = { timeout: 30_000, interval: 100 };
const ALWAYS = 1_000_000;

let world: FaultWorld;
let proxied: TestContext;
beforeAll(async () => {
  world = await createFaultWorld({ bindsClaims: false });
  proxied = openContext(world.proxied, { deadlineMs: DEADLINE_MS });
});
afterAll(async () => {
  await proxied[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

let made = 0;
let subject: Subject;
let ctx: ServiceContext;
let name: string;
beforeEach(() => {
  made += 1;
  subject = { sessionId: `ses_${made}`, tenantId: `tenant_${made}` };
  ctx = inTenant(proxied, subject.tenantId);
  name = ctx.volumes.nameFor(subject.sessionId);
});
afterEach(() => world.proxy.calm());

type Verb = "create" | "evict" | "restore";
const VERBS: Record<Verb, { method: FaultRule["method"]; act(): Promise<unknown>; end: string }> = {
  create: {
    method: "POST",
    act: () => createSession(ctx, { ...PROFILE, sessionId: subject.sessionId }),
    end: "live",
  },
  evict: { method: "DELETE", act: () => evictStorage(ctx, subject), end: "evicted" },
  restore: { method: "POST", act: () => restoreStorage(ctx, subject), end: "restoring" },
};

const REFUSALS: Fault[] = [
  { kind: "refuse", code: 409 },
  { kind: "refuse", code: 429 },
  { kind: "refuse", code: 500 },
];
const SILENCES: Fault[] = [{ kind: "swallow" }, { kind: "cut", where: "before" }, { kind: "cut", where: "within" }];

async function prepare(verb: Verb): Promise<void> {
  if (verb !== "create") await makeUsed(world.setup, inTenant(world.ctx, subject.tenantId), subject);
  if (verb === "restore") await evictStorage(inTenant(world.ctx, subject.tenantId), subject);
}

/** Expects a claim where there has to be one, none where there must not be, and nothing half-done. */
async function expectEnd(verb: Verb): Promise<void> {
  const { end } = VERBS[verb];
  await expect
    .poll(async () => {
      await repairStorage(inTenant(world.ctx, subject.tenantId));
      return (await getStorage(world.ctx, subject)).storageState;
    }, CALM)
    .toBe(end);
  const claims = (await world.claims()).filter((claim) => claim.sessionId === subject.sessionId);
  expect(claims).toHaveLength(end === "evicted" ? 0 : 1);
}

describe.each(Object.keys(VERBS) as Verb[])("%s", (verb) => {
  test.each([...REFUSALS, ...SILENCES])("reaches its end state after %j once", async (fault) => {
    await prepare(verb);
    const struck = world.proxy.strike({ method: VERBS[verb].method, path: /persistentvolumeclaims/, fault });
    const answer = await VERBS[verb].act().catch((error: unknown) => error);
    // What was done, or may have been, is checked again at once; only a plain refusal is reported.
    if (answer instanceof Error) expect(answer).toMatchObject({ failureKind: "infra-failed" });
    if (fault.kind === "cut") expect(answer).not.toBeInstanceOf(Error);
    expect(struck.hits()).toBe(1);
    await expectEnd(verb);
  });

  test.each([...REFUSALS, ...SILENCES])("fails while %j lasts, and the repair finishes it", async (fault) => {
    await prepare(verb);
    for (const method of ["GET", VERBS[verb].method] as const)
      world.proxy.strike({ method, path: /persistentvolumeclaims/, fault, times: ALWAYS });
    await expect(VERBS[verb].act()).rejects.toMatchObject({ failureKind: "infra-failed" });
    world.proxy.calm();
    await expectEnd(verb);
  });
});

test("a delayed deletion does not remove a volume restored meanwhile", async () => {
  await prepare("evict");
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  const late = world.proxy.strike({ method: "DELETE", path: /persistentvolumeclaims/, fault: { kind: "hold", until } });
  // The first try runs into its deadline, and the next is let through.
  expect(await evictStorage(ctx, subject)).toMatchObject({ storageState: "evicted" });
  await restoreStorage(ctx, subject);
  const restored = await ctx.volumes.find(name);
  release();
  await expect.poll(() => late.hits()).toBe(1);
  await world.proxy.settled();
  expect(await ctx.volumes.find(name)).toEqual(restored);
});

test("a claim created late, after its session's eviction, is listed, and deleted on order", async () => {
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  world.proxy.strike({ method: "POST", path: /persistentvolumeclaims/, fault: { kind: "hold", until } });
  await expect(VERBS.create.act()).rejects.toMatchObject({ failureKind: "infra-failed" });
  expect(await evictStorage(ctx, subject)).toMatchObject({ storageState: "evicted" });
  release();
  await world.proxy.settled();
  const { items } = await listOrphans(world.ctx);
  const [orphan] = items.filter((item) => item.name === name);
  expect(orphan).toMatchObject({ sessionId: subject.sessionId });
  await deleteVolume(world.ctx, { name, uid: orphan?.uid ?? "", confirmName: name });
  await expectEnd("evict");
});

test("a stale list of claims, older than an eviction and a restore, deletes nothing in use", async () => {
  const listed = async () => (await listOrphans(proxied)).items.find((item) => item.name === name);
  await prepare("evict");
  // This list is repeated from here on.
  expect(await listed()).toBeUndefined();
  world.proxy.strike({ method: "GET", path: /persistentvolumeclaims\?/, fault: { kind: "stale" }, times: ALWAYS });
  await VERBS.evict.act();
  const phantom = await listed();
  expect(phantom).toMatchObject({ sessionId: subject.sessionId });
  const order = { name, uid: phantom?.uid ?? "", confirmName: name };
  await expect(deleteVolume(proxied, order)).rejects.toMatchObject({ reason: "not-found" });

  await VERBS.restore.act();
  const restored = await ctx.volumes.find(name);
  expect(await listed()).toBeUndefined();
  await expect(deleteVolume(proxied, order)).rejects.toMatchObject({ failureKind: "schema-invalid" });
  expect(await ctx.volumes.find(name)).toEqual(restored);
});

test("the API server's audit log and the database's history agree that nothing in use was deleted", async (context) => {
  expect(await auditFindings(world, context)).toEqual([]);
});
