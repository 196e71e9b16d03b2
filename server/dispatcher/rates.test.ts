import { setTimeout } from "node:timers/promises";
import { asc } from "drizzle-orm";
import { expect, test } from "vitest";
import { SetControlInput } from "@/contract/queue-control";
import { readDispatchFacts } from "@/db/queries/queue/dispatch";
import { backends, queueAttempts } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { loadTasks } from "@/db/test/load-tasks";
import { explainTask, getTask, listTasks, retryTask, setControl, simulateTask } from "@/server/queue";
import { tenantOperator, testContext } from "@/server/test/context";
import { dispatchPass } from ".";
import { asDispatcher, createTestQueue, playRun, type TestQueue } from "./test/queue";

const RUNNERS = { runnersMax: 1_000 };
const STARTED = 5_000;
const MINUTE = { startsWindowSeconds: 60 };
const LANE = { queue: "default", lane: "ci" };

/** Dates all starts back by so many seconds. */
async function age({ store }: TestQueue, seconds: number): Promise<void> {
  const client = await store.database.connect();
  await client.query(
    `update agentrun_queue_attempts set dispatched_at = dispatched_at - ${seconds} * interval '1 second'`,
  );
  await client.query(`update agentrun_queue_lanes_served set served_at = served_at - ${seconds} * interval '1 second'`);
  await client.end();
}

async function addMany(queue: TestQueue, count: number, lane = "ci"): Promise<string[]> {
  const ids: string[] = [];
  for (let added = 0; added < count; added += 1) ids.push(await queue.add({ lane }));
  return ids;
}

test("a lane starts as many tasks as its rate allows, names the rate as blocker, and other lanes continue", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControl(ctx, { ...LANE, startsMax: 2, ...MINUTE });
  const [, , third = "", fourth = "", fifth = ""] = await addMany(queue, 5);
  await addMany(queue, 3, "other");
  const startedAt = Date.now();
  const pass = await dispatchPass(ctx, RUNNERS);
  expect(pass.dispatched).toBe(5);
  expect(pass.dueInMs).toBeGreaterThan(50_000);
  expect(pass.dueInMs).toBeLessThanOrEqual(60_001);
  const explained = await explainTask(ctx, { taskId: third });
  const rate = { of: "lane", startsMax: 2, startsWindowSeconds: 60 };
  expect(explained).toMatchObject({ rank: 1, blocker: { kind: "rate-limited", limit: 2, holders: [], rate } });
  const until = Date.parse(explained.blocker?.until ?? "");
  expect(until - startedAt).toBeGreaterThan(59_000);
  expect(until - startedAt).toBeLessThan(70_000);
  expect(explained.blocker?.message).toBe(
    `lane ci allows 2 starts a minute: the next may start at ${explained.blocker?.until}`,
  );
  expect(explained.estimatedStartAt).toBe(explained.blocker?.until);
  // The fourth has room in the same window as the third; the fifth must wait for the next.
  const estimates = await Promise.all(
    [fourth, fifth].map(async (taskId) => Date.parse((await explainTask(ctx, { taskId })).estimatedStartAt ?? "")),
  );
  expect((estimates[0] ?? 0) - until).toBeLessThan(30_000);
  expect((estimates[1] ?? 0) - until).toBeGreaterThanOrEqual(60_000);
  const { items } = await listTasks(ctx, { limit: 200, state: "pending" });
  expect(items.map(({ blocker }) => blocker?.kind)).toEqual(["rate-limited", "rate-limited", "rate-limited"]);
  expect((await dispatchPass(ctx, RUNNERS)).dispatched).toBe(0);
  await age(queue, 61);
  expect(await dispatchPass(ctx, RUNNERS)).toMatchObject({ dispatched: 2, dueInMs: expect.any(Number) });
  await age(queue, 61);
  // No task of the lane is left waiting.
  expect(await dispatchPass(ctx, RUNNERS)).toEqual({ dispatched: 1, dueInMs: null });
});

