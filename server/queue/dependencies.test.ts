import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { queueTasks } from "@/db/schema";
import { settleDependencies } from "@/server/dispatcher";
import { asDispatcher, createTestQueue, playRun, type TestQueue } from "@/server/dispatcher/test/queue";
import { tenantOperator } from "@/server/storage/test/context";
import {
  cancelTask,
  createTask,
  createTasks,
  explainTask,
  getTask,
  listTasks,
  queueCommander,
  recordMinute,
  retryTask,
  setControlState,
  simulateTask,
  updateAttempt,
  updateTask,
} from ".";

const task = { title: "t", backendProfile: "demo", payload: { text: "do" } };

async function stateOf({ ctx }: TestQueue, taskId: string) {
  const { state, blocker } = await getTask(ctx, { taskId });
  return blocker === null ? state : `${state}: ${blocker.kind}`;
}

/** Ends the run of a task's attempt. */
async function end({ ctx }: TestQueue, taskId: string, isFailed = false): Promise<void> {
  const { runId } = await getTask(ctx, { taskId });
  if (runId === null) throw new Error(`task ${taskId} has no run`);
  await playRun(ctx, runId, isFailed ? { terminalStatus: "failed", failureKind: "backend-failed" } : undefined);
}

const after = (...ids: string[]) => ({ dependsOn: ids.map((taskId) => ({ taskId })) });

test("dispatches a task once all its dependencies are completed, and names them until then", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [one, two] = [await queue.add({ title: "one" }), await queue.add({ title: "two" })];
  const last = await queue.add(after(one, two));
  expect(await queue.dispatch()).toBe(2);
  const { blocker, dependsOn, dependencyCount, onDependencyFailed } = await getTask(ctx, { taskId: last });
  expect(blocker).toMatchObject({ kind: "dependency", holders: [one, two], until: null });
  expect(blocker?.dependencies).toEqual({
    count: 2,
    tasks: [
      { taskId: one, title: "one", state: "dispatched" },
      { taskId: two, title: "two", state: "dispatched" },
    ],
  });
  expect([dependsOn.map(({ taskId }) => taskId), dependencyCount, onDependencyFailed]).toEqual([[one, two], 2, "hold"]);
  expect(await explainTask(ctx, { taskId: last })).toMatchObject({ rank: 1, estimatedStartAt: null });
  await end(queue, one);
  expect(await queue.dispatch()).toBe(0);
  expect(await stateOf(queue, last)).toBe("pending: dependency");
  await end(queue, two);
  expect(await queue.dispatch()).toBe(1);
  expect(await stateOf(queue, last)).toBe("dispatched");
});

test("does not wait for completed dependencies, and keeps a task's own start time", async () => {
  await using queue = await createTestQueue();
  const first = await queue.add();
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const later = await queue.add({ ...after(first), runAt });
  await queue.dispatch();
  await end(queue, first);
  expect(await queue.dispatch()).toBe(0);
  expect(await stateOf(queue, later)).toBe("pending: not-due");
  const now = await queue.add(after(first));
  expect(await stateOf(queue, now)).toBe("pending: next");
  expect(await queue.dispatch()).toBe(1);
});

test("after a failed dependency a task waits for a person, fails, or starts, as its policy says", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add({ title: "first" });
  const hold = await queue.add(after(first));
  const fail = await queue.add({ ...after(first), onDependencyFailed: "fail" });
  const behind = await queue.add({ ...after(fail), onDependencyFailed: "fail" });
  const start = await queue.add({ ...after(first), onDependencyFailed: "start" });
  await queue.dispatch();
  await end(queue, first, true);
  expect(await queue.dispatch()).toBe(1);
  expect(await stateOf(queue, hold)).toBe("pending: dependency-failed");
  expect(await stateOf(queue, start)).toBe("dispatched");
  expect(await getTask(ctx, { taskId: fail })).toMatchObject({
    ...{ state: "failed", failureKind: "cancelled", deadLetter: "dependency-failed", nextAttemptAt: null },
    failureMessage: `it comes after ${first}, which failed`,
  });
  expect((await getTask(ctx, { taskId: behind })).failureMessage).toBe(`it comes after ${fail}, which failed`);
  await expect(retryTask(ctx, { taskId: fail })).rejects.toMatchObject({ reason: "dependency-open" });
  await expect(retryTask(ctx, { taskId: hold })).rejects.toMatchObject({ reason: "dependency-open" });

  const { attention, attentionCounts } = await queueCommander(ctx, {});
  expect(attention.find(({ kind }) => kind === "dependency-failed")).toMatchObject({ taskId: first, title: "first" });
  expect(attentionCounts.find(({ kind }) => kind === "dependency-failed")).toMatchObject({ count: 1 });
  // It is told of once, though it failed for good as well.
  expect(attention.filter(({ taskId }) => taskId === first)).toHaveLength(1);

  await retryTask(ctx, { taskId: first });
  expect(await stateOf(queue, hold)).toBe("pending: dependency");
  // The task is held again, and the dispatcher's own check changes nothing.
  await retryTask(ctx, { taskId: fail });
  expect(await queue.dispatch()).toBe(1);
  expect(await stateOf(queue, fail)).toBe("pending: dependency");
  expect((await queueCommander(ctx, {})).attention).not.toContainEqual(
    expect.objectContaining({ kind: "dependency-failed" }),
  );
  await end(queue, first);
  expect(await queue.dispatch()).toBe(2);
});

