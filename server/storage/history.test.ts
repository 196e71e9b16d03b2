import { expect, test } from "vitest";
import type { ServiceContext, StorageSettings } from "@/server/context";
import { collectGarbage, listGcHistory, pinStorage } from ".";
import { createTestStore, SYSTEM, type TestStore, tenantOperator, withStorage } from "./test/context";
import { expire, makeStoredSession, makeUsedSession, PAST } from "./test/volume";

const GC = { dryRun: false, limit: 50 };

function loopOf(store: TestStore, settings: Partial<StorageSettings> = {}): ServiceContext {
  return withStorage(store.as({ ...SYSTEM, name: "storage-gc" }), settings);
}

test("a collection records what it evicted, kept and why; one without effect records nothing", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  expect((await listGcHistory(ctx, { limit: 50 })).schedule).toEqual({
    intervalMs: 300_000,
    lastAt: null,
    pause: null,
  });
  await collectGarbage(ctx, GC);
  expect((await listGcHistory(ctx, { limit: 50 })).schedule.lastAt).not.toBeNull();
  const gone = await makeUsedSession(ctx, { note: "gone" });
  const pinned = [await makeStoredSession(ctx), await makeStoredSession(ctx)];
  for (const sessionId of pinned) await pinStorage(ctx, { sessionId });
  for (const sessionId of [gone, ...pinned]) await expire(ctx, sessionId);
  await collectGarbage(ctx, { ...GC, dryRun: true });
  expect((await listGcHistory(ctx, { limit: 50 })).items).toEqual([]);
  await collectGarbage(loopOf(store), GC);
  await collectGarbage(loopOf(store), GC);
  const { items, cursor } = await listGcHistory(ctx, { limit: 50 });
  expect(cursor).toBeNull();
  expect(items).toEqual([
    {
      ...{ id: expect.any(String), at: expect.any(String), actor: "system:storage-gc", trigger: "loop" },
      ...{ evicted: 1, advanced: 0, kept: 2, bytes: 4, breaker: null, reasons: [{ reason: "pinned", count: 2 }] },
      difference: null,
    },
  ]);
});

test("records how a collection differed from its dry run and why, also when it evicted nothing", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const [goes, stays] = [await makeStoredSession(ctx), await makeStoredSession(ctx)];
  for (const sessionId of [goes, stays]) await expire(ctx, sessionId);
  const dry = await collectGarbage(ctx, { ...GC, dryRun: true });
  const plan = { evicted: dry.evicted.map(({ sessionId }) => sessionId) };
  expect(plan.evicted.toSorted()).toEqual([goes, stays].toSorted());
  await pinStorage(ctx, { sessionId: stays });
  const late = await makeStoredSession(ctx, { expiresAt: PAST });
  await collectGarbage(ctx, { ...GC, plan });
  const newest = async () => (await listGcHistory(ctx, { limit: 50 })).items[0];
  expect(await newest()).toMatchObject({
    evicted: 2,
    difference: {
      planned: 2,
      stayed: { count: 1, items: [{ sessionId: stays, reason: "pinned" }] },
      surplus: { count: 1, items: [{ sessionId: late }] },
    },
  });

  await collectGarbage(ctx, { ...GC, plan: { evicted: [stays, goes] } });
  expect(await newest()).toMatchObject({ evicted: 0, difference: { planned: 2, stayed: { count: 2 } } });
  // Nothing was predicted and nothing was done, so nothing is recorded.
  const told = (await listGcHistory(ctx, { limit: 50 })).items.length;
  await collectGarbage(ctx, { ...GC, plan: { evicted: [] } });
  expect((await listGcHistory(ctx, { limit: 50 })).items).toHaveLength(told);
  const last = await makeStoredSession(ctx, { expiresAt: PAST });
  await collectGarbage(ctx, { ...GC, plan: { evicted: [last] } });
  expect((await newest())?.difference).toEqual({
    ...{ planned: 1, stayed: { count: 0, items: [] }, surplus: { count: 0, items: [] } },
  });
});

test("records who collected, cron or person, in pages, and a tenant sees only its own", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const callers = [store.as({ ...SYSTEM, name: "cron" }), ctx, store.as(tenantOperator("acme"))];
  for (const caller of callers) {
    await makeStoredSession(ctx, { tenantId: "acme", expiresAt: PAST });
    await collectGarbage(caller, GC);
  }
  const first = await listGcHistory(ctx, { limit: 2 });
  const rest = await listGcHistory(ctx, { limit: 2, cursor: first.cursor ?? "" });
  const triggers = [...first.items, ...rest.items].map((item) => item.trigger);
  expect(triggers).toEqual(["person", "person", "cron"]);
  expect(rest.cursor).toBeNull();
  const own = await listGcHistory(store.as(tenantOperator("acme")), { limit: 50 });
  expect(own.items).toMatchObject([{ actor: "operator:of acme", evicted: 1 }]);
});

test("the daily maximum comes from the configuration, and is reported once reached", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const loop = loopOf(store, { dailyMax: 2 });
  for (let index = 0; index < 3; index += 1) await makeStoredSession(ctx, { expiresAt: PAST });
  expect((await collectGarbage(loop, GC)).evicted).toHaveLength(2);
  const over = await collectGarbage(loop, GC);
  expect(over).toMatchObject({ evicted: [], kept: [{ reason: expect.stringMatching(/^daily-max: 2 volumes/) }] });
  expect((await listGcHistory(ctx, { limit: 1 })).items).toMatchObject([{ breaker: over.kept[0]?.reason, kept: 1 }]);
  expect((await collectGarbage(ctx, GC)).evicted).toHaveLength(1);
});

test("the breaker's bounds come from the configuration", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  for (let index = 0; index < 8; index += 1) await makeStoredSession(ctx, index < 4 ? { expiresAt: PAST } : {});
  const open = await collectGarbage(loopOf(store, { breakerMin: 3, breakerShare: 0.4 }), GC);
  expect(open.kept[0]?.reason).toMatch(/^breaker-open: 4 of 8/);
  expect((await collectGarbage(loopOf(store, { breakerMin: 3, breakerShare: 0.5 }), GC)).evicted).toHaveLength(4);
});

test("the breaker opens for any number of volumes", async () => {
  await using store = await createTestStore();
  // By a client without timeouts and without the triggers: only the counting is tested.
  const client = await store.database.connect();
  await client.query("alter table agentrun_sessions disable trigger user");
  await client.query(`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, storage_kind, storage_state, expires_at)
    select 'ses_' || n, 'default', 'default', 'codex', 'pvc', 'live', case when n <= 11000 then now() - interval '1 day' end
    from generate_series(1, 54000) n`);
  const report = await collectGarbage(loopOf(store), GC);
  expect(report).toMatchObject({ evicted: [], advanced: [] });
  expect(report.kept[0]?.reason).toMatch(/^breaker-open: 11000 of 54000/);
  const patient = await collectGarbage(loopOf(store, { breakerMin: 10_500 }), GC);
  expect(patient.kept[0]?.reason).toMatch(/^breaker-open: 11000 of 54000/);
});
