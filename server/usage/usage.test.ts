import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { UsageSummaryInput } from "@/contract/usage";
import { storeModelCalls } from "@/db/queries/usage/store-model-calls";
import { type ModelCallRow, modelCalls, runs, sessions, usageDays, usageSessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeModelCall, makeRun, makeSession } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { createTask } from "@/server/queue";
import { purgeDeleted } from "@/server/retention";
import { deleteSession } from "@/server/sessions";
import { type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { listCalls, summarizeUsage, usageOfRun, usageOfSession, usageOfTask, verifyUsage } from ".";

const summary = (ctx: ServiceContext, input: Partial<UsageSummaryInput> = {}) =>
  summarizeUsage(ctx, UsageSummaryInput.parse(input));
const store = (ctx: ServiceContext, ...calls: ModelCallRow[]) => storeModelCalls(ctx.pool, calls);
const sumsOf = (ctx: TestContext, sessionId: string) =>
  ctx.database.db
    .select()
    .from(usageSessions)
    .where(eq(usageSessions.sessionId, sessionId))
    .orderBy(usageSessions.currency);

test("counts a call once when it is stored again, alone or in a batch, by one process or two", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using other = testContext(database);
  const run = await makeRun(ctx.database.db);
  const calls = Array.from({ length: 20 }, () => makeModelCall(run));
  await store(ctx, ...calls.slice(0, 5));
  await Promise.all([store(ctx, ...calls), store(other, ...calls.toReversed()), store(ctx, ...calls.slice(3, 7))]);
  await store(other, ...calls.slice(2, 3));
  expect((await usageOfRun(ctx, { runId: run.id })).total).toMatchObject({
    ...{ calls: 20, ok: 20, inputTokens: 2_000, cachedInputTokens: 800, outputTokens: 200, reasoningTokens: 80 },
    costs: [{ currency: "USD", costMicros: 140 }],
  });
  expect(await verifyUsage(ctx)).toEqual({
    ...{ isEqual: true, calls: 20, sums: 1, differing: 0, differences: [] },
    sessions: { sums: 0, differing: 0, differences: [] },
  });
});

test("daily sums equal the calls at every moment under concurrent writes and removals", {
  timeout: 60_000,
}, async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const shared = await makeRun(ctx.database.db);
  let isOver = false;
  let looks = 0;
  const watch = async () => {
    await using watcher = testContext(database);
    for (; !isOver || looks < 20; looks += 1) expect((await verifyUsage(watcher)).differences).toEqual([]);
  };
  const write = async (writer: number) => {
    await using own = testContext(database);
    for (let step = 0; step < 40; step += 1) {
      const passing = await makeRun(own.database.db, { tenantId: `t${step % 2}` });
      const model = `m${(step + writer) % 3}`;
      await store(
        own,
        makeModelCall(shared),
        makeModelCall(passing, { model }),
        makeModelCall(shared, { model, outcome: "failed" }),
      );
      if (step % 3 === 0) await own.database.db.delete(runs).where(eq(runs.id, passing.id));
    }
  };
  const writers = Promise.all([0, 1, 2, 3].map(write)).finally(() => {
    isOver = true;
  });
  await Promise.all([writers, watch(), watch()]);
  expect(looks).toBeGreaterThanOrEqual(20);
  expect((await usageOfRun(ctx, { runId: shared.id })).total.calls).toBe(320);
  // What was removed with its run is no longer among the calls, but still in the sums of days.
  const { calls } = await verifyUsage(ctx);
  expect(calls).toBe(320 + 4 * 26);
  expect((await summary(ctx)).total).toMatchObject({ calls: 480, ok: 320, failed: 160, inputTokens: 48_000 });
});

