import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateBudgetInput, ListBudgetPeriodsInput, ListBudgetsInput } from "@/contract/budget";
import { storeModelCalls } from "@/db/queries/usage/store-model-calls";
import { audit, type ModelCallRow, type RunRow, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeModelCall, makeRun, makeSession } from "@/db/test/factories";
import { inTx, type ServiceContext } from "@/server/context";
import { getOverview } from "@/server/overview";
import { tenantOperator, testContext } from "@/server/test/context";
import {
  BudgetGate,
  budgetsOfSession,
  createBudget,
  deleteBudget,
  listBudgetPeriods,
  listBudgets,
  raiseBudget,
  readBudget,
  updateBudget,
  watchBudgets,
} from ".";

const make = (ctx: ServiceContext, values: Partial<CreateBudgetInput> = {}) =>
  createBudget(ctx, CreateBudgetInput.parse({ name: "models", unit: "USD", limit: 5, tenantId: "default", ...values }));
/** Stores a call that cost so many millionths. */
const spend = (ctx: ServiceContext, run: RunRow, costMicros: number, more: Partial<ModelCallRow> = {}) =>
  storeModelCalls(ctx.pool, [makeModelCall(run, { costMicros, ...more })]);
const periods = (ctx: ServiceContext, budgetId: string) =>
  listBudgetPeriods(ctx, ListBudgetPeriodsInput.parse({ budgetId }));
const asked = (ctx: ServiceContext, { tenantId, projectId, sessionId, backendProfile }: RunRow) =>
  new BudgetGate(ctx).assertLeft({ tenantId, projectId, sessionId, backendProfile });
/** Only the needs of budgets: a missing worker is a need as well. */
const needsOf = async (ctx: ServiceContext) =>
  (await getOverview(ctx, {})).needs.filter(({ kind }) => kind.startsWith("budget-"));
const REACHED = { failureKind: "rate-limited", reason: "budget-reached" };
const day = (days: number) => new Date(Date.now() + days * 86_400_000);

test("spending counts by a budget's tenant, project, profile, currency and period", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { db } = ctx.database;
  const run = await makeRun(db, { projectId: "p" });
  const other = await makeRun(db, { projectId: "q" });
  const foreign = await makeRun(db, { tenantId: "elsewhere", projectId: "p" });
  await spend(ctx, run, 1_000_000);
  await spend(ctx, run, 10, { currency: "EUR" });
  await spend(ctx, run, 0, { costMicros: null, currency: null });
  await spend(ctx, other, 2_000_000);
  await spend(ctx, foreign, 4_000_000);
  await spend(ctx, run, 100_000_000, { startedAt: day(-40) });
  const spentOf = async (values: Partial<CreateBudgetInput>) => {
    const { id } = await make(ctx, { name: JSON.stringify(values), ...values });
    const { current } = await readBudget(ctx, id);
    return current?.spent;
  };
  expect(await spentOf({})).toBe(3);
  expect(await spentOf({ projectId: "p" })).toBe(1);
  expect(await spentOf({ tenantId: undefined })).toBe(7);
  expect(await spentOf({ tenantId: undefined, projectId: "p" })).toBe(5);
  expect(await spentOf({ unit: "EUR" })).toBe(0.000_01);
  expect(await spentOf({ unit: "tokens", projectId: "p" })).toBe(330);
  expect(await spentOf({ backendProfile: "deepseek" })).toBe(0);
  for (const period of ["day", "week"] as const) expect(await spentOf({ period })).toBe(3);
  const month = await make(ctx, { name: "of a month" });
  expect(month.current).toMatchObject({ unpricedCalls: 1, state: "within", isRaised: false, limit: 5 });
  const [starts, ends] = [month.current?.startsAt ?? "", month.current?.endsAt ?? ""].map((at) => new Date(at));
  expect([starts?.getUTCDate(), ends?.getUTCDate(), starts?.getUTCHours()]).toEqual([1, 1, 0]);
  expect(month.current?.key).toBe(starts?.toISOString().slice(0, 10));
});

test("weeks begin on Mondays of UTC", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { current } = await make(ctx, { period: "week" });
  expect(new Date(current?.startsAt ?? "").getUTCDay()).toBe(1);
  expect(Date.parse(current?.endsAt ?? "") - Date.parse(current?.startsAt ?? "")).toBe(7 * 86_400_000);
});

