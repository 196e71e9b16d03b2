import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { QueueTask } from "@/contract/queue";
import type { Db } from "@/db/client";
import { backends, queueAttempts, queueTasks, runs } from "@/db/schema";
import { noteLimit, setBackend } from "@/server/backends";
import { ackCommand, createCommand, finishCommand, listCommands } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { listEvents } from "@/server/events";
import {
  cancelTask,
  explainTask,
  getTask,
  listAttempts,
  listTasks,
  retryTask,
  setControl,
  setControlState,
  updateAttempt,
} from "@/server/queue";
import { cancelRun, claimRun, createRun, finishRun, getRun } from "@/server/runs";
import { getSession } from "@/server/sessions";
import { evictStorage, restoreStorage } from "@/server/storage";
import { makeUsedSession } from "@/server/storage/test/volume";
import { tenantOperator } from "@/server/test/context";
import { dispatchTasks } from ".";
import { createTestQueue, endClaimed, playRun } from "./test/queue";

async function statesOf(ctx: ServiceContext): Promise<Record<string, string>> {
  const { items } = await listTasks(ctx, { limit: 200 });
  return Object.fromEntries(items.map((task) => [task.id, task.state]));
}

async function runOf(ctx: ServiceContext, taskId: string): Promise<string> {
  const { runId } = await getTask(ctx, { taskId });
  if (runId === null) throw new Error(`task ${taskId} has no run`);
  return runId;
}

async function dispatchedOf(ctx: ServiceContext): Promise<string[]> {
  const rows = await ctx.db
    .select({ title: queueTasks.title })
    .from(queueTasks)
    .where(eq(queueTasks.state, "dispatched"));
  return rows.map(({ title }) => title).sort();
}

test("creates session, run and turn of a task in one step, and the task follows its run to the end", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const taskId = await queue.add({ title: "Mend the roof", payload: { text: "mend it", depth: 3 } });
  expect(await queue.dispatch()).toBe(1);
  const task = await getTask(ctx, { taskId });
  expect(task).toMatchObject({ state: "dispatched", attemptCount: 1, blocker: null });
  expect(task.sessionPath).toBe(`/sessions/${task.sessionId}`);
  expect(task.latestAttempt).toMatchObject({ attempt: 1, runId: task.runId, sessionId: task.sessionId });
  const runId = await runOf(ctx, taskId);
  const run = await getRun(ctx, { runId });
  expect(run).toMatchObject({
    status: "pending",
    backendProfile: "demo",
    executionPolicy: { onLost: "continue", idleTimeoutMs: 0 },
  });
  const [turn] = (await listCommands(ctx, { runId, afterSeq: 0, limit: 10 })).items;
  expect(turn).toMatchObject({ seq: 1, type: "turn", state: "pending", payload: { text: "mend it", depth: 3 } });
  const session = await getSession(ctx, { sessionId: task.sessionId ?? "" });
  expect(session).toMatchObject({
    title: "Mend the roof",
    executionState: "running",
    lastRunId: runId,
    storageKind: "pvc",
  });
  const { items: events } = await listEvents(ctx, { runId, afterSeq: 0, limit: 10 });
  expect(events.map(({ seq, payload }) => [seq, payload.phase])).toEqual([
    [1, "run-created"],
    [2, "command-created"],
  ]);

  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1" });
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "running", latestAttempt: { state: "running" } });
  await endClaimed(ctx, { runId, runnerId: "r1", leaseEpoch });
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "completed", failureKind: null });
  const { items: attempts } = await listAttempts(ctx, { taskId, limit: 10 });
  expect(attempts).toMatchObject([{ attempt: 1, runId, state: "completed" }]);
  expect(attempts[0]?.startedAt).not.toBeNull();
  expect(attempts[0]?.endedAt).not.toBeNull();
});

test("a runner killed after its turn's end finishes the run and its task when it returns", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const taskId = await queue.add();
  await queue.dispatch();
  const runId = await runOf(ctx, taskId);
  const runnerId = `runner-of-${runId}`;
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId });
  const [turn] = (await listCommands(ctx, { runId, afterSeq: 0, limit: 1 })).items;
  await ackCommand(ctx, { commandId: turn?.id ?? "", leaseEpoch });
  await finishCommand(ctx, { commandId: turn?.id ?? "", leaseEpoch, terminalStatus: "completed" });
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "running" });
  await playRun(ctx, runId);
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "completed" });
});

