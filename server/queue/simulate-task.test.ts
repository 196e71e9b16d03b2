import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { CreateTaskInput, TaskTrial } from "@/contract/queue";
import { setBackend } from "@/server/backends";
import type { ServiceContext } from "@/server/context";
import { createTestQueue, type TestQueue } from "@/server/dispatcher/test/queue";
import { evictStorage } from "@/server/storage";
import { makeUsedSession } from "@/server/storage/test/volume";
import { tenantOperator } from "@/server/test/context";
import { createTask, explainTask, getTask, setControl, setControlState, simulateTask, updateAttempt } from ".";

const TASK = { title: "tried", backendProfile: "demo", payload: { text: "do it" } };

const simulate = (ctx: ServiceContext, more: Partial<CreateTaskInput> = {}): Promise<TaskTrial> =>
  simulateTask(ctx, { ...TASK, ...more });

/** Reads everything that adding or dispatching a task would change. */
async function written(ctx: ServiceContext): Promise<unknown> {
  const { rows } = await ctx.db.execute(sql`
    select (select json_agg(task order by id) from agentrun_queue_tasks task) as tasks,
      (select last_value from agentrun_queue_version_seq) as version,
      (select count(*) from agentrun_audit) as audit, (select count(*) from agentrun_sessions) as sessions,
      (select count(*) from agentrun_runs) as runs, (select count(*) from agentrun_queue_count_changes) as counted`);
  return rows;
}

test("an unblocked task would start at once, and nothing is written", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await queue.add({ lane: "slow" });
  const before = await written(ctx);
  const trial = await simulate(ctx, { lane: "slow", priority: 2, metadata: { concurrencyKey: "k" } });
  expect(trial).toMatchObject({
    ...{ outcome: "dispatched", blocker: null, taskId: null, rank: 1 },
    task: { tenantId: "default", queue: "default", lane: "slow", priority: 2, concurrencyKey: "k", sessionId: null },
  });
  expect((await simulate(ctx, { lane: "slow" })).rank).toBe(2);
  expect(await written(ctx)).toEqual(before);
});

test("reports a blocker as for a waiting task, with position and holders", async () => {
  await using queue = await createTestQueue(2);
  const { ctx } = queue;
  await setControl(ctx, { queue: "default", lane: "narrow", maxRunning: 1 });
  const holder = await queue.add({ lane: "narrow", metadata: { concurrencyKey: "house" } });
  await queue.dispatch();
  for (let index = 0; index < 3; index += 1) await queue.add({ lane: "narrow" });
  const full = await simulate(ctx, { lane: "narrow" });
  expect(full).toMatchObject({
    outcome: "waits",
    rank: 4,
    blocker: { kind: "lane-limit", limit: 1, holders: [holder] },
  });
  expect(full.message).toBe(full.blocker?.message);
  expect(await simulate(ctx, { lane: "narrow", priority: 1 })).toMatchObject({ rank: 1 });
  expect(await simulate(ctx, { metadata: { concurrencyKey: "house" } })).toMatchObject({
    ...{ outcome: "waits", rank: 1, blocker: { kind: "key-limit", holders: [holder] } },
  });
  await setControlState(ctx, { queue: "default", lane: "wide", reason: "a freeze" }, "paused");
  const paused = await simulate(ctx, { lane: "wide" });
  expect(paused).toMatchObject({ blocker: { kind: "paused", message: "paused: a freeze" } });
  expect(paused.estimatedStartAt).toBeNull();
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  expect(await simulate(ctx, { runAt })).toMatchObject({ blocker: { kind: "not-due", until: runAt } });
  await setBackend(ctx, { profile: "demo", isEnabled: false, reason: "too dear" });
  expect(await simulate(ctx)).toMatchObject({
    blocker: { kind: "backend-disabled", message: "backend demo is switched off: too dear" },
  });
  // A caller bound to one tenant learns no more of another tenant's tasks than that they take up the room.
  const bound = { ...ctx, actor: tenantOperator("other") };
  expect((await simulate(bound, { lane: "narrow" })).blocker?.holders).toEqual([]);
});

test("tasks ahead of it take what it needs, and count as its holders", async () => {
  await using queue = await createTestQueue(2);
  const { ctx } = queue;
  const urgent = await queue.add({ priority: 5 });
  await queue.add();
  expect(await simulate(ctx)).toMatchObject({ outcome: "waits", rank: 3, blocker: { kind: "capacity" } });
  expect(await simulate(ctx, { priority: 1 })).toMatchObject({ outcome: "dispatched", rank: 2 });
  await setControl(ctx, { queue: "default", lane: "default", maxRunning: 1 });
  expect(await simulate(ctx, { priority: 1 })).toMatchObject({
    blocker: { kind: "lane-limit", holders: [urgent] },
  });
  // The other tenant has the fewest running tasks.
  expect(await simulate(ctx, { tenantId: "other", lane: "wide" })).toMatchObject({ outcome: "dispatched" });
});