test("a recount finds wrong, missing and surplus sums by name", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  const startedAt = new Date("2026-03-01T23:59:59.999Z");
  await store(
    ctx,
    makeModelCall(run, { startedAt }),
    makeModelCall(run, { startedAt, model: "m2" }),
    makeModelCall(run, { startedAt, model: "m3" }),
  );
  const db = ctx.database.db;
  await db.update(usageDays).set({ costMicros: 8 }).where(eq(usageDays.model, "m1"));
  await db.delete(usageDays).where(eq(usageDays.model, "m2"));
  await db.execute(sql`insert into agentrun_usage_days select '2026-03-02', tenant_id, project_id, backend_profile, model,
    currency, part, calls, ok, refused, failed, aborted, 0, 0, 0, 0, 0, 0, 0 from agentrun_usage_days where model = 'm3'`);
  const named = { tenantId: "default", projectId: "default", backendProfile: "codex", currency: "USD" };
  const one = { calls: 1, inputTokens: 100, outputTokens: 10, costMicros: 7 };
  const none = { calls: 0, inputTokens: 0, outputTokens: 0, costMicros: 0 };
  const day = "2026-03-01";
  expect(await verifyUsage(ctx)).toEqual({
    ...{ isEqual: false, calls: 3, sums: 4, differing: 3 },
    differences: [
      { ...named, day, model: "m1", summed: { ...one, costMicros: 8 }, inCalls: one },
      { ...named, day, model: "m2", summed: none, inCalls: one },
      { ...named, day: "2026-03-02", model: "m3", summed: { ...none, calls: 1 }, inCalls: none },
    ],
    sessions: { sums: 0, differing: 0, differences: [] },
  });
  // A difference in any other figure counts as well.
  await db.execute(sql`update agentrun_usage_days set refused = 1 where model = 'm3' and day = ${day}`);
  expect((await verifyUsage(ctx)).differing).toBe(4);
  // A tenant's administrator sees only that tenant's sums.
  expect(await verifyUsage({ ...ctx, actor: tenantOperator("acme") })).toMatchObject({ isEqual: true, sums: 0 });
});

test("two connections that store calls of the same sessions do not deadlock, and sums are equal", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const owners = await Promise.all([1, 2, 3].map(() => makeSession(ctx.database.db)));
  const made = await Promise.all(owners.map(({ sessionId }) => makeRun(ctx.database.db, { sessionId })));
  const deadlocks = async () => {
    const { rows } = await ctx.pool.query("select deadlocks from pg_stat_database where datname = current_database()");
    return rows[0].deadlocks;
  };
  const before = await deadlocks();
  const write = async (isReversed: boolean) => {
    await using own = testContext(database);
    for (let step = 0; step < 60; step += 1) {
      const currencies = ["USD", "EUR", null].map((currency) => ({
        currency,
        costMicros: currency === null ? null : 7,
      }));
      const calls = made.flatMap((run) => currencies.map((cost) => makeModelCall(run, cost)));
      await store(own, ...(isReversed ? calls.toReversed() : calls));
    }
  };
  await Promise.all([write(false), write(true)]);
  for (const { sessionId } of owners) {
    const sums = await sumsOf(ctx, sessionId);
    const sum = {
      calls: 120,
      inputTokens: 12_000,
      cachedInputTokens: 4_800,
      outputTokens: 1_200,
      reasoningTokens: 480,
    };
    expect(sums).toEqual([
      { sessionId, currency: "", ...sum, uncountedCalls: 0, unpricedCalls: 120, costMicros: 0 },
      { sessionId, currency: "EUR", ...sum, uncountedCalls: 0, unpricedCalls: 0, costMicros: 840 },
      { sessionId, currency: "USD", ...sum, uncountedCalls: 0, unpricedCalls: 0, costMicros: 840 },
    ]);
  }
  expect(await deadlocks()).toBe(before);
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 1_080, sessions: { sums: 9, differing: 0 } });
});

test("a session keeps the usage of removed runs, and its sums are removed with it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { db } = ctx.database;
  const { sessionId } = await makeSession(db);
  const [kept, old, gone] = [
    await makeRun(db, { sessionId }),
    await makeRun(db, { sessionId }),
    await makeRun(db, { sessionId }),
  ];
  // A run that names a missing session has none for which to sum up.
  const stray = await makeRun(db, { sessionId: "ses_of_nobody" });
  await store(ctx, makeModelCall(kept), makeModelCall(old), makeModelCall(old), makeModelCall(stray));
  await db.delete(runs).where(eq(runs.id, old.id));
  await db.delete(runs).where(eq(runs.id, gone.id));
  await store(ctx, makeModelCall(gone));
  expect((await usageOfSession(ctx, { sessionId })).total.calls).toBe(1);
  expect(await sumsOf(ctx, sessionId)).toMatchObject([{ currency: "USD", calls: 4, inputTokens: 400 }]);
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 2, sessions: { sums: 1 } });
  await db.delete(runs).where(eq(runs.id, kept.id));
  await db.delete(sessions).where(eq(sessions.sessionId, sessionId));
  expect(await db.select().from(usageSessions)).toEqual([]);
  // A call that ends after that only counts for its day.
  await store(ctx, makeModelCall(kept));
  expect(await db.select().from(usageSessions)).toEqual([]);
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 1 });
});