test("dispatches by priority, then age, and skips tasks that are not due", async () => {
  await using queue = await createTestQueue();
  await queue.add({ title: "old", lane: "a" });
  await queue.add({ title: "urgent", priority: 5, lane: "b" });
  await queue.add({ title: "later", priority: 9, runAt: new Date(Date.now() + 3_600_000).toISOString() });
  await queue.add({ title: "young" });
  expect(await queue.dispatch(1)).toBe(1);
  expect(await dispatchedOf(queue.ctx)).toEqual(["urgent"]);
  expect(await queue.dispatch(2)).toBe(1);
  expect(await dispatchedOf(queue.ctx)).toEqual(["old", "urgent"]);
  await queue.ctx.db
    .update(queueTasks)
    .set({ notBefore: new Date(Date.now() - 1) })
    .where(eq(queueTasks.title, "later"));
  expect(await queue.dispatch(3)).toBe(1);
  expect(await dispatchedOf(queue.ctx)).toEqual(["later", "old", "urgent"]);
});

test("a tenant with one task starts within one slot's turn of a tenant with many", async () => {
  await using queue = await createTestQueue();
  for (let count = 0; count < 30; count += 1) await queue.add({ tenantId: "many", priority: 9 });
  expect(await queue.dispatch(4)).toBe(4);
  const few = await queue.add({ tenantId: "few" });
  expect(await queue.dispatch(5)).toBe(1);
  expect(await getTask(queue.ctx, { taskId: few })).toMatchObject({ state: "dispatched" });
});

test("enforces limits of lane, queue, key and backend, names their holders, and continues as one ends", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControl(ctx, { queue: "q", lane: "slow", maxRunning: 1 });
  const first = await queue.add({ queue: "q", lane: "slow" });
  const second = await queue.add({ queue: "q", lane: "slow" });
  const keyed = [
    await queue.add({ metadata: { concurrencyKey: "repo" } }),
    await queue.add({ metadata: { concurrencyKey: "repo" } }),
  ];
  expect(await queue.dispatch()).toBe(2);
  expect(await getTask(ctx, { taskId: second })).toMatchObject({
    state: "pending",
    blocker: { kind: "lane-limit", limit: 1, holders: [first] },
  });
  expect(await getTask(ctx, { taskId: keyed[1] ?? "" })).toMatchObject({
    blocker: { kind: "key-limit", limit: 1, holders: [keyed[0]] },
  });
  expect(await explainTask(ctx, { taskId: second })).toMatchObject({ rank: 1, isRankBounded: false });
  await playRun(ctx, await runOf(ctx, first));
  await playRun(ctx, await runOf(ctx, keyed[0] ?? ""));
  expect(await queue.dispatch()).toBe(2);
  expect(Object.values(await statesOf(ctx)).sort()).toEqual(["completed", "completed", "dispatched", "dispatched"]);
});

test("dispatches no more to a backend than its limit, and nothing while its provider's limit is reached", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setBackend(ctx, { profile: "codex", maxRunning: 1 });
  const tasks = [await queue.add({ backendProfile: "codex" }), await queue.add({ backendProfile: "codex" })];
  const other = await queue.add({});
  expect(await queue.dispatch()).toBe(2);
  const second = async () => (await getTask(ctx, { taskId: tasks[1] ?? "" })).blocker;
  expect(await second()).toMatchObject({ kind: "backend-limit", limit: 1, holders: [tasks[0]] });
  expect(await getTask(ctx, { taskId: other })).toMatchObject({ state: "dispatched" });
  await playRun(ctx, await runOf(ctx, tasks[0] ?? ""));
  await noteLimit(queue.store.as().db as Db, "codex", {
    until: new Date(Date.now() + 3_600_000),
    message: "You are out.",
  });
  expect(await queue.dispatch()).toBe(0);
  expect(await second()).toMatchObject({ kind: "backend-down", message: expect.stringContaining("You are out.") });
  await setBackend(ctx, { profile: "codex", isUp: true });
  expect(await queue.dispatch()).toBe(1);
});