test("a task added after its dependency failed follows the same policy", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  await cancelTask(ctx, { taskId: first });
  const hold = await queue.add(after(first));
  const fail = await queue.add({ ...after(first), onDependencyFailed: "fail" });
  const start = await queue.add({ ...after(first), onDependencyFailed: "start" });
  expect(await queue.dispatch()).toBe(1);
  expect(await stateOf(queue, hold)).toBe("pending: dependency-failed");
  expect(await getTask(ctx, { taskId: fail })).toMatchObject({
    failureMessage: `it comes after ${first}, which was cancelled`,
  });
  expect(await stateOf(queue, start)).toBe("dispatched");
  const { attention } = await queueCommander(ctx, {});
  expect(attention.find(({ kind }) => kind === "dependency-failed")?.message).toMatch(
    /was cancelled and blocks 1 task/,
  );
  const noted = async () => (await ctx.db.execute(sql`select from agentrun_queue_failed_dependencies`)).rowCount;
  await recordMinute(ctx);
  expect(await noted()).toBe(1);
  await updateTask(ctx, { taskId: hold, dependsOn: [] });
  await recordMinute(ctx);
  expect(await noted()).toBe(0);
});

test("dependencies may be removed but not added", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [one, two, other] = [await queue.add(), await queue.add(), await queue.add()];
  const last = await queue.add(after(one, two));
  await expect(updateTask(ctx, { taskId: last, ...after(one, other) })).rejects.toMatchObject({
    reason: "invalid-input",
    message: expect.stringContaining("dependsOn[1]"),
  });
  const before = (await getTask(ctx, { taskId: last })).version;
  await updateTask(ctx, { taskId: last, ...after(two) });
  const { dependsOn, version, blocker } = await getTask(ctx, { taskId: last });
  expect([dependsOn.length, version > before, blocker?.kind]).toEqual([1, true, "dependency"]);
  await updateTask(ctx, { taskId: last, runAt: null, priority: 3 });
  expect(await stateOf(queue, last)).toBe("pending: dependency");
  await updateTask(ctx, { taskId: last, dependsOn: [] });
  expect(await stateOf(queue, last)).toBe("pending: next");
  await cancelTask(ctx, { taskId: last });
  await expect(updateTask(ctx, { taskId: last, dependsOn: [] })).rejects.toMatchObject({ reason: "already-terminal" });
});

test("refuses a dependency that is missing, of another tenant, or the task itself, naming its position", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const theirs = await queue.add({ tenantId: "theirs", idempotencyKey: "k" });
  const own = await queue.add();
  for (const input of [after(own, "qt_none"), after(own, theirs)])
    await expect(queue.add(input)).rejects.toMatchObject({
      reason: "not-found",
      message: expect.stringContaining("dependsOn[1]"),
    });
  await expect(queue.add({ dependsOn: [{ idempotencyKey: "k" }] })).rejects.toMatchObject({ reason: "not-found" });
  await expect(
    queue.add({ projectId: "p", dependsOn: [{ idempotencyKey: "self" }], idempotencyKey: "self" }),
  ).rejects.toMatchObject({ reason: "invalid-input", message: expect.stringContaining("itself") });
  await expect(queue.add({ onDependencyFailed: "fail" })).rejects.toMatchObject({ reason: "invalid-input" });
  expect((await listTasks(ctx, { limit: 50 })).items).toHaveLength(2);
  await queue.add(after(own));
  const lists = [ctx, queue.store.as(tenantOperator("default")), queue.store.as(tenantOperator("theirs"))];
  const seen = lists.map(async (seer) => (await listTasks(seer, { limit: 50, dependsOn: own })).items.length);
  expect(await Promise.all(seen)).toEqual([1, 1, 0]);
});