test("notifies once when a budget is near its limit, and once when it is reached", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  await ctx.db.execute(sql`insert into agentrun_webhooks (id, name, url, events, secret, created_by)
    values ('wh_1', 'w', 'http://127.0.0.1:1', '{budget.near,budget.reached}', 's', 'operator:a')`);
  const told = async () =>
    (await ctx.db.execute(sql`select event, data from agentrun_webhook_events order by id`)).rows;
  const { id } = await make(ctx);
  await spend(ctx, run, 3_900_000);
  await watchBudgets(ctx);
  expect(await told()).toEqual([]);
  await spend(ctx, run, 200_000);
  expect((await readBudget(ctx, id)).state).toBe("near");
  await watchBudgets(ctx);
  expect(await watchBudgets(ctx)).toBe(0);
  expect(await told()).toMatchObject([{ event: "budget.near", data: { budgetId: id, spent: 4.1, limit: 5 } }]);
  const needs = async () => (await needsOf(ctx)).map(({ kind, title }) => [kind, title]);
  expect(await needs()).toContainEqual(["budget-near", "models"]);
  await spend(ctx, run, 900_000);
  await watchBudgets(ctx);
  await spend(ctx, run, 900_000);
  await watchBudgets(ctx);
  expect((await told()).slice(1)).toMatchObject([
    { event: "budget.reached", data: { spent: 5, limit: 5, unit: "USD" } },
  ]);
  expect(await needs()).toContainEqual(["budget-reached", "models"]);
  expect(await needs()).not.toContainEqual(["budget-near", "models"]);
  // Once raised, the budget is neither near nor reached; reached again, it is reported again.
  await raiseBudget(ctx, { budgetId: id, limit: 10 });
  expect(await needs()).toEqual([]);
  await spend(ctx, run, 4_100_000);
  await watchBudgets(ctx);
  expect((await told()).slice(2)).toMatchObject([{ event: "budget.reached", data: { spent: 10, limit: 10 } }]);
});

test("refuses a call once a budget that it counts towards is reached, until it is raised or deleted", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { db } = ctx.database;
  const { sessionId } = await makeSession(db, { projectId: "p" });
  const run = await makeRun(db, { projectId: "p", sessionId });
  const other = await makeRun(db, { projectId: "q" });
  const { id, version } = await make(ctx, { projectId: "p", warnPercent: null });
  await spend(ctx, run, 4_999_999);
  await asked(ctx, run);
  await spend(ctx, run, 1);
  await expect(asked(ctx, run)).rejects.toMatchObject({
    ...REACHED,
    message: expect.stringContaining("the budget “models” of this month is reached, 5.00 of 5.00 USD"),
    details: { budgetId: id, provider: { type: "usage_limit_reached", resets_at: expect.any(Number) } },
  });
  await asked(ctx, other);
  // That it was reached is stored before anybody is refused.
  const { items } = await periods(ctx, id);
  expect(items).toMatchObject([{ state: "reached", reachedAt: expect.any(String), spent: 5 }]);
  expect((await budgetsOfSession(ctx, sessionId)).items).toMatchObject([{ id, current: { state: "reached" } }]);
  const raised = await raiseBudget(ctx, { budgetId: id, limit: 6 });
  expect(raised).toMatchObject({ limit: 6, isRaised: true, raisedBy: "operator:admin", state: "within" });
  await asked(ctx, run);
  expect(await raiseBudget(ctx, { budgetId: id, limit: 6 })).toEqual(raised);
  expect(await raiseBudget(ctx, { budgetId: id, limit: null })).toMatchObject({ isRaised: false, state: "reached" });
  await expect(asked(ctx, run)).rejects.toMatchObject(REACHED);
  await expect(raiseBudget(ctx, { budgetId: id, limit: 4 })).rejects.toMatchObject({ reason: "invalid-input" });
  expect(await updateBudget(ctx, { budgetId: id, action: "tell" })).toMatchObject({ version: version + 1 });
  await asked(ctx, run);
  await updateBudget(ctx, { budgetId: id, action: "hold" });
  await expect(asked(ctx, run)).rejects.toMatchObject(REACHED);
  await deleteBudget(ctx, { budgetId: id });
  await asked(ctx, run);
  const log = await db.select().from(audit).where(eq(audit.targetId, id));
  expect(log.map(({ action }) => action).sort()).toEqual([
    ...["budgets.create", "budgets.delete", "budgets.raise", "budgets.raise", "budgets.update", "budgets.update"],
  ]);
});