test("a backend's limit counts turns of runs without a task, from creation to end", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setBackend(ctx, { profile: "codex", maxRunning: 2 });
  const ordered = async (profile: string) => {
    const run = await createRun(ctx, {
      backendProfile: profile,
      sessionRef: { sessionId: `by-hand-${randomBytes(4).toString("hex")}` },
    });
    await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "by hand" } });
    return run.id;
  };
  const runs = [await ordered("codex"), await ordered("codex"), await ordered("deepseek")];
  // No run of this profile is under way.
  await createRun(ctx, { backendProfile: "codex" });
  const taskId = await queue.add({ backendProfile: "codex" });
  expect(await queue.dispatch()).toBe(0);
  expect((await getTask(ctx, { taskId })).blocker).toMatchObject({
    ...{ kind: "backend-limit", limit: 2, holders: [] },
    message: "backend codex is at its limit (2); 2 in runs of no task",
  });
  const { leaseEpoch } = await claimRun(ctx, { runId: runs[0] ?? "", runnerId: "r1" });
  expect(await queue.dispatch()).toBe(0);
  const [turn] = (await listCommands(ctx, { runId: runs[0] ?? "", afterSeq: 0, limit: 1 })).items;
  await ackCommand(ctx, { commandId: turn?.id ?? "", leaseEpoch });
  expect(await queue.dispatch()).toBe(0);
  await finishCommand(ctx, { commandId: turn?.id ?? "", leaseEpoch, terminalStatus: "completed" });
  expect(await queue.dispatch()).toBe(1);
});

test("dispatches nothing to a disabled or repeatedly failing backend, and shows the reason", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setBackend(ctx, { profile: "codex", isEnabled: false, reason: "the bill" });
  const taskId = await queue.add({ backendProfile: "codex" });
  expect(await queue.dispatch()).toBe(0);
  expect((await getTask(ctx, { taskId })).blocker).toMatchObject({
    ...{ kind: "backend-disabled", until: null, message: "backend codex is switched off: the bill" },
  });
  await setBackend(ctx, { profile: "codex", isEnabled: true });
  const failed = { at: new Date().toISOString(), isOk: false, latencyMs: null, status: null, models: null };
  const probed = (failures: number) =>
    ctx.db
      .update(backends)
      .set({ probe: { ...failed, message: "it was not reached", failures } })
      .where(eq(backends.profile, "codex"));
  await probed(2);
  expect(await queue.dispatch()).toBe(0);
  expect((await getTask(ctx, { taskId })).blocker).toMatchObject({
    ...{ kind: "backend-down", message: "backend codex is unavailable: it was not reached" },
    until: expect.any(String),
  });
  // The backend is up if a person says so, or if only one try has failed.
  await setBackend(ctx, { profile: "codex", isUp: true });
  expect((await getTask(ctx, { taskId })).blocker).toMatchObject({ kind: "next" });
  await probed(1);
  expect(await queue.dispatch()).toBe(1);
});

test("tasks of one session run one after another, and wait for a person's turn", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const tasks = [await queue.add({ sessionId: "s1" }), await queue.add({ sessionId: "s1" })];
  expect(await queue.dispatch()).toBe(1);
  expect(await getTask(ctx, { taskId: tasks[1] ?? "" })).toMatchObject({
    blocker: { kind: "session-busy", holders: [tasks[0]] },
  });
  await playRun(ctx, await runOf(ctx, tasks[0] ?? ""));
  const person = await createRun(ctx, { backendProfile: "demo", sessionRef: { sessionId: "s1" } });
  await createCommand(ctx, { runId: person.id, type: "turn", payload: { text: "by hand" } });
  expect(await queue.dispatch()).toBe(0);
  expect(await getTask(ctx, { taskId: tasks[1] ?? "" })).toMatchObject({
    blocker: { kind: "session-busy", holders: [] },
  });
  await playRun(ctx, person.id);
  expect(await queue.dispatch()).toBe(1);
});

