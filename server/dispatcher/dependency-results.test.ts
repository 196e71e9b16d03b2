import { sql } from "drizzle-orm";
import type pg from "pg";
import { expect, test } from "vitest";
import { RESULTS_MARK } from "@/contract/handed-text";
import type { CreateTaskInput } from "@/contract/queue";
import type { FinishRunInput } from "@/contract/run";
import { getClient } from "@/db/client";
import { ackCommand, finishCommand, listCommands } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { appendEvents } from "@/server/events";
import { cancelTask, createTask, getTask, listDependencyResults, retryTask, updateTask } from "@/server/queue";
import { claimRun, finishRun } from "@/server/runs";
import { tenantOperator } from "@/server/storage/test/context";
import { dispatchTasks } from ".";
import { createTestQueue, type TestQueue } from "./test/queue";

const outputSchema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
type End = { says?: Record<string, unknown>[]; output?: Record<string, unknown>; failure?: string };

/** Plays the run of a dispatched task to its end; its agent says the given texts. */
async function play(ctx: ServiceContext, taskId: string, { says = [], output, failure }: End = {}): Promise<void> {
  const runId = await runOf(ctx, taskId);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1" });
  const [turn] = (await listCommands(ctx, { runId, afterSeq: 0, limit: 10 })).items;
  const commandId = turn?.id ?? "";
  await ackCommand(ctx, { commandId, leaseEpoch });
  const events = says.map((payload) => ({ type: "assistant_message" as const, payload }));
  if (events.length > 0) await appendEvents(ctx, { runId, leaseEpoch, events });
  const end: Pick<FinishRunInput, "terminalStatus" | "failureKind" | "failureMessage"> =
    failure === undefined
      ? { terminalStatus: "completed" }
      : { terminalStatus: "failed", failureKind: "backend-failed", failureMessage: failure };
  await finishCommand(ctx, { commandId, leaseEpoch, ...end, ...(output === undefined ? {} : { output }) });
  await finishRun(ctx, { runId, runnerId: "r1", leaseEpoch, terminalStatus: "completed" });
}

async function runOf(ctx: ServiceContext, taskId: string): Promise<string> {
  return (await getTask(ctx, { taskId })).runId ?? "";
}

/** Returns what the agent of a task's newest attempt was asked. */
async function askedOf(ctx: ServiceContext, taskId: string): Promise<string> {
  const [turn] = (await listCommands(ctx, { runId: await runOf(ctx, taskId), afterSeq: 0, limit: 1 })).items;
  return String(turn?.payload.text);
}

const after = (ids: string[], more: Partial<CreateTaskInput> = {}): Partial<CreateTaskInput> => ({
  ...{ dependsOn: ids.map((taskId) => ({ taskId })), dependencyResults: "append", ...more },
});

/**
 * Dispatches with a worker of its own; returns how many tasks were dispatched, and how many of its statements read
 * results of tasks.
 */
async function readsIn(queue: TestQueue): Promise<{ dispatched: number; reads: number }> {
  const ctx = queue.other();
  const texts: string[] = [];
  (getClient(ctx.db) as pg.Pool).on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const noted = (...args: unknown[]) => {
      const [asked] = args as [string | { text: string }];
      texts.push(typeof asked === "string" ? asked : asked.text);
      return query(...args);
    };
    Object.assign(client, { query: noted });
  });
  const dispatched = await dispatchTasks(ctx, { runnersMax: 1_000 });
  // Otherwise the statements were not captured at all.
  expect(texts.some((text) => text.includes("agentrun_queue_attempts"))).toBe(true);
  return { dispatched, reads: texts.filter((text) => text.includes("'assistant_message'")).length };
}