test("a session budget applies to each session separately", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { db } = ctx.database;
  const one = await makeSession(db);
  const two = await makeSession(db);
  const [first, second] = [await makeRun(db, one), await makeRun(db, two)];
  const { id } = await make(ctx, { period: "session", unit: "tokens", limit: 220 });
  await spend(ctx, first, 7);
  await asked(ctx, first);
  await spend(ctx, first, 7);
  await expect(asked(ctx, first)).rejects.toMatchObject({
    ...REACHED,
    message: "the budget “models” of this session is reached, 220 of 220 tokens: it goes on when somebody raises it",
  });
  await asked(ctx, second);
  // A session budget does not apply to a run without a session.
  await asked(ctx, await makeRun(db));
  expect(await readBudget(ctx, id)).toMatchObject({ current: null, state: "reached", reachedSessions: 1 });
  expect((await periods(ctx, id)).items).toMatchObject([{ sessionId: one.sessionId, spent: 220, endsAt: null }]);
  expect(await needsOf(ctx)).toMatchObject([{ kind: "budget-reached", sessionId: one.sessionId }]);
  // Nobody says when a session is no longer wanted: after a day, only waiting tasks report its budget.
  await ctx.db.execute(sql`update agentrun_budget_periods set near_at = near_at - interval '25 hours'`);
  expect(await needsOf(ctx)).toEqual([]);
  await ctx.db.execute(sql`update agentrun_budget_periods set near_at = near_at + interval '25 hours'`);
  await ctx.db.execute(sql`update agentrun_sessions set deleted_at = clock_timestamp()`);
  expect(await needsOf(ctx)).toEqual([]);
  await ctx.db.execute(sql`update agentrun_sessions set deleted_at = null`);
  await expect(raiseBudget(ctx, { budgetId: id, limit: 400 })).rejects.toMatchObject({ reason: "invalid-input" });
  const raised = await raiseBudget(ctx, { budgetId: id, sessionId: one.sessionId, limit: 400 });
  expect(raised).toMatchObject({ limit: 400, state: "within" });
  await asked(ctx, first);
  await updateBudget(ctx, { budgetId: id, limit: 1_000 });
  expect((await periods(ctx, id)).items).toMatchObject([{ limit: 1_000, isRaised: false }]);
  await db.delete(sessions).where(eq(sessions.sessionId, one.sessionId));
  expect((await periods(ctx, id)).items).toEqual([]);
});

test("lowering a limit below the spending marks the period as reached, and raising it clears the mark", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  const { id } = await make(ctx, { limit: 5 });
  await spend(ctx, run, 3_000_000);
  const stands = async () => (await periods(ctx, id)).items.map(({ nearAt, reachedAt }) => [nearAt, reachedAt]);
  await updateBudget(ctx, { budgetId: id, limit: 2 });
  expect(await stands()).toEqual([[expect.any(String), expect.any(String)]]);
  await updateBudget(ctx, { budgetId: id, limit: 50 });
  expect(await stands()).toEqual([[null, null]]);
});

test("marking a budget as reached does not undo a concurrent raise", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using other = testContext(database);
  const run = await makeRun(ctx.database.db);
  const { id } = await make(ctx, { limit: 1 });
  await spend(ctx, run, 1_000_000);
  await watchBudgets(ctx);
  // Without a call there would be nothing to note.
  await spend(ctx, run, 1);
  const isHeldUp = async () => {
    const { rows } = await ctx.database.pool.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length > 0;
  };
  let noting: Promise<number> | undefined;
  await inTx(ctx, async (tx) => {
    await raiseBudget(tx, { budgetId: id, limit: 2 });
    noting = watchBudgets(other);
    await expect.poll(isHeldUp).toBe(true);
  });
  expect(await noting).toBe(1);
  expect((await periods(ctx, id)).items).toMatchObject([{ reachedAt: null, nearAt: null, limit: 2, spent: 1.000_001 }]);
});