test("a task whose session was evicted before its claim waits again, and continues after the restore", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const sessionId = await makeUsedSession(ctx, { note: "kept" });
  const taskId = await queue.add({ sessionId, backendProfile: "codex" });
  expect(await queue.dispatch()).toBe(1);
  const runId = await runOf(ctx, taskId);
  await evictStorage(ctx, { sessionId });
  expect(await queue.dispatch()).toBe(0);
  expect(await getTask(ctx, { taskId })).toMatchObject({
    ...{ state: "pending", runId: null, blocker: { kind: "session-evicted" } },
  });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "cancelled" });
  await restoreStorage(ctx, { sessionId });
  expect(await queue.dispatch()).toBe(1);
});

test("with one runner, tenants take turns whatever their names", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  for (let count = 0; count < 3; count += 1) for (const tenantId of ["a", "b", "c"]) await queue.add({ tenantId });
  const turns: string[] = [];
  for (let count = 0; count < 6; count += 1) {
    expect(await queue.dispatch(1)).toBe(1);
    const [task] = (await listTasks(ctx, { limit: 1, state: "dispatched" })).items;
    turns.push(task?.tenantId ?? "");
    await playRun(ctx, task?.runId ?? "");
  }
  expect(turns).toEqual(["a", "b", "c", "a", "b", "c"]);
});

test("dispatches many tasks of one lane in one batch", async () => {
  await using queue = await createTestQueue();
  const warnings: unknown[] = [];
  const log = Object.assign(Object.create(queue.ctx.log), { warn: (...told: unknown[]) => warnings.push(told) });
  for (let count = 0; count < 5; count += 1) await queue.add({ lane: count < 3 ? "a" : "b" });
  expect(await dispatchTasks({ ...queue.ctx, log }, { runnersMax: 100 })).toBe(5);
  expect(warnings).toEqual([]);
});

