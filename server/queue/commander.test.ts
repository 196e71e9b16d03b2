import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { ATTENTION_COUNT_MAX, ATTENTION_KIND_MAX } from "@/contract/queue-commander";
import { approvals, queueAttempts, queueTasks, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { createTestQueue, playRun, type TestQueue } from "@/server/dispatcher/test/queue";
import { tenantOperator } from "@/server/storage/test/context";
import { cancelTask, createTask, foldCounts, getTask, queueCommander, setControlState } from ".";

const kindsOf = async (ctx: ServiceContext, scope = {}) =>
  (await queueCommander(ctx, scope)).attention.map(({ kind, taskId }) => [kind, taskId]);

async function runOf(ctx: ServiceContext, taskId: string): Promise<string> {
  return (await getTask(ctx, { taskId })).runId ?? "";
}

/** Adds a task and runs it to its end. */
async function play(queue: TestQueue, input: Parameters<TestQueue["add"]>[0], end?: Parameters<typeof playRun>[2]) {
  const taskId = await queue.add(input);
  await queue.dispatch();
  await playRun(queue.ctx, await runOf(queue.ctx, taskId), end);
  return taskId;
}

test("an empty queue has nothing to report", async () => {
  await using queue = await createTestQueue();
  expect(await queueCommander(queue.ctx, {})).toMatchObject({
    ...{ queue: null, items: [], oldest: null, attention: [], attentionCounts: [], active: [] },
    waits: { p50Ms: null, p95Ms: null, samples: 0 },
    throughput: { minutes: 5, started: 0, completed: 0, failed: 0 },
  });
});

test("reports the oldest waiting task, running tasks, and waits before starts", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const old = await queue.add({ queue: "a", priority: 1 });
  const running = await queue.add({ queue: "a", priority: 9 });
  await queue.add({ queue: "b", runAt: new Date(Date.now() + 3_600_000).toISOString() });
  const young = await queue.add({ queue: "b", priority: 5 });
  await queue.dispatch(1);
  await ctx.db.update(queueTasks).set({ readyAt: sql`ready_at - interval '1 minute'` }).where(eq(queueTasks.id, old));
  await ctx.db.update(queueAttempts).set({ readyAt: sql`dispatched_at - interval '3 seconds'` });
  await foldCounts(ctx);
  const all = await queueCommander(ctx, {});
  expect(all.oldest).toMatchObject({ taskId: old, queue: "a", state: "pending" });
  expect(all.active).toMatchObject([{ taskId: running, state: "dispatched", runId: await runOf(ctx, running) }]);
  expect(all.waits).toEqual({ p50Ms: 3_000, p95Ms: 3_000, samples: 1 });
  expect(all.throughput.started).toBeGreaterThan(0);
  expect(all.items.map(({ id }) => id).slice(0, 3)).toEqual([running, young, old]);
  const one = await queueCommander(ctx, { queue: "b" });
  expect(one).toMatchObject({
    oldest: { taskId: young },
    active: [],
    waits: { samples: 0 },
    throughput: { started: 0 },
  });
  expect(one.items).toHaveLength(2);

  const scopes = [{}, { queue: "a" }, { tenantId: "default" }, { projectId: "default" }];
  const samples = async () =>
    Promise.all(scopes.map(async (scope) => (await queueCommander(ctx, scope)).waits.samples));
  expect(await samples()).toEqual([1, 1, 1, 1]);
  await ctx.db.update(queueAttempts).set({ dispatchedAt: sql`dispatched_at - interval '61 minutes'` });
  expect(await samples(), "of the last hour alone").toEqual([0, 0, 0, 0]);
});

test("names the newest of many tasks that need a person, and counts all up to a bound", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const makeFailed = (first: number, last: number) =>
    ctx.pool.query(
      `insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, backend_profile,
         payload, payload_hash, dead_letter, updated_at)
       select 'qt_' || lpad(n::text, 4, '0'), 'default', 'default', 'q' || n % 3, '', 'Task ' || n, 0, 'failed', 'codex',
         '{}', '', 'not-retryable', now() - n * interval '1 second'
       from generate_series($1::int, $2::int) n`,
      [first, last],
    );
  await makeFailed(1, 25);
  const few = await queueCommander(ctx, {});
  expect(few.attention.map(({ taskId }) => taskId).slice(0, 3)).toEqual(["qt_0001", "qt_0002", "qt_0003"]);
  expect([few.attention.length, few.attentionCounts]).toEqual([
    ATTENTION_KIND_MAX,
    [{ kind: "dead-letter", count: 25, hasMore: false }],
  ]);
  await makeFailed(26, ATTENTION_COUNT_MAX + 5);
  expect((await queueCommander(ctx, {})).attentionCounts).toEqual([
    { kind: "dead-letter", count: ATTENTION_COUNT_MAX, hasMore: true },
  ]);
  expect((await queueCommander(ctx, { queue: "q1" })).attentionCounts).toEqual([
    { kind: "dead-letter", count: 335, hasMore: false },
  ]);
});