test("tasks of one call may depend on earlier ones, and are refused with them", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const keyed = (idempotencyKey: string, ...keys: string[]) => {
    return {
      ...task,
      idempotencyKey,
      ...(keys.length === 0 ? {} : { dependsOn: keys.map((key) => ({ idempotencyKey: key })) }),
    };
  };
  const chain = [keyed("a"), keyed("b", "a"), keyed("c", "a", "b", "b")];
  const { items } = await createTasks(ctx, { tasks: chain });
  const ids = items.map((item) => ("task" in item ? item.task.id : ""));
  const { dependsOn, blocker } = await getTask(ctx, { taskId: ids[2] ?? "" });
  expect(dependsOn.map(({ taskId }) => taskId).sort()).toEqual([ids[0], ids[1]].sort());
  expect(blocker?.kind).toBe("dependency");
  // The same request with its keys in another order returns the same tasks.
  const again = await createTasks(ctx, { tasks: [keyed("c", "b", "a"), keyed("x", "later"), keyed("later")] });
  expect(again.items[0]).toMatchObject({ task: { id: ids[2] } });
  expect(again.items[1]).toMatchObject({ error: { reason: "not-found" } });
  expect(again.items[2]).toHaveProperty("task");
  await expect(createTask(ctx, keyed("c", "a"))).rejects.toMatchObject({ reason: "idempotency-conflict" });

  await setControlState(ctx, { queue: "drained" }, "draining");
  const refused = await createTasks(ctx, {
    tasks: [{ ...keyed("d"), queue: "drained" }, keyed("e", "d"), keyed("f", "e"), keyed("g", "a")],
  });
  expect(refused.items.map((item) => ("error" in item ? item.error.reason : "task"))).toEqual([
    ...["queue-draining", "not-found", "not-found", "task"],
  ]);
  expect((await listTasks(ctx, { limit: 50, dependsOn: ids[0] ?? "" })).items.map(({ id }) => id)).toHaveLength(3);
});

test("a task without dependencies keeps its idempotency hash", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await createTask(ctx, { ...task, idempotencyKey: "k" });
  expect(await createTask(ctx, { ...task, idempotencyKey: "k", dependsOn: [] })).toEqual(first);
  // The hash that the release before dependencies made.
  expect(first.payloadHash).toBe("651f437e4024994d040269fcf54889dfce4102fbac8bcd64f63f3fc7339221f9");
});

test("a simulation reports what a task would wait for, and that it would fail", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add({ title: "first" });
  expect(await simulateTask(ctx, { ...task, ...after(first) })).toMatchObject({
    outcome: "waits",
    blocker: { kind: "dependency", dependencies: { count: 1, tasks: [{ taskId: first, title: "first" }] } },
    estimatedStartAt: null,
  });
  await expect(simulateTask(ctx, { ...task, ...after("qt_none") })).rejects.toMatchObject({ reason: "not-found" });
  await cancelTask(ctx, { taskId: first });
  expect(await simulateTask(ctx, { ...task, ...after(first) })).toMatchObject({
    blocker: { kind: "dependency-failed" },
  });
  expect(await simulateTask(ctx, { ...task, ...after(first), onDependencyFailed: "fail" })).toMatchObject({
    outcome: "refused",
  });
  expect(await simulateTask(ctx, { ...task, ...after(first), onDependencyFailed: "start" })).toMatchObject({
    outcome: "dispatched",
  });
});

test("an external program that completes a task releases its dependents, and sees what a task waits for", async () => {
  await using queue = await createTestQueue();
  const ctx = { ...asDispatcher(queue.store.as()), settings: { ...queue.ctx.settings, executor: "none" as const } };
  const first = await queue.add();
  const last = await queue.add(after(first));
  const kindOf = async () => (await getTask(ctx, { taskId: last })).blocker?.kind;
  expect(await kindOf()).toBe("dependency");
  await updateAttempt(ctx, { taskId: last, state: "pending", latestAttempt: null });
  expect(await kindOf()).toBe("dependency");
  await updateAttempt(ctx, { taskId: first, state: "completed", latestAttempt: null });
  await settleDependencies(ctx);
  expect(await kindOf()).toBe("not-dispatched");
});

test("a task that an external program starts early and returns waits for its dependencies again", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  const last = await queue.add({ ...after(first), onDependencyFailed: "fail" });
  const give = async (state: "dispatched" | "pending") =>
    updateAttempt(ctx, { taskId: last, state, latestAttempt: null });
  await give("dispatched");
  await give("pending");
  expect(await queue.dispatch()).toBe(1);
  expect(await stateOf(queue, last)).toBe("pending: dependency");
  // What has ended meanwhile is noticed when the task is given back.
  await give("dispatched");
  await end(queue, first, true);
  await give("pending");
  expect(await queue.dispatch()).toBe(0);
  expect(await stateOf(queue, last)).toBe("failed");
});

test("a task that expires while waiting for dependencies fails, and its dependents are judged", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  const expiring = await queue.add({ ...after(first), expiresAt: new Date(Date.now() + 60_000).toISOString() });
  const behind = await queue.add({ ...after(expiring), onDependencyFailed: "fail" });
  await ctx.db.update(queueTasks).set({ expiresAt: sql`clock_timestamp()` }).where(eq(queueTasks.id, expiring));
  await queue.dispatch();
  expect(await stateOf(queue, expiring)).toBe("failed");
  expect(await stateOf(queue, behind)).toBe("failed");
});