test("the rate's window slides: each start that leaves it allows another", async () => {
  await using queue = await createTestQueue();
  await setControl(queue.ctx, { ...LANE, startsMax: 2, ...MINUTE });
  await addMany(queue, 4);
  expect(await queue.dispatch(1)).toBe(1);
  await age(queue, 40);
  expect(await queue.dispatch()).toBe(1);
  await age(queue, 21);
  expect(await dispatchPass(queue.ctx, RUNNERS)).toMatchObject({ dispatched: 1 });
  const { dispatched, dueInMs } = await dispatchPass(queue.ctx, RUNNERS);
  expect(dispatched).toBe(0);
  expect(dueInMs).toBeGreaterThan(30_000);
  expect(dueInMs).toBeLessThanOrEqual(39_000);
});

test("tasks held by a rate continue at the time that the pass predicts, and not before", async () => {
  await using queue = await createTestQueue();
  await setControl(queue.ctx, { ...LANE, startsMax: 2, startsWindowSeconds: 1 });
  await addMany(queue, 6);
  let due: number | null = 0;
  for (let passes = 0; due !== null && passes < 20; passes += 1) {
    await setTimeout(due + 2);
    due = (await dispatchPass(queue.ctx, RUNNERS)).dueInMs;
  }
  const attempts = await queue.ctx.db.select().from(queueAttempts).orderBy(asc(queueAttempts.dispatchedAt));
  const at = attempts.map(({ dispatchedAt }) => dispatchedAt.getTime());
  expect(at).toHaveLength(6);
  const gaps = at.slice(2).map((ms, index) => ms - (at[index] ?? 0));
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(999);
  // A busy machine starts tasks a little later. There are no passes by chance: the test makes all of them.
  expect(Math.min(...gaps)).toBeLessThan(1_500);
});

test("a rate counts starts from before it was set, and changes apply at once", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await addMany(queue, 3);
  expect(await queue.dispatch()).toBe(3);
  await addMany(queue, 10);
  await setControl(ctx, { ...LANE, startsMax: 3, ...MINUTE });
  expect(await queue.dispatch()).toBe(0);
  await setControl(ctx, { ...LANE, startsMax: 5, ...MINUTE });
  expect(await queue.dispatch()).toBe(2);
  await setControl(ctx, { ...LANE, startsMax: 1, ...MINUTE });
  expect(await queue.dispatch()).toBe(0);
  // Changing anything else about the lane leaves its rate as it is.
  expect(await setControl(ctx, { ...LANE, maxRunning: 100 })).toMatchObject({ startsMax: 1, ...MINUTE });
  expect(await queue.dispatch()).toBe(0);
  await setControl(ctx, { ...LANE, startsMax: null, startsWindowSeconds: null });
  expect(await queue.dispatch()).toBe(8);
});

test("retries count as starts, also after their attempt ended", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControl(ctx, { ...LANE, startsMax: 2, ...MINUTE });
  const [first = ""] = await addMany(queue, 1);
  for (const expected of [1, 1, 0]) {
    expect(await queue.dispatch()).toBe(expected);
    const { runId, state } = await getTask(ctx, { taskId: first });
    if (state === "dispatched" && runId !== null) await playRun(ctx, runId, { terminalStatus: "completed" });
    if (expected === 1) await retryTask(ctx, { taskId: first });
  }
  expect((await explainTask(ctx, { taskId: first })).blocker).toMatchObject({ kind: "rate-limited" });
});