test("a recount finds a session's low or missing sum, only of the caller's tenant", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { db } = ctx.database;
  const [small, missing, large] = await Promise.all(
    ["ses_a", "ses_b", "ses_c"].map(async (sessionId) => {
      await makeSession(db, { sessionId });
      await store(ctx, makeModelCall(await makeRun(db, { sessionId })));
      return sessionId;
    }),
  );
  const of = (sessionId = "") => eq(usageSessions.sessionId, sessionId);
  await db.update(usageSessions).set({ reasoningTokens: 3, costMicros: 6 }).where(of(small));
  await db.delete(usageSessions).where(of(missing));
  // Sums may be larger than the calls, because calls are removed with their run.
  await db.update(usageSessions).set({ calls: 9, inputTokens: 900 }).where(of(large));
  const one = { calls: 1, inputTokens: 100, outputTokens: 10, costMicros: 7 };
  expect(await verifyUsage(ctx)).toMatchObject({
    ...{ isEqual: false, differing: 0 },
    sessions: {
      ...{ sums: 3, differing: 2 },
      differences: [
        { sessionId: small, currency: "USD", summed: { ...one, costMicros: 6 }, inCalls: one },
        {
          ...{ sessionId: missing, currency: "USD", inCalls: one },
          summed: { calls: 0, inputTokens: 0, outputTokens: 0, costMicros: 0 },
        },
      ],
    },
  });
  expect(await verifyUsage({ ...ctx, actor: tenantOperator("acme") })).toMatchObject({ isEqual: true, calls: 0 });
});

test("a call cannot be changed, and one whose run has gone stays only in its day's sum", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [run, gone] = [await makeRun(ctx.database.db), await makeRun(ctx.database.db)];
  await store(ctx, makeModelCall(run));
  await expect(ctx.database.db.update(modelCalls).set({ inputTokens: 1 })).rejects.toThrow();
  await ctx.database.db.delete(runs).where(eq(runs.id, gone.id));
  await store(ctx, makeModelCall(run), makeModelCall(gone));
  expect((await listCalls(ctx, { limit: 10 })).items.map(({ runId }) => runId)).toEqual([run.id, run.id]);
  expect((await summary(ctx)).total).toMatchObject({ calls: 3, inputTokens: 300 });
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 2 });
});

test("a deleted session's calls are removed with its runs in steps, and daily sums stay", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId } = await makeSession(ctx.database.db, { storageKind: "none", storageState: "none" });
  const run = await makeRun(ctx.database.db, { sessionId, status: "completed", terminalStatus: "completed" });
  const kept = await makeRun(ctx.database.db);
  await store(ctx, ...Array.from({ length: 30 }, () => makeModelCall(run)), makeModelCall(kept));
  expect((await usageOfSession(ctx, { sessionId })).total.calls).toBe(30);
  await deleteSession(ctx, { sessionId });
  await expect(usageOfSession(ctx, { sessionId })).rejects.toMatchObject({ reason: "not-found" });
  await purgeDeleted(ctx, { rows: 10 });
  await purgeDeleted(ctx);
  expect((await listCalls(ctx, { limit: 200 })).items.map(({ runId }) => runId)).toEqual([kept.id]);
  expect((await summary(ctx)).total).toMatchObject({ calls: 31, costs: [{ currency: "USD", costMicros: 217 }] });
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 1 });
});