test("a task's turn contains its dependencies' results, in the order in which it names them", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const plan = await queue.add({ title: "Plan", idempotencyKey: "plan-7", payload: { text: "plan", outputSchema } });
  const build = await queue.add({ title: "Build" });
  const broken = await queue.add({ title: "Lint", retry: { maxAttempts: 1 } });
  const stopped = await queue.add({ title: "Stop" });
  const silent = await queue.add({ title: "Hush" });
  const payload = { text: "Review all.", outputSchema, ticket: 7 };
  const ids = [silent, build, stopped, plan, broken];
  const review = await queue.add(after(ids, { payload, onDependencyFailed: "start" }));
  const plain = await queue.add({ dependsOn: [{ taskId: plan }], payload: { text: "Nothing of it." } });
  expect(await queue.dispatch()).toBe(5);
  await play(ctx, plan, { says: [{ text: '{"n":1}' }], output: { n: 1 } });
  await play(ctx, build, {
    says: [{ text: "I begin" }, { text: "Built in out/" }, { text: "no answer", agentThreadId: "sub" }],
  });
  await play(ctx, broken, { says: [{ text: "half" }], failure: "the provider is gone" });
  await cancelTask(ctx, { taskId: stopped, reason: "not wanted" });
  await play(ctx, stopped, {}).catch(() => {});
  await play(ctx, silent);
  await queue.dispatch();
  expect(await askedOf(ctx, plain)).toBe("Nothing of it.");

  const asked = await askedOf(ctx, review);
  expect(asked.startsWith(`Review all.\n\n${RESULTS_MARK}\n`)).toBe(true);
  const told = asked.slice(asked.indexOf("\n1. ") + 1).split("\n\n");
  expect(told).toEqual([
    `1. Task "Hush" (${silent}): completed. Its agent said nothing at the end.`,
    `2. Task "Build" (${build}): completed. Its agent said at the end:\n\`\`\`\nBuilt in out/\n\`\`\``,
    expect.stringMatching(`^3. Task "Stop" \\(${stopped}\\): cancelled. Why:\n\`\`\`\nnot wanted\n\`\`\`$`),
    `4. Task "Plan" (${plan}, key "plan-7"): completed. It answered this JSON:\n\`\`\`json\n{"n": 1}\n\`\`\``,
    `5. Task "Lint" (${broken}): failed with backend-failed. Why:\n\`\`\`\nthe provider is gone\n\`\`\``,
  ]);
  const task = await getTask(ctx, { taskId: review });
  expect(task).toMatchObject({ payload, dependencyResults: "append" });
  expect(task.dependsOn.map(({ taskId }) => taskId)).toEqual(ids);
  const { items, handedText, dependencyResults } = await listDependencyResults(ctx, { taskId: review });
  expect([dependencyResults, `Review all.\n\n${handedText}`]).toEqual(["append", asked]);
  expect(items.map(({ kind, text, state }) => [kind, text, state])).toEqual([
    [null, null, "completed"],
    ["message", "Built in out/", "completed"],
    ["failure", "not wanted", "cancelled"],
    ["output", '{"n": 1}', "completed"],
    ["failure", "the provider is gone", "failed"],
  ]);
});