test("rates of a queue, one tenant and all tenants apply together, and the last to free is reported", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControl(ctx, { queue: "default", startsMax: 5, ...MINUTE });
  await setControl(ctx, { queue: "default", tenantId: "t1", startsMax: 3, startsWindowSeconds: 3_600 });
  await setControl(ctx, { ...LANE, tenantId: "t1", startsMax: 2, ...MINUTE });
  const ids: Record<string, string> = {};
  for (const tenantId of ["t1", "t2"])
    for (const lane of ["ci", "docs"])
      for (let count = 0; count < 3; count += 1)
        ids[`${tenantId} ${lane} ${count}`] = await queue.add({ tenantId, lane });
  expect(await queue.dispatch()).toBe(5);
  const { items } = await listTasks(ctx, { limit: 200, state: "pending" });
  const left = (tenant: string, lane?: string) =>
    items.filter(({ tenantId, ...task }) => tenantId === tenant && (lane === undefined || task.lane === lane)).length;
  expect(left("t1")).toBeGreaterThanOrEqual(3);
  expect(left("t1", "ci")).toBeGreaterThanOrEqual(1);
  expect(items).toHaveLength(7);
  await age(queue, 61);
  expect(await queue.dispatch()).toBeGreaterThan(0);
  const seen = { ...ctx, actor: tenantOperator("t1") };
  const told = (await listTasks(seen, { limit: 200, state: "pending" })).items;
  // Three starts of this hour are used; of all rates, the hourly one is the last to allow another.
  for (const { blocker } of told)
    expect(blocker).toMatchObject({
      kind: "rate-limited",
      rate: { of: "queue", startsMax: 3, startsWindowSeconds: 3_600 },
    });
});

test.each([{ startsMax: 1, startsWindowSeconds: 3_600 }, { maxRunning: 0 }, { state: "paused" as const }])(
  "a lane held by %j does not use up its tasks' backend for other lanes",
  async (held) => {
    await using queue = await createTestQueue();
    const { ctx } = queue;
    await ctx.db
      .insert(backends)
      .values({ profile: "demo", capabilities: {}, health: {}, capacity: { maxRunning: 1 } });
    const first = await queue.add({ lane: "ci" });
    expect(await queue.dispatch()).toBe(1);
    await addMany(queue, 40);
    await queue.dispatch();
    const last = await queue.add({ tenantId: "t2", lane: "docs" });
    await queue.dispatch();
    await setControl(ctx, { ...LANE, ...held });
    await playRun(ctx, (await getTask(ctx, { taskId: first })).runId ?? "");
    expect(await queue.dispatch()).toBe(1);
    expect(await getTask(ctx, { taskId: last })).toMatchObject({ state: "dispatched" });
  },
);

test("a pass knows when a rate frees tasks that were blocked for another reason", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await ctx.db.insert(backends).values({ profile: "demo", capabilities: {}, health: {}, capacity: { maxRunning: 1 } });
  const [first = ""] = await addMany(queue, 3);
  expect(await queue.dispatch()).toBe(1);
  await setControl(ctx, { ...LANE, startsMax: 1, ...MINUTE });
  await playRun(ctx, (await getTask(ctx, { taskId: first })).runId ?? "");
  const { dispatched, dueInMs } = await dispatchPass(ctx, RUNNERS);
  expect(dispatched).toBe(0);
  expect(dueInMs).toBeGreaterThan(50_000);
  await age(queue, 61);
  expect(await queue.dispatch()).toBe(1);
});

test.each([
  { of: "the queue", lane: {} },
  { of: "the lane", lane: { lane: "ci" } },
])("under a rate of $of for all tenants, a tenant with long tasks elsewhere still gets starts", async ({ lane }) => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  for (let count = 0; count < 3; count += 1) await queue.add({ queue: "long", tenantId: "a" });
  expect(await queue.dispatch()).toBe(3);
  await setControl(ctx, { queue: "default", ...lane, startsMax: 1, ...MINUTE });
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    // The same for a tenant that brings a new lane each time.
    for (const tenantId of ["b", "a"])
      await queue.add({ tenantId, lane: lane.lane ?? `${tenantId}${turn}`, priority: 4 - turn });
    expect(await queue.dispatch()).toBe(1);
    const { items } = await listTasks(ctx, { limit: 10, queue: "default", state: "dispatched" });
    for (const { tenantId, runId } of items) {
      order.push(tenantId);
      await playRun(ctx, runId ?? "");
    }
    await age(queue, 61);
  }
  expect(order).toEqual(["b", "a", "b", "a"]);
});