test("a session's and a task's usage covers all their runs, by model", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId } = await makeSession(ctx.database.db);
  const task = await createTask(ctx, { title: "t", backendProfile: "codex", payload: {} } as never);
  const [first, second] = [
    await makeRun(ctx.database.db, { sessionId, taskId: task.id }),
    await makeRun(ctx.database.db, { sessionId, taskId: task.id }),
  ];
  const [alone, nobodys] = [await makeRun(ctx.database.db, { sessionId }), await makeRun(ctx.database.db)];
  await store(
    ctx,
    makeModelCall(first),
    makeModelCall(second, { model: "big", inputTokens: 900, costMicros: 5, currency: "EUR" }),
    makeModelCall(second, {
      outcome: "aborted",
      inputTokens: null,
      outputTokens: null,
      costMicros: null,
      currency: null,
    }),
    makeModelCall(alone, {
      outcome: "refused",
      inputTokens: null,
      outputTokens: null,
      costMicros: null,
      currency: null,
    }),
    makeModelCall(nobodys),
  );
  const ofTask = await usageOfTask(ctx, { taskId: task.id });
  expect(ofTask.total).toMatchObject({
    ...{ calls: 3, ok: 2, aborted: 1, refused: 0, uncountedCalls: 1, unpricedCalls: 0, inputTokens: 1_000 },
    costs: [
      { currency: "EUR", costMicros: 5 },
      { currency: "USD", costMicros: 7 },
    ],
  });
  expect(ofTask.models.map(({ model, usage }) => [model, usage.calls])).toEqual([
    ["big", 1],
    ["m1", 2],
  ]);
  expect((await usageOfSession(ctx, { sessionId })).total).toMatchObject({ calls: 4, refused: 1, uncountedCalls: 1 });
  expect((await usageOfRun(ctx, { runId: nobodys.id })).total).toMatchObject({ calls: 1 });
  const empty = await usageOfRun(ctx, { runId: (await makeRun(ctx.database.db)).id });
  expect(empty).toMatchObject({ total: { calls: 0, inputTokens: 0, costs: [] }, models: [] });
});

test("a summary groups days of UTC as requested, and its rows add up to its total", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId } = await makeSession(ctx.database.db);
  const codex = await makeRun(ctx.database.db, { sessionId, taskId: "qt_x" });
  const demo = await makeRun(ctx.database.db, { backendProfile: "demo", projectId: "p2" });
  const at = (instant: string) => ({ startedAt: new Date(instant) });
  await store(
    ctx,
    makeModelCall(codex, at("2026-02-27T23:59:59.999Z")),
    makeModelCall(codex, at("2026-02-28T00:00:00.000Z")),
    makeModelCall(codex, { ...at("2026-03-01T23:59:59.999Z"), model: "m2", currency: "EUR" }),
    makeModelCall(demo, { ...at("2026-03-01T12:00:00Z"), inputTokens: 5_000, costMicros: null, currency: null }),
    makeModelCall(demo, at("2026-03-02T00:00:00Z")),
  );
  const days = { from: "2026-02-28", to: "2026-03-01" };
  const rows = async (input: Partial<UsageSummaryInput>) => {
    const told = await summary(ctx, { ...days, ...input });
    const sum = told.items.reduce((total, { usage }) => total + usage.inputTokens, 0);
    expect(told.groupsLeftOut > 0 || sum === told.total.inputTokens).toBe(true);
    return told.items.map(({ group, day, usage }) => [group, day, usage.calls]);
  };
  expect(await rows({ groupBy: "profile" })).toEqual([
    ["demo", null, 1],
    ["codex", null, 2],
  ]);
  expect(await rows({ groupBy: "profile", byDay: true })).toEqual([
    ["demo", "2026-03-01", 1],
    ["codex", "2026-03-01", 1],
    ["codex", "2026-02-28", 1],
  ]);
  expect(await rows({ groupBy: "day" })).toEqual([
    ["2026-03-01", null, 2],
    ["2026-02-28", null, 1],
  ]);
  expect(await rows({ groupBy: "model", backendProfile: "codex" })).toEqual([
    ["m1", null, 1],
    ["m2", null, 1],
  ]);
  expect(await rows({ groupBy: "project", projectId: "p2" })).toEqual([["p2", null, 1]]);
  expect(await rows({ groupBy: "tenant", model: "m2" })).toEqual([["default", null, 1]]);
  expect(await rows({ groupBy: "session" })).toEqual([
    ["", null, 1],
    [sessionId, null, 2],
  ]);
  expect(await rows({ groupBy: "task" })).toEqual([
    ["", null, 1],
    ["qt_x", null, 2],
  ]);
  expect(await rows({ groupBy: "run", byDay: true })).toEqual([
    [demo.id, "2026-03-01", 1],
    [codex.id, "2026-03-01", 1],
    [codex.id, "2026-02-28", 1],
  ]);
  const first = await summary(ctx, { ...days, limit: 1 });
  expect(first).toMatchObject({ ...days, groupBy: "profile", groupsLeftOut: 1, total: { calls: 3, unpricedCalls: 1 } });
  expect(first.items).toHaveLength(1);
  expect(first.total.costs).toEqual([
    { currency: "EUR", costMicros: 7 },
    { currency: "USD", costMicros: 7 },
  ]);
  const none = await summary(ctx, { from: "2025-01-01", to: "2025-12-31" });
  expect(none).toMatchObject({ items: [], total: { calls: 0, costs: [] }, groupsLeftOut: 0 });
});