test("a task that breaks its batch fails as refused, and the others are dispatched", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const good = [await queue.add(), await queue.add()];
  const long = await queue.add({ priority: 1, payload: { text: "x".repeat(1_048_577) } });
  const broken = await queue.add({ priority: 2, title: "broken" });
  // Inserts a row that none of our checks has seen, such as one of an adopted database.
  const client = await queue.store.database.connect();
  await client.query(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.task_id = '${broken}' then raise exception 'no such run' using errcode = '54000'; end if; return new;
    end $$;
    create trigger refuse before insert on agentrun_runs for each row execute function refuse();`);
  expect(await queue.dispatch()).toBe(2);
  for (const taskId of good) expect(await getTask(ctx, { taskId })).toMatchObject({ state: "dispatched" });
  expect(await getTask(ctx, { taskId: long })).toMatchObject({ state: "failed", deadLetter: "refused" });
  expect(await getTask(ctx, { taskId: broken })).toMatchObject({ state: "failed", deadLetter: "refused" });
});

test("a task whose statement times out is left to the next pass, and the others are dispatched", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const slow = await queue.add({ priority: 1 });
  const good = await queue.add();
  const client = await queue.store.database.connect();
  await client.query(`
    create function out_of_time() returns trigger language plpgsql as $$ begin
      if new.task_id = '${slow}' then raise exception 'too slow' using errcode = '57014'; end if; return new;
    end $$;
    create trigger out_of_time before insert on agentrun_runs for each row execute function out_of_time();`);
  expect(await queue.dispatch()).toBe(1);
  expect(await getTask(ctx, { taskId: good })).toMatchObject({ state: "dispatched" });
  expect(await getTask(ctx, { taskId: slow })).toMatchObject({ state: "pending", deadLetter: null });
  await client.query("drop trigger out_of_time on agentrun_runs");
  expect(await queue.dispatch()).toBe(1);
});

test("concurrency keys may have any length, and other tenants' holders stay hidden", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const concurrencyKey = randomBytes(20_000).toString("base64");
  const tasks = [];
  for (let count = 0; count < 2; count += 1) tasks.push(await queue.add({ metadata: { concurrencyKey } }));
  await setControl(ctx, { queue: "q", maxRunning: 1 });
  const theirs = await queue.add({ queue: "q", tenantId: "a" });
  const ours = await queue.add({ queue: "q", tenantId: "b" });
  expect(await queue.dispatch()).toBe(2);
  expect((await getTask(ctx, { taskId: tasks[1] ?? "" })).blocker).toMatchObject({
    kind: "key-limit",
    holders: [tasks[0]],
  });
  expect((await getTask(ctx, { taskId: ours })).blocker).toMatchObject({ holders: [theirs] });
  const seen = (await getTask({ ...ctx, actor: tenantOperator("b") }, { taskId: ours })).blocker;
  expect(seen).toMatchObject({ kind: "queue-limit", holders: [] });
  expect(seen?.message).not.toContain(theirs);
  await playRun(ctx, await runOf(ctx, tasks[0] ?? ""));
  expect(await queue.dispatch()).toBe(1);
});

test("many tasks that wait for one key do not delay the tasks behind them", async () => {
  await using queue = await createTestQueue();
  for (let count = 0; count < 150; count += 1) await queue.add({ priority: 5, metadata: { concurrencyKey: "one" } });
  const free = await queue.add({ title: "free" });
  expect(await queue.dispatch()).toBe(2);
  expect(await getTask(queue.ctx, { taskId: free })).toMatchObject({ state: "dispatched" });
});

test("a paused queue or lane dispatches nothing until it is resumed, and a draining one accepts no task", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const taskId = await queue.add({ lane: "a" });
  await setControlState(ctx, { queue: "default", reason: "the provider is being moved" }, "paused");
  expect(await queue.dispatch()).toBe(0);
  expect((await getTask(ctx, { taskId })).blocker).toMatchObject({
    kind: "paused",
    message: "paused: the provider is being moved",
  });
  await setControlState(ctx, { queue: "default" }, "open");
  await setControlState(ctx, { queue: "default", lane: "a" }, "draining");
  await expect(queue.add({ lane: "a" })).rejects.toMatchObject({ reason: "queue-draining" });
  await queue.add({ lane: "b" });
  expect(await queue.dispatch()).toBe(2);
});

test("retries a failure of the infrastructure later, and a dead letter names why retries ended", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const taskId = await queue.add({ retry: { maxAttempts: 2, backoffMs: 60_000 } });
  await queue.dispatch();
  const lost = { terminalStatus: "failed" as const, failureKind: "infra-failed" as const, failureMessage: "no disk" };
  await playRun(ctx, await runOf(ctx, taskId), lost);
  const waiting = await getTask(ctx, { taskId });
  expect(waiting).toMatchObject({
    state: "pending",
    failureKind: "infra-failed",
    failureMessage: "no disk",
    blocker: { kind: "backoff" },
  });
  const inMs = Date.parse(waiting.nextAttemptAt ?? "") - Date.now();
  expect(inMs).toBeGreaterThan(40_000);
  expect(inMs).toBeLessThan(76_000);
  expect(await queue.dispatch()).toBe(0);
  await retryTask(ctx, { taskId });
  expect(await queue.dispatch()).toBe(1);
  const second = await getTask(ctx, { taskId });
  expect(second).toMatchObject({ attemptCount: 2, sessionId: waiting.sessionId });
  await playRun(ctx, second.runId ?? "", { ...lost, failureKind: "backend-failed" });
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "failed", deadLetter: "not-retryable" });
  await retryTask(ctx, { taskId });
  await queue.dispatch();
  await playRun(ctx, await runOf(ctx, taskId), lost);
  await ctx.db
    .update(queueTasks)
    .set({ notBefore: new Date(0) })
    .where(eq(queueTasks.id, taskId));
  await queue.dispatch();
  await playRun(ctx, await runOf(ctx, taskId), lost);
  expect(await getTask(ctx, { taskId })).toMatchObject({
    state: "failed",
    deadLetter: "attempts-exhausted",
    attemptCount: 4,
  });
});

test("parks a task at the provider's usage limit, and resumes it by itself only where its policy allows", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const asks = await queue.add({});
  const resumes = await queue.add({ retry: { onUsageLimit: "resume" } });
  const unwanted = await queue.add({ retry: { onUsageLimit: "resume" } });
  const done = await queue.add();
  await queue.dispatch();
  const limited = {
    terminalStatus: "failed" as const,
    failureKind: "rate-limited" as const,
    failureMessage: "usage limit",
  };
  await noteLimit(queue.store.as().db as Db, "demo", {
    until: new Date(Date.now() + 3_600_000),
    message: "You are out.",
  });
  for (const taskId of [asks, resumes, unwanted, done]) await playRun(ctx, await runOf(ctx, taskId), limited);
  // One that is cancelled meanwhile has not failed, and waits for nothing.
  expect(await cancelTask(ctx, { taskId: unwanted })).toMatchObject({
    ...{ state: "cancelled", failureKind: null, failureMessage: null, parkedAt: null, parkedUntil: null },
  });
  expect(await updateAttempt(ctx, { taskId: done, state: "completed", latestAttempt: null })).toMatchObject({
    ...{ state: "completed", failureKind: null, failureMessage: null, parkedAt: null },
  });
  expect(await getTask(ctx, { taskId: asks })).toMatchObject({
    state: "pending",
    blocker: { kind: "parked", until: expect.stringMatching(/^20/) },
    nextAttemptAt: null,
  });
  const waiting = await getTask(ctx, { taskId: resumes });
  expect(waiting).toMatchObject({ state: "pending", blocker: { kind: "parked" } });
  expect(Date.parse(waiting.nextAttemptAt ?? "")).toBeGreaterThan(Date.now() + 3_000_000);
  await setBackend(ctx, { profile: "demo", isUp: true });
  await ctx.db
    .update(queueTasks)
    .set({ notBefore: new Date(0) })
    .where(eq(queueTasks.id, resumes));
  expect(await queue.dispatch()).toBe(1);
  await retryTask(ctx, { taskId: asks });
  expect(await queue.dispatch()).toBe(1);
});

test("cancels a running task once its run has stopped, and an unclaimed one at once", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const running = await queue.add();
  const unclaimed = await queue.add();
  await queue.dispatch();
  const runId = await runOf(ctx, running);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1" });
  expect(await cancelTask(ctx, { taskId: running, reason: "not needed" })).toMatchObject({ state: "running" });
  expect((await getTask(ctx, { taskId: running })).cancelRequestedAt).not.toBeNull();
  expect(await cancelTask(ctx, { taskId: unclaimed })).toMatchObject({ state: "cancelled" });
  expect(await getRun(ctx, { runId: await runOf(ctx, unclaimed) })).toMatchObject({ status: "cancelled" });
  await finishRun(ctx, { runId, runnerId: "r1", leaseEpoch, terminalStatus: "cancelled" });
  expect(await getTask(ctx, { taskId: running })).toMatchObject({ state: "cancelled", cancelReason: "not needed" });
});

test("cancelling a run cancels its task, and a task state set by hand leaves the run unchanged", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  const second = await queue.add();
  await queue.dispatch();
  await cancelRun(ctx, { runId: await runOf(ctx, first), reason: "wrong repository" });
  expect(await getTask(ctx, { taskId: first })).toMatchObject({ state: "cancelled", cancelReason: "wrong repository" });
  const runId = await runOf(ctx, second);
  await updateAttempt(ctx, { taskId: second, state: "completed", latestAttempt: { by: "hand" } });
  expect(await getTask(ctx, { taskId: second })).toMatchObject({ state: "completed", latestAttempt: { by: "hand" } });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "cancelled" });
});

test("a task that waits past its expiry fails without being dispatched", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const taskId = await queue.add({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() });
  await ctx.db
    .update(queueTasks)
    .set({ expiresAt: new Date(Date.now() - 1_000) })
    .where(eq(queueTasks.id, taskId));
  expect(await queue.dispatch()).toBe(0);
  expect(await getTask(ctx, { taskId })).toMatchObject({
    state: "failed",
    failureKind: "timeout",
    deadLetter: "expired",
  });
});

test("a backlog of expired tasks is ended in steps, each once, and other lanes start meanwhile", {
  timeout: 60_000,
}, async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add({ lane: "old" });
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version, backend_profile,
      payload, payload_hash, expires_at)
    select 'many_' || n, tenant_id, project_id, queue, lane, 't', 9, 'pending', 0, backend_profile, '{}', '', clock_timestamp()
    from agentrun_queue_tasks, generate_series(1, 7000) n where id = ${first}`);
  const other = await queue.add({ lane: "new" });
  const wakes: string[] = [];
  await dispatchTasks({ ...ctx, wake: (topic) => wakes.push(topic) }, { runnersMax: 1_000, batch: 20 });
  expect(await getTask(ctx, { taskId: other })).toMatchObject({ state: "dispatched" });
  const left = async () => {
    const { rows } = await ctx.db.execute<{ left: number }>(
      sql`select count(*)::int as left from agentrun_queue_tasks where title = 't' and state = 'pending'`,
    );
    return rows[0]?.left;
  };
  expect(await getTask(ctx, { taskId: first })).toMatchObject({ state: "dispatched" });
  expect(await left()).toBe(5_000);
  expect(wakes).toContain("queue");
  for (let passes = 0; passes < 3; passes += 1) await queue.dispatch();
  expect(await left()).toBe(0);
  const { rows } = await ctx.db.execute(sql`
    select count(*)::int as entries, count(distinct target_id)::int as tasks from agentrun_audit where action = 'queue.expire'`);
  expect(rows).toEqual([{ entries: 7_000, tasks: 7_000 }]);
});