test("a simulation reports the rate that would hold a task, counting the tasks before it", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControl(ctx, { ...LANE, startsMax: 1, ...MINUTE });
  const ask = { title: "t", backendProfile: "demo", payload: {}, lane: "ci" };
  expect(await simulateTask(ctx, ask)).toMatchObject({ outcome: "dispatched" });
  await addMany(queue, 1);
  const before = Date.now();
  const trial = await simulateTask(ctx, ask);
  expect(trial).toMatchObject({ outcome: "waits", blocker: { kind: "rate-limited", rate: { of: "lane" } } });
  expect(Date.parse(trial.blocker?.until ?? "") - before).toBeGreaterThan(58_000);
  // The start that happens now is counted once.
  expect(Date.parse(trial.estimatedStartAt ?? "") - before).toBeLessThan(70_000);
});

test("an estimate uses every rate that applies to a task, also those that block nothing yet", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await addMany(queue, 1);
  expect(await queue.dispatch()).toBe(1);
  await setControl(ctx, { ...LANE, startsMax: 1, ...MINUTE });
  await setControl(ctx, { queue: "default", startsMax: 3, startsWindowSeconds: 86_400 });
  const ids = await addMany(queue, 3);
  const hours = await Promise.all(
    ids.map(async (taskId) => {
      const { estimatedStartAt } = await explainTask(ctx, { taskId });
      return (Date.parse(estimatedStartAt ?? "") - Date.now()) / 3_600_000;
    }),
  );
  expect(hours[1]).toBeLessThan(0.1);
  expect(hours[2]).toBeGreaterThan(23.9);
});

test("an estimate under a queue's rate counts the tasks of its other lanes", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControl(ctx, { queue: "default", startsMax: 1, ...MINUTE });
  const ids: string[] = [];
  for (let count = 0; count < 4; count += 1) ids.push(await queue.add({ lane: `lane${count}` }));
  expect(await queue.dispatch()).toBe(1);
  const minutes = await Promise.all(
    ids.slice(1).map(async (taskId) => {
      const { estimatedStartAt } = await explainTask(ctx, { taskId });
      return Math.round((Date.parse(estimatedStartAt ?? "") - Date.now()) / 60_000);
    }),
  );
  expect(minutes).toEqual([1, 2, 3]);
});

test("a tenant's caller gets a rate's wait in whole seconds", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControl(ctx, { queue: "default", startsMax: 1, ...MINUTE });
  await queue.add({ tenantId: "t1" });
  expect(await queue.dispatch()).toBe(1);
  const taskId = await queue.add({ tenantId: "t2" });
  const { blocker, estimatedStartAt } = await explainTask({ ...ctx, actor: tenantOperator("t2") }, { taskId });
  expect(blocker?.until).toMatch(/:\d\d\.000Z$/);
  expect(blocker?.message).toContain(blocker?.until);
  expect(estimatedStartAt).toBe(blocker?.until);
});

test.each([
  { startsMax: 5 },
  { startsWindowSeconds: 60 },
  { startsMax: 5, startsWindowSeconds: null },
  { startsMax: null, startsWindowSeconds: 60 },
  { startsMax: 0, startsWindowSeconds: 60 },
  { startsMax: 1.5, startsWindowSeconds: 60 },
  { startsMax: 10_001, startsWindowSeconds: 60 },
  { startsMax: 5, startsWindowSeconds: 0 },
  { startsMax: 5, startsWindowSeconds: 86_401 },
])("refuses %j as a rate", (rate) => {
  const { error } = SetControlInput.safeParse({ ...LANE, ...rate });
  expect(error?.issues.map(({ path }) => String(path[0]))).toEqual([
    expect.stringMatching(/^starts(Max|WindowSeconds)$/),
  ]);
});

test("the database refuses a rate with only one of its two values", async () => {
  await using queue = await createTestQueue();
  const client = await queue.store.database.connect();
  const insert = (values: string) =>
    client.query(
      `insert into agentrun_queue_controls (tenant_id, queue, lane, starts_max, starts_window_seconds) values ('*', 'q', '', ${values})`,
    );
  for (const values of ["1, null", "null, 1", "0, 1", "1, 0"])
    await expect(insert(values)).rejects.toMatchObject({ constraint: "agentrun_queue_controls_rate_check" });
  await insert("1, 1");
  await client.end();
});