test("a summary covers the last seven days by default, and at most a year", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { from, to } = await summary(ctx);
  expect((Date.parse(to) - Date.parse(from)) / 86_400_000).toBe(6);
  for (const [wrong, path] of [
    [{ from: "2026-01-02", to: "2026-01-01" }, "from"],
    [{ from: "2024-01-01", to: "2026-01-01" }, "from"],
    [{ from: "2020-01-01" }, "from"],
    [{ to: "2026-02-30" }, "to"],
    [{ to: "0001-01-01" }, "to"],
  ] as const)
    expect(UsageSummaryInput.safeParse(wrong).error?.issues[0]?.path).toEqual([path]);
});

test("a list of calls continues at its page's end, and filters", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  const other = await makeRun(ctx.database.db, { backendProfile: "demo" });
  // Many calls of the same instant: the place in the list includes the id.
  const startedAt = new Date("2026-03-01T12:00:00Z");
  const calls = Array.from({ length: 7 }, (_, index) => makeModelCall(index % 2 ? run : other, { startedAt }));
  await store(
    ctx,
    ...calls,
    makeModelCall(run, { outcome: "failed", failureKind: "backend-failed", reason: "answer-cut" }),
  );
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listCalls(ctx, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.cursor;
  }
  expect(new Set(seen).size).toBe(8);
  const ids = async (input: object) => (await listCalls(ctx, { limit: 10, ...input })).items.length;
  expect(await ids({ runId: run.id })).toBe(4);
  expect(await ids({ callId: calls[0]?.id })).toBe(1);
  expect(await ids({ backendProfile: "demo" })).toBe(4);
  expect(await ids({ outcome: "failed" })).toBe(1);
  expect(await ids({ model: "m2" })).toBe(0);
  const { cursor } = await listCalls(ctx, { limit: 3 });
  await expect(listCalls(ctx, { limit: 3, cursor: cursor ?? "", outcome: "ok" })).rejects.toMatchObject({
    reason: "invalid-cursor",
  });
});

test("a tenant's caller sees only that tenant's calls and sums for any input", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db, { tenantId: "acme", sessionId: "ses_shared_name" });
  const theirs = await makeRun(ctx.database.db, { tenantId: "theirs", sessionId: "ses_shared_name" });
  await store(ctx, makeModelCall(run), makeModelCall(theirs), makeModelCall(theirs));
  const acme: ServiceContext = { ...ctx, actor: tenantOperator("acme") };
  for (const groupBy of ["profile", "tenant", "day", "session", "run"] as const) {
    expect((await summary(acme, { groupBy })).total.calls).toBe(1);
    expect(await summary(acme, { groupBy, tenantId: "theirs" })).toMatchObject({ items: [], total: { calls: 0 } });
    expect((await summary(ctx, { groupBy, tenantId: "theirs" })).total.calls).toBe(2);
  }
  const ids = async (input: object) => (await listCalls(acme, { limit: 10, ...input })).items.map(({ runId }) => runId);
  expect(await ids({})).toEqual([run.id]);
  expect(await ids({ sessionId: "ses_shared_name" })).toEqual([run.id]);
  expect(await ids({ tenantId: "theirs" })).toEqual([]);
  expect(await ids({ runId: theirs.id })).toEqual([]);
  await expect(usageOfRun(acme, { runId: theirs.id })).rejects.toMatchObject({ reason: "not-found" });
  await expect(usageOfSession(acme, { sessionId: "ses_shared_name" })).rejects.toMatchObject({ reason: "not-found" });
  await expect(usageOfTask(acme, { taskId: "qt_none" })).rejects.toMatchObject({ reason: "not-found" });
});