test("a tenant sees only its own budgets, and none of those for all tenants", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db, { tenantId: "t" });
  const own = ctx.as(tenantOperator("t"));
  const foreign = ctx.as(tenantOperator("u"));
  const { id } = await make(ctx, { tenantId: "t" });
  const all = await make(ctx, { name: "all", tenantId: undefined, limit: 1, warnPercent: null });
  expect(all.tenantId).toBe("*");
  const names = async (of: ServiceContext) =>
    (await listBudgets(of, ListBudgetsInput.parse({}))).items.map(({ name }) => name);
  expect(await names(ctx)).toEqual(["all", "models"]);
  expect(await names(own)).toEqual(["models"]);
  expect(await names(foreign)).toEqual([]);
  for (const budgetId of [id, all.id]) {
    const missing = { reason: "not-found" };
    await expect(readBudget(foreign, budgetId)).rejects.toMatchObject(missing);
    await expect(raiseBudget(foreign, { budgetId, limit: 9 })).rejects.toMatchObject(missing);
    await expect(updateBudget(foreign, { budgetId, limit: 9 })).rejects.toMatchObject(missing);
    await expect(deleteBudget(foreign, { budgetId })).rejects.toMatchObject(missing);
    await expect(periods(foreign, budgetId)).rejects.toMatchObject(missing);
  }
  await expect(make(own, { name: "x", tenantId: "*" })).rejects.toMatchObject({ reason: "forbidden" });
  await spend(ctx, run, 1_000_000);
  await expect(asked(ctx, run)).rejects.toMatchObject({
    ...REACHED,
    message: expect.stringMatching(/^a budget of this month for all tenants together is reached: /),
  });
});

test("checks unique names, versions and amounts of the budget's unit", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id, version } = await make(ctx);
  await expect(make(ctx)).rejects.toMatchObject({ reason: "already-exists" });
  await make(ctx, { tenantId: "t" });
  await make(ctx, { name: "b" });
  await expect(updateBudget(ctx, { budgetId: id, name: "b" })).rejects.toMatchObject({ reason: "already-exists" });
  await updateBudget(ctx, { budgetId: id, limit: 6, expectedVersion: version });
  await expect(updateBudget(ctx, { budgetId: id, limit: 7, expectedVersion: version })).rejects.toMatchObject({
    ...{ reason: "version-conflict", details: { current: { id, limit: 6, version: version + 1 } } },
  });
  expect(await updateBudget(ctx, { budgetId: id, limit: 6 })).toMatchObject({ version: version + 1 });
  await expect(updateBudget(ctx, { budgetId: id, limit: 0.000_000_1 })).rejects.toMatchObject({
    message: "limit: at most six decimals",
  });
  for (const bad of [
    ...[{ limit: 0 }, { limit: -1 }, { limit: 1.5, unit: "tokens" }, { limit: 1e10 }, { unit: "usd" }, { unit: "" }],
    ...[{ warnPercent: 100 }, { warnPercent: 0 }, { period: "year" }, { tenantId: "**" }, { action: "kill" }],
  ])
    expect(CreateBudgetInput.safeParse({ name: "n", unit: "USD", limit: 1, ...bad }).success).toBe(false);
  await expect(make(ctx, { name: "n", backendProfile: "nobody" })).rejects.toMatchObject({ reason: "invalid-input" });
});

test("an ended period keeps the limit that applied in it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  const { id } = await make(ctx, { limit: 5 });
  await spend(ctx, run, 6_000_000);
  await watchBudgets(ctx);
  await ctx.db.execute(sql`update agentrun_budget_periods set key = '2020-01-01', ends_at = '2020-02-01 00:00:00+00'`);
  await ctx.db.execute(sql`update agentrun_usage_days set day = '2020-01-09'`);
  await updateBudget(ctx, { budgetId: id, limit: 50 });
  expect(await readBudget(ctx, id)).toMatchObject({ current: { spent: 0, limit: 50 }, state: "within" });
  expect((await periods(ctx, id)).items).toMatchObject([{ key: "2020-01-01", spent: 6, limit: 5, state: "reached" }]);
});

test("concurrent calls query and mark a budget once, and a warning refuses none of them", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { poolMax: 4, deadlineMs: 5_000 });
  const run = await makeRun(ctx.database.db);
  const { id } = await make(ctx, { limit: 5 });
  await make(ctx, { name: "all", tenantId: undefined, limit: 5 });
  await spend(ctx, run, 4_500_000);
  const gate = new BudgetGate(ctx);
  const { tenantId, projectId, sessionId, backendProfile } = run;
  const ask = () => gate.assertLeft({ tenantId, projectId, sessionId, backendProfile });
  await Promise.all(Array.from({ length: 500 }, ask));
  await expect.poll(async () => (await periods(ctx, id)).items.map(({ nearAt }) => nearAt !== null)).toEqual([true]);
  await spend(ctx, run, 500_000);
  const fresh = new BudgetGate(ctx);
  const refused = await Promise.allSettled(
    Array.from({ length: 500 }, () => fresh.assertLeft({ tenantId, projectId, sessionId, backendProfile })),
  );
  const reasons = refused.map((one) => (one.status === "rejected" ? one.reason.reason : "let through"));
  expect(new Set(reasons)).toEqual(new Set(["budget-reached"]));
});