test("a pass reads no starts without a rate, and otherwise no more per tenant than the rate allows", async () => {
  await using database = await createTestDatabase();
  await using made = testContext(database, { poolMax: 1 });
  const { pool } = made;
  const ctx = asDispatcher(made);
  const client = await pool.connect();
  await loadTasks(client, STARTED);
  client.release();
  // One start a second in each lane, the newest just now.
  await pool.query(`
    insert into agentrun_queue_attempts (task_id, attempt, tenant_id, project_id, queue, lane, state, ready_at, dispatched_at, ended_at)
    select id, 1, tenant_id, project_id, queue, lane, 'completed', now(),
      now() - row_number() over (partition by tenant_id, queue, lane) * interval '1 second', now()
    from agentrun_queue_tasks`);
  await pool.query(`
    insert into agentrun_queue_lanes_served
    select tenant_id, queue, lane, now() from agentrun_queue_tasks group by tenant_id, queue, lane`);
  await pool.query("analyze agentrun_queue_attempts, agentrun_queue_lanes_served");
  const { rows } = await pool.query<{ tenantId: string; queue: string; lane: string }>(
    `select tenant_id as "tenantId", queue, lane from agentrun_queue_tasks limit 1`,
  );
  const [{ tenantId, queue, lane } = { tenantId: "", queue: "", lane: "" }] = rows;
  const tenants = await pool.query("select distinct tenant_id from agentrun_queue_lanes_served where queue = $1", [
    queue,
  ]);

  expect(await startsRead()).toBe(0);
  const startsMax = 5;
  const rate = { startsMax, startsWindowSeconds: 3_600 };
  await setControl(ctx, { tenantId, queue, lane, ...rate });
  expect(await startsRead()).toBe(startsMax);
  await setControl(ctx, { tenantId, queue, ...rate });
  expect(await startsRead()).toBe(2 * startsMax);
  await setControl(ctx, { queue, ...rate });
  expect(await startsRead()).toBe(startsMax * (2 + (tenants.rowCount ?? 0)));
  const facts = await readDispatchFacts(ctx.db);
  const rates = facts.controls.map((control) => control.rate);
  const read = { ...rate, used: startsMax, freesAtMs: expect.any(Number), freesInMs: expect.any(Number) };
  expect(rates).toEqual([read, read, read]);

  /** Returns how many attempt rows are read to collect the facts of a dispatch. */
  async function startsRead(): Promise<number> {
    const before = await everRead();
    await readDispatchFacts(ctx.db);
    return (await everRead()) - before;
  }

  async function everRead(): Promise<number> {
    await pool.query("select pg_stat_force_next_flush()");
    const { rows } = await pool.query<{ read: string }>(`
      select seq_tup_read + (select sum(idx_tup_read) from pg_stat_user_indexes where relname = 'agentrun_queue_attempts') as read
      from pg_stat_user_tables where relname = 'agentrun_queue_attempts'`);
    return Number(rows[0]?.read);
  }
});

test("a turn under a shared rate does not start a task before a more urgent one of its tenant", async () => {
  await using queue = await createTestQueue(2);
  const { ctx } = queue;
  await setControl(ctx, { queue: "default", lane: "shared", startsMax: 1, ...MINUTE });
  // One tenant had its turn within the rate; the other has tasks running elsewhere, and so the larger share.
  const served = await queue.add({ tenantId: "one", lane: "shared" });
  await queue.dispatch();
  await playRun(ctx, (await getTask(ctx, { taskId: served })).runId ?? "");
  await queue.add({ tenantId: "two", lane: "long" });
  await queue.dispatch();
  await age(queue, 61);
  const ofOne = await queue.add({ tenantId: "one", lane: "shared" });
  const first = await queue.add({ tenantId: "two", lane: "own", priority: 9 });
  const second = await queue.add({ tenantId: "two", lane: "shared" });
  expect(await queue.dispatch()).toBe(1);
  const states = await Promise.all(
    [ofOne, first, second].map(async (taskId) => (await getTask(ctx, { taskId })).state),
  );
  expect(states).toEqual(["dispatched", "pending", "pending"]);
});