test("an expired or due task that cannot be changed stops no other", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const past = (column: "expires_at" | "not_before", taskId: string) =>
    ctx.db.execute(
      sql`update agentrun_queue_tasks set ${sql.raw(column)} = clock_timestamp() - interval '1 minute' where id = ${taskId}`,
    );
  const broken = [await queue.add(), await queue.add({ runAt: new Date(Date.now() + 60_000).toISOString() })];
  const expired = await queue.add();
  const due = await queue.add({ runAt: new Date(Date.now() + 60_000).toISOString() });
  const other = await queue.add();
  for (const taskId of [broken[0] ?? "", expired]) await past("expires_at", taskId);
  for (const taskId of [broken[1] ?? "", due]) await past("not_before", taskId);
  const client = await queue.store.database.connect();
  await client.query(`create function refuse() returns trigger language plpgsql as $$ begin
      if new.id in ('${broken.join("','")}') then raise exception 'never' using errcode = '54000'; end if; return new; end $$;
    create trigger refuse before update on agentrun_queue_tasks for each row execute function refuse()`);
  expect(await queue.dispatch()).toBe(2);
  expect(await getTask(ctx, { taskId: expired })).toMatchObject({ state: "failed", deadLetter: "expired" });
  for (const taskId of [due, other]) expect(await getTask(ctx, { taskId })).toMatchObject({ state: "dispatched" });
  for (const taskId of broken) expect(await getTask(ctx, { taskId })).toMatchObject({ state: "pending" });
  await client.query("drop trigger refuse on agentrun_queue_tasks");
  expect(await queue.dispatch()).toBe(1);
  expect(await getTask(ctx, { taskId: broken[0] ?? "" })).toMatchObject({ state: "failed", deadLetter: "expired" });
});

test("eight concurrent dispatchers exceed no limit and give no task two attempts", async () => {
  await using queue = await createTestQueue();
  await setControl(queue.ctx, { queue: "default", lane: "a", maxRunning: 7 });
  for (let count = 0; count < 40; count += 1) await queue.add({ lane: count % 2 === 0 ? "a" : "b" });
  await Promise.all(Array.from({ length: 8 }, () => dispatchTasks(queue.other(), { runnersMax: 17, batch: 3 })));
  const attempts = await queue.ctx.db.select().from(queueAttempts);
  expect(attempts).toHaveLength(17);
  expect(new Set(attempts.map(({ taskId }) => taskId)).size).toBe(17);
  expect(attempts.filter(({ lane }) => lane === "a").length).toBeLessThanOrEqual(7);
  expect(await queue.ctx.db.$count(runs)).toBe(17);
});

test("a waiting task says when dispatching is off", async () => {
  await using queue = await createTestQueue();
  const taskId = await queue.add();
  const outside: Pick<QueueTask, "id"> & { blocker: unknown } = await getTask(queue.store.as(), { taskId });
  expect(outside.blocker).toMatchObject({ kind: "not-dispatched" });
});