test("reports an evicted session as blocker, and refuses a session of another project or tenant", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const sessionId = await makeUsedSession(ctx, { note: "kept" });
  await evictStorage(ctx, { sessionId });
  expect(await simulate(ctx, { sessionId, backendProfile: "codex" })).toMatchObject({
    ...{ outcome: "waits", blocker: { kind: "session-evicted" } },
  });
  await expect(simulate(ctx, { sessionId, backendProfile: "codex", projectId: "p2" })).rejects.toMatchObject({
    reason: "session-boundary",
  });
  const bound = { ...ctx, actor: tenantOperator("other") };
  await expect(simulate(bound, { sessionId, backendProfile: "codex" })).rejects.toMatchObject({ reason: "not-found" });
});

test("refuses what creation would refuse, and reports a task that would end without a start", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const refusalOf = async (input: Partial<CreateTaskInput>) => {
    const [tried, added] = await Promise.all(
      [simulateTask, createTask].map((call) =>
        call(ctx, { ...TASK, ...input }).catch(({ reason, message }) => ({ reason, message })),
      ),
    );
    expect(tried).toEqual(added);
    return tried;
  };
  await setControlState(ctx, { queue: "old" }, "draining");
  expect(await refusalOf({ queue: "old" })).toMatchObject({ reason: "queue-draining" });
  expect(await refusalOf({ backendProfile: "nobody" })).toMatchObject({ reason: "invalid-input" });
  expect(await simulate(ctx, { expiresAt: "2020-01-01T00:00:00Z" })).toMatchObject({ outcome: "expires" });
  expect(await simulate(ctx, { payload: { text: "x".repeat(1_048_577) } })).toMatchObject({ outcome: "refused" });
  const { id } = await createTask(ctx, { ...TASK, idempotencyKey: "once" });
  expect(await simulate(ctx, { idempotencyKey: "once" })).toMatchObject({ outcome: "exists", taskId: id });
  await expect(simulate(ctx, { idempotencyKey: "once", title: "other" })).rejects.toMatchObject({
    reason: "idempotency-conflict",
  });
  const outside = { ...ctx, settings: { ...ctx.settings, executor: "none" as const } };
  expect(await simulate(outside)).toMatchObject({ outcome: "waits", blocker: { kind: "not-dispatched" } });
});

/** Returns a source of numbers that is the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** Frees most slots again and again, and lets passes start what becomes ready, so that few tasks are left waiting. */
async function endMost(queue: TestQueue, pick: (below: number) => number): Promise<void> {
  for (let times = pick(4); times >= 0; times -= 1) {
    const { rows } = await queue.ctx.db.execute<{ id: string }>(sql`
      select id from agentrun_queue_tasks where state = 'dispatched' order by id`);
    for (const { id } of rows)
      if (pick(4) > 0) await updateAttempt(queue.ctx, { taskId: id, state: "completed", latestAttempt: null });
    await queue.dispatch();
  }
}

test("the prediction equals the next pass's outcome for any queue", async () => {
  await using queue = await createTestQueue(5);
  const { ctx } = queue;
  const pick = random(7);
  const any = (): Partial<CreateTaskInput> => ({
    tenantId: ["default", "other"][pick(2)] ?? "default",
    lane: `lane${pick(3)}`,
    priority: pick(3),
    backendProfile: pick(4) === 0 ? "codex" : "demo",
    ...(pick(3) === 0 ? { metadata: { concurrencyKey: `key${pick(2)}` } } : {}),
    ...(pick(9) === 0 ? { runAt: new Date(Date.now() + 3_600_000).toISOString() } : {}),
  });
  await setControl(ctx, { queue: "default", lane: "lane1", maxRunning: 1, weight: 3 });
  await setBackend(ctx, { profile: "codex", maxRunning: 1 });
  const seen: Record<string, number> = {};
  for (let round = 0; round < 40; round += 1) {
    await endMost(queue, pick);
    if (pick(6) === 0) await setControlState(ctx, { queue: "default", lane: "lane2" }, pick(2) ? "paused" : "open");
    for (let count = pick(6); count > 0; count -= 1) await queue.add(any());
    const input = any();
    const trial = await simulate(ctx, input);
    const id = await queue.add(input);
    await queue.dispatch();
    const [task, explained] = await Promise.all([getTask(ctx, { taskId: id }), explainTask(ctx, { taskId: id })]);
    const told = `round ${round}: ${JSON.stringify(input)} ${trial.message}`;
    expect([told, trial.outcome]).toEqual([told, task.state === "dispatched" ? "dispatched" : "waits"]);
    expect([told, trial.blocker?.kind, trial.blocker?.limit]).toEqual([
      told,
      explained.blocker?.kind,
      explained.blocker?.limit,
    ]);
    const kind = trial.blocker?.kind ?? trial.outcome;
    seen[kind] = (seen[kind] ?? 0) + 1;
  }
  for (const kind of ["dispatched", "capacity", "lane-limit", "key-limit", "backend-limit", "paused", "not-due"])
    expect([kind, seen[kind] ?? 0]).not.toEqual([kind, 0]);
});
