import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateBudgetInput } from "@/contract/budget";
import { ALL_TENANTS } from "@/contract/words";
import type { Db } from "@/db/client";
import { storeModelCalls } from "@/db/queries/usage/store-model-calls";
import { runs } from "@/db/schema";
import { makeModelCall, makeRun, makeSession } from "@/db/test/factories";
import { BudgetGate, createBudget, deleteBudget, raiseBudget, updateBudget, watchBudgets } from "@/server/budgets";
import { explainTask, getTask, simulateTask } from "@/server/queue";
import { getRun } from "@/server/runs";
import { tenantOperator } from "@/server/storage/test/context";
import { createTestQueue, playRun, type TestQueue } from "./test/queue";

/** Makes a token budget of which so many are spent, by a run without a task. */
async function spentBudget({ ctx }: TestQueue, spent: number, values: Partial<CreateBudgetInput> = {}) {
  const run = await makeRun(ctx.db as Db, { backendProfile: "demo", projectId: "p" });
  await storeModelCalls(ctx.pool, [makeModelCall(run, { inputTokens: spent, outputTokens: 0 })]);
  const input = { name: "b", unit: "tokens", limit: 100, tenantId: "default", ...values };
  return createBudget(ctx, CreateBudgetInput.parse(input));
}

const states = async ({ ctx }: TestQueue, ...ids: string[]) =>
  Promise.all(ids.map(async (taskId) => (await getTask(ctx, { taskId })).state));

test("tasks wait for a reached budget with that as their blocker, and continue when it is raised", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const { id: budgetId, current } = await spentBudget(queue, 100, { projectId: "p" });
  const held = await queue.add({ projectId: "p" });
  const free = await queue.add({ projectId: "q" });
  expect(await queue.dispatch()).toBe(1);
  expect(await states(queue, held, free)).toEqual(["pending", "dispatched"]);
  const { blocker, estimatedStartAt } = await explainTask(ctx, { taskId: held });
  expect(blocker).toMatchObject({ kind: "budget-reached", until: current?.endsAt });
  expect(blocker?.message).toBe("budget “b” is reached. Raise it or wait until its period ends");
  expect(estimatedStartAt).toBe(blocker?.until);
  const trial = await simulateTask(ctx, { title: "t", backendProfile: "demo", payload: {}, projectId: "p" });
  expect(trial).toMatchObject({ outcome: "waits", blocker: { kind: "budget-reached" } });
  expect(await queue.dispatch()).toBe(0);
  await raiseBudget(ctx, { budgetId, limit: 101 });
  expect(await queue.dispatch()).toBe(1);
  expect(await states(queue, held)).toEqual(["dispatched"]);
});

test("a budget for all tenants is named only to callers who see all tenants", async () => {
  await using queue = await createTestQueue();
  const { id: budgetId } = await spentBudget(queue, 100, { tenantId: ALL_TENANTS });
  const taskId = await queue.add();
  await queue.dispatch();
  const { blocker } = await explainTask(queue.ctx, { taskId });
  expect(blocker).toMatchObject({ kind: "budget-reached", budgetId });
  expect(blocker?.message).toContain("budget “b”");
  const bound = await explainTask({ ...queue.ctx, actor: tenantOperator("default") }, { taskId });
  expect(bound.blocker?.message).toContain("a budget of all tenants is reached");
  expect(JSON.stringify(bound)).not.toMatch(new RegExp(`“b”|${budgetId}`));
});

test.each([
  ["is deleted", (ctx: TestQueue["ctx"], budgetId: string) => deleteBudget(ctx, { budgetId })],
  ["only tells", (ctx: TestQueue["ctx"], budgetId: string) => updateBudget(ctx, { budgetId, action: "tell" })],
  ["is made larger", (ctx: TestQueue["ctx"], budgetId: string) => updateBudget(ctx, { budgetId, limit: 200 })],
])("tasks held by a tenant's budget continue when it %s", async (_how, act) => {
  await using queue = await createTestQueue();
  const { id } = await spentBudget(queue, 150);
  const tasks = [await queue.add(), await queue.add({ lane: "other", projectId: "p" })];
  const elsewhere = await queue.add({ tenantId: "t" });
  expect(await queue.dispatch()).toBe(1);
  expect(await states(queue, ...tasks, elsewhere)).toEqual(["pending", "pending", "dispatched"]);
  await act(queue.ctx, id);
  expect(await queue.dispatch()).toBe(2);
});