test("lists everything that needs a person, the most urgent first", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const dead = await play(
    queue,
    { title: "dead", retry: { maxAttempts: 1 } },
    {
      ...{ terminalStatus: "failed" as const, failureKind: "backend-failed" as const, failureMessage: "it broke" },
    },
  );
  const parked = await play(
    queue,
    { title: "parked", retry: { maxAttempts: 1 } },
    {
      ...{ terminalStatus: "failed" as const, failureKind: "rate-limited" as const, failureMessage: "no more" },
    },
  );
  const resumes = await play(
    queue,
    { title: "resumes", retry: { maxAttempts: 1, onUsageLimit: "resume" } },
    {
      ...{ terminalStatus: "failed" as const, failureKind: "rate-limited" as const, failureMessage: "no more" },
    },
  );
  const first = await play(queue, { title: "first", sessionId: "ses_gone" });
  await ctx.db.update(sessions).set({ storageState: "evicted" }).where(eq(sessions.sessionId, "ses_gone"));
  const evicted = await queue.add({ title: "evicted", sessionId: "ses_gone" });
  await queue.dispatch();
  const asking = await queue.add({ title: "asking" });
  await queue.dispatch();
  await ctx.db.insert(approvals).values({
    ...{ id: "apr_1", tenantId: "default", projectId: "default", runId: await runOf(ctx, asking), leaseEpoch: 1 },
    ...{ requestKey: "k", kind: "command", command: "rm -rf build", policy: {} },
  });
  await setControlState(ctx, { queue: "default", lane: "slow", reason: "a night's rest" }, "paused");

  const { attention, attentionCounts } = await queueCommander(ctx, {});
  expect(attentionCounts).toEqual(attention.map(({ kind }) => ({ kind, count: 1, hasMore: false })));
  expect(attention.map(({ kind, taskId }) => [kind, taskId])).toEqual([
    ["approval", asking],
    ["session-evicted", evicted],
    ["parked", parked],
    ["paused", null],
    ["dead-letter", dead],
  ]);
  expect(attention.map(({ message }) => message)).toEqual([
    "needs approval: rm -rf build",
    "session ses_gone is evicted. Restore it or cancel its waiting tasks",
    "parked: the provider's usage limit is reached. Retry it when the limit resets",
    "lane slow of queue default is paused: a night's rest",
    "failed and is not retried automatically: it broke",
  ]);
  expect(attention[0]).toMatchObject({ approvalId: "apr_1", runId: await runOf(ctx, asking), title: "asking" });
  expect(attention[3]).toMatchObject({ tenantId: "*", queue: "default", lane: "slow" });
  for (const other of [resumes, first]) expect(attention.map(({ taskId }) => taskId)).not.toContain(other);
  expect(await kindsOf(ctx, { queue: "elsewhere" })).toEqual([]);
  expect(await kindsOf(ctx, { tenantId: "elsewhere" })).toEqual([["paused", null]]);

  // What a person has dealt with is gone, and an old failure is no news.
  await cancelTask(ctx, { taskId: parked });
  await setControlState(ctx, { queue: "default", lane: "slow" }, "open");
  await ctx.db.update(approvals).set({ status: "superseded" });
  await ctx.db.update(sessions).set({ storageState: "live" });
  await ctx.db.execute(sql`alter table agentrun_queue_tasks disable trigger user`);
  await ctx.db
    .update(queueTasks)
    .set({ updatedAt: sql`updated_at - interval '25 hours'` })
    .where(eq(queueTasks.id, dead));
  expect(await kindsOf(ctx)).toEqual([]);
});

test("a tenant's viewer sees only its own tasks, by tenant and by queue", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  for (const tenantId of ["acme", "ours"]) {
    for (let index = 0; index < 3; index += 1) await queue.add({ tenantId, queue: `q${index % 2}`, priority: index });
    await play(
      queue,
      { tenantId, queue: "q0", priority: 9, retry: { maxAttempts: 1 } },
      {
        ...{ terminalStatus: "failed" as const, failureKind: "backend-failed" as const },
      },
    );
  }
  const acme: ServiceContext = { ...ctx, actor: tenantOperator("acme") };
  const seen = await queueCommander(acme, {});
  expect(seen.stats.total).toBe(4);
  expect(seen.items.map(({ priority }) => priority)).toEqual([9, 2, 1, 0]);
  const tenants = [seen.items, seen.active, seen.attention, [seen.oldest]].flat().map((row) => row?.tenantId ?? "acme");
  expect(new Set(tenants)).toEqual(new Set(["acme"]));
  expect(seen.attention).toHaveLength(1);
  expect(await queueCommander(ctx, { tenantId: "acme" })).toEqual({
    ...seen,
    stats: { ...seen.stats, generatedAt: expect.any(String) },
    ...{ generatedAt: expect.any(String), throughput: expect.any(Object) },
  });
  expect((await queueCommander(acme, { queue: "q1" })).items).toHaveLength(1);
  expect(await queueCommander(acme, { tenantId: "ours" })).toMatchObject({
    ...{ items: [], active: [], attention: [], oldest: null, stats: { total: 0 }, waits: { samples: 0 } },
  });
});

test("with a project, only tasks of that project are included", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const wanted = await createTask(ctx, { projectId: "p", title: "t", backendProfile: "demo", payload: {} });
  await queue.add();
  const seen = await queueCommander(ctx, { projectId: "p" });
  expect(seen).toMatchObject({ items: [{ id: wanted.id }], oldest: { taskId: wanted.id }, stats: { total: 1 } });
});