test("a payload without text gets the results appended after its other fields", async () => {
  await using queue = await createTestQueue();
  const first = await queue.add();
  await queue.dispatch();
  await play(queue.ctx, first, { says: [{ text: "four" }] });
  const last = await queue.add(after([first], { title: "Count", payload: { of: "sheep" } }));
  await queue.dispatch();
  expect(await askedOf(queue.ctx, last)).toMatch(/^Count\n\n\{"of":"sheep"\}\n\n=== AgentRun: [\s\S]*\nfour\n```$/);
});

test("every attempt receives the results that stand when it starts", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  await queue.dispatch();
  await play(ctx, first, { says: [{ text: "first answer" }] });
  const last = await queue.add(
    after([first], { retry: { maxAttempts: 2, backoffMs: 0, retryOn: ["backend-failed"] } }),
  );
  await queue.dispatch();
  expect(await askedOf(ctx, last)).toContain("first answer");
  const before = await runOf(ctx, last);
  await retryTask(ctx, { taskId: first });
  await queue.dispatch();
  await play(ctx, first, { says: [{ text: "second answer" }] });
  await play(ctx, last, { failure: "lost the thread" });
  await queue.dispatch();
  expect(await runOf(ctx, last)).not.toBe(before);
  const again = await askedOf(ctx, last);
  expect([again.includes("second answer"), again.includes("first answer")]).toEqual([true, false]);
  expect(again.split(RESULTS_MARK)).toHaveLength(2);
});

test("a turn that a lost attempt cut off continues with the same results", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  await queue.dispatch();
  await play(ctx, first, { says: [{ text: "the answer" }] });
  const last = await queue.add(after([first]));
  await queue.dispatch();
  const runId = await runOf(ctx, last);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1" });
  const [turn] = (await listCommands(ctx, { runId, afterSeq: 0, limit: 1 })).items;
  await ackCommand(ctx, { commandId: turn?.id ?? "", leaseEpoch });
  await ctx.db.execute(
    sql`update agentrun_leases set lease_expires_at = now() - interval '1 minute' where run_id = ${runId}`,
  );
  const outside = { ...ctx, settings: { ...ctx.settings, executor: "none" as const } };
  const { assignment } = await claimRun(outside, { runId, runnerId: "r2" });
  expect(assignment?.cutOffTurn?.text).toBe(await askedOf(ctx, last));
  expect(assignment?.cutOffTurn?.text).toContain("the answer");
});

test("deleted dependencies and those of another tenant are left out", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [one, two] = [await queue.add(), await queue.add()];
  const foreign = await queue.add({ tenantId: "other" });
  await queue.dispatch();
  await play(ctx, one, { says: [{ text: "kept" }] });
  await play(ctx, foreign, { says: [{ text: "secret" }] });
  const last = await queue.add(after([one, two]));
  await updateTask(ctx, { taskId: last, dependsOn: [{ taskId: one }] });
  // No procedure creates such a row.
  await ctx.db.execute(
    sql`insert into agentrun_queue_dependencies (task_id, depends_on_id, on_failed) values (${last}, ${foreign}, 'hold')`,
  );
  await queue.dispatch();
  const asked = await askedOf(ctx, last);
  expect(asked).toContain("kept");
  expect(asked).not.toMatch(/secret|\n2\. /);
  const mine = queue.store.as(tenantOperator("default"));
  const theirs = queue.store.as(tenantOperator("other"));
  expect((await listDependencyResults(mine, { taskId: last })).items).toHaveLength(1);
  await expect(listDependencyResults(theirs, { taskId: last })).rejects.toMatchObject({ reason: "not-found" });
});

test("results are read once per batch, shared dependencies once, and only for tasks that ask for them", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  await queue.dispatch();
  await play(ctx, first, { says: [{ text: "the plan" }] });
  await queue.add({ dependsOn: [{ taskId: first }] });
  await queue.add({ dependsOn: [{ taskId: first }], dependencyResults: "none" });
  expect(await readsIn(queue)).toEqual({ dispatched: 2, reads: 0 });
  const three = [await queue.add(after([first])), await queue.add(after([first])), await queue.add(after([first]))];
  expect(await readsIn(queue)).toEqual({ dispatched: 3, reads: 1 });
  for (const taskId of three) expect(await askedOf(ctx, taskId)).toContain("the plan");
});

test("a long result is read only up to its limit, and a text without room for results is refused", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  await queue.dispatch();
  await play(ctx, first, { says: [{ text: "🙂".repeat(100_000) }] });
  const next = await queue.add(after([first]));
  const full = await queue.add(after([first], { payload: { text: "y".repeat(1_048_576 - 200) } }));
  await queue.dispatch();
  expect(await askedOf(ctx, next)).toContain(
    `\n${"🙂".repeat(16_384)}\n\`\`\`\nThis is cut: its first 16384 of 100000`,
  );
  const [item] = (await listDependencyResults(ctx, { taskId: next })).items;
  expect([item?.text, item?.length]).toEqual(["🙂".repeat(16_384), 100_000]);
  expect(await getTask(ctx, { taskId: full })).toMatchObject({
    ...{ state: "failed", deadLetter: "refused" },
    failureMessage: expect.stringContaining("what it is told of the tasks that it comes after"),
  });
});

test("the wish for results is part of the idempotency content, and its default is not", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  const task = { title: "t", backendProfile: "demo", payload: { text: "do" }, dependsOn: [{ taskId: first }] };
  const plain = await createTask(ctx, { ...task, idempotencyKey: "k" });
  expect((await createTask(ctx, { ...task, idempotencyKey: "k", dependencyResults: "none" })).id).toBe(plain.id);
  await expect(createTask(ctx, { ...task, idempotencyKey: "k", dependencyResults: "append" })).rejects.toMatchObject({
    reason: "idempotency-conflict",
  });
  await expect(queue.add({ dependencyResults: "append" })).rejects.toMatchObject({
    ...{ reason: "invalid-input", message: expect.stringContaining("dependsOn") },
  });
});