test("a task that a budget cut off keeps its attempt count, and continues by itself", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const { id: budgetId } = await spentBudget(queue, 0, { backendProfile: "demo" });
  const taskId = await queue.add({ retry: { maxAttempts: 1 } });
  await queue.dispatch();
  const { runId, sessionId } = await getTask(ctx, { taskId });
  if (runId === null) throw new Error("the task has no run");
  const run = await getRun(ctx, { runId });
  await storeModelCalls(ctx.pool, [
    { ...makeModelCall(await makeRun(ctx.db as Db, { backendProfile: "demo" })), inputTokens: 100 },
  ]);
  const { tenantId, projectId } = run;
  await expect(
    new BudgetGate(ctx).assertLeft({ tenantId, projectId, sessionId, backendProfile: "demo" }),
  ).rejects.toMatchObject({ reason: "budget-reached" });
  const failureMessage = "You've hit your usage limit.";
  await playRun(ctx, runId, { terminalStatus: "failed", failureKind: "rate-limited", failureMessage });
  expect(await getTask(ctx, { taskId })).toMatchObject({
    ...{ state: "pending", failureKind: "rate-limited", parkedAt: null },
    failureMessage: expect.stringMatching(/^the budget “b” of this month is reached, 110 of 100 tokens/),
    blocker: { kind: "budget-reached" },
  });
  expect(await queue.dispatch()).toBe(0);
  await raiseBudget(ctx, { budgetId, limit: 1_000 });
  expect(await queue.dispatch()).toBe(1);
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "dispatched", attemptCount: 2, sessionId });
});

test("a task waits for its session's budget until that is raised", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const session = await makeSession(ctx.db as Db, { backendProfile: "demo" });
  const run = await makeRun(ctx.db as Db, { ...session, status: "completed", terminalStatus: "completed" });
  const { id: budgetId } = await spentBudget(queue, 0, { period: "session" });
  await storeModelCalls(ctx.pool, [makeModelCall(run)]);
  const { sessionId } = session;
  // The task is held back although no agent has made a call since.
  const taskId = await queue.add({ sessionId });
  expect(await queue.dispatch()).toBe(0);
  expect((await explainTask(ctx, { taskId })).blocker).toMatchObject({
    ...{
      kind: "budget-reached",
      until: null,
      message: `the budget of session ${sessionId} is reached. Raise it`,
    },
  });
  await raiseBudget(ctx, { budgetId, sessionId, limit: 1_000 });
  expect(await queue.dispatch()).toBe(1);
});

test("an ended budget period blocks nothing", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await spentBudget(queue, 100, { period: "day", projectId: "p" });
  const taskId = await queue.add({ projectId: "p" });
  expect(await queue.dispatch()).toBe(0);
  await ctx.db.execute("update agentrun_budget_periods set key = '2020-01-01', ends_at = '2020-01-02 00:00:00+00'");
  await ctx.db.execute("update agentrun_usage_days set day = '2020-01-01'");
  expect(await queue.dispatch()).toBe(1);
  expect(await states(queue, taskId)).toEqual(["dispatched"]);
  await watchBudgets(ctx);
});

test("a task that a budget cut off is not parked for a person when the budget has room before its run ends", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const taskId = await queue.add();
  await queue.dispatch();
  const { runId } = await getTask(ctx, { taskId });
  if (runId === null) throw new Error("the task has no run");
  const [row] = await (ctx.db as Db).select().from(runs).where(eq(runs.id, runId));
  if (row === undefined) throw new Error("the run is not there");
  const refused = {
    outcome: "refused",
    failureKind: "rate-limited",
    reason: "budget-reached",
    httpStatus: 429,
  } as const;
  // A sub-agent's call comes after the refused one.
  const later = { startedAt: new Date(Date.now() + 1_000) };
  await storeModelCalls(ctx.pool, [makeModelCall(row, { ...refused, inputTokens: null }), makeModelCall(row, later)]);
  await playRun(ctx, runId, { terminalStatus: "failed", failureKind: "rate-limited", failureMessage: "usage limit" });
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "pending", parkedAt: null, blocker: { kind: "next" } });
  expect(await queue.dispatch()).toBe(1);
});
