import { eq, sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import { BackendsFile } from "@/contract/backend";
import type { Db } from "@/db/client";
import { storeModelCalls } from "@/db/queries/usage/store-model-calls";
import { runs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeModelCall, makeRun } from "@/db/test/factories";
import { decideApproval, requestApproval } from "@/server/approvals";
import { ackCommand, finishCommand, listCommands } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { createTestQueue } from "@/server/dispatcher/test/queue";
import { appendEvents } from "@/server/events";
import { cancelTask, getTask } from "@/server/queue";
import { cancelRun, claimRun, createRun, finishRun } from "@/server/runs";
import { runnerActor, testContext } from "@/server/test/context";
import { rootOf, spanIdOf } from "./ids";
import { attributesOf, startCollector } from "./test/collector";
import { exporterTo } from "./test/exporters";
import type { SentSpan } from "./test/otlp";
import { SPANS_PER_RUN_MAX } from "./whole-run";

/** A text that only those who may read it are shown. */
const SECRET = "hunter2";
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const idOf = (span: SentSpan | undefined) => span?.spanId ?? "none";
/** Returns what is wrong with a trace of which all spans are there. */
function faultsOf(spans: readonly SentSpan[], outside: readonly string[] = []): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const faults = byId.size === spans.length ? [] : ["two spans have one id"];
  if (new Set(spans.map(({ traceId }) => traceId)).size > 1) faults.push("there are two traces");
  for (const { name, parentSpanId, startTimeUnixNano, endTimeUnixNano } of spans) {
    if (BigInt(endTimeUnixNano) < BigInt(startTimeUnixNano)) faults.push(`${name} ends before it begins`);
    if (parentSpanId === undefined || outside.includes(parentSpanId)) continue;
    const parent = byId.get(parentSpanId);
    if (parent === undefined) faults.push(`${name} is a part of what is not there`);
    // A task ends with its turn, while its run may stay idle for longer.
    else if (BigInt(startTimeUnixNano) < BigInt(parent.startTimeUnixNano)) faults.push(`${name} begins too early`);
    else if (name !== "run" && BigInt(endTimeUnixNano) > BigInt(parent.endTimeUnixNano))
      faults.push(`${name} ends too late`);
  }
  return faults;
}

/**
 * Plays a task's run, in which the agent runs a command, uses a tool, changes a file, asks a person and calls its
 * model.
 */
async function playAll(ctx: ServiceContext, taskId: string) {
  const runId = (await getTask(ctx, { taskId })).runId ?? "";
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  const [turn] = (await listCommands(ctx, { runId, afterSeq: 0, limit: 1 })).items;
  if (turn === undefined) throw new Error("the run has no turn");
  await ackCommand(ctx, { commandId: turn.id, leaseEpoch });
  const tell = (...events: [string, object][]) =>
    appendEvents(
      { ...ctx, actor: runnerActor(runId, leaseEpoch) },
      {
        ...{ runId, leaseEpoch },
        events: events.map(([type, payload]) => ({ type, payload })) as never,
      },
    );
  await tell(
    ["backend_status", { phase: "turn-started", commandId: turn.id, turnId: "t1" }],
    ["user_message", { text: SECRET }],
    ["command_execution", { itemId: "c1", command: `bash -lc 'curl -u me:${SECRET} x'`, status: "inProgress" }],
    ["command_output", { itemId: "c1", text: SECRET }],
    [
      "command_execution",
      { itemId: "c1", command: `bash -lc 'curl -u me:${SECRET} x'`, status: "failed", exitCode: 1 },
    ],
    ["command_execution", { itemId: "c2", command: `TOKEN=${SECRET} make`, status: "completed", durationMs: 1 }],
    ["tool_call", { itemId: "m1", tool: "search", arguments: { q: SECRET } }],
    ["tool_output", { itemId: "m1", text: SECRET }],
    [
      "file_change",
      { itemId: "f1", changes: [{ path: `${SECRET}.txt`, kind: "add", diff: SECRET }], status: "completed" },
    ],
  );
  const runner: ServiceContext = { ...ctx, actor: runnerActor(runId, leaseEpoch) };
  const { approvalId } = await requestApproval(runner, {
    ...{ runId, leaseEpoch, requestKey: "k", kind: "command", command: `rm ${SECRET}`, reason: SECRET },
  });
  await decideApproval(ctx, { approvalId, decision: "accept" });
  await tell(["assistant_message", { text: SECRET }]);
  const [run] = await (ctx.db as Db).select().from(runs).where(eq(runs.id, runId));
  if (run === undefined) throw new Error("the run is gone");
  const startedAt = new Date();
  await storeModelCalls(ctx.pool, [
    makeModelCall(run, { model: "gpt-5", startedAt, durationMs: 0 }),
    makeModelCall(run, {
      model: "gpt-5",
      startedAt,
      durationMs: 0,
      outcome: "failed",
      reason: "cut",
      failureKind: "backend-failed",
    }),
    makeModelCall(run, {
      model: "gpt-5",
      startedAt,
      durationMs: 0,
      outcome: "aborted",
      reason: "agent-gone",
      inputTokens: null,
    }),
  ]);
  await finishCommand(ctx, { commandId: turn.id, leaseEpoch, terminalStatus: "completed" });
  await finishRun(ctx, { runId, runnerId: "runner_a", leaseEpoch, terminalStatus: "completed" });
  return { runId, sessionId: run.sessionId, call: startedAt };
}

test("a trace has a task, run, attempt and turn with its agent's actions, approvals and calls, and no content", async () => {
  await using queue = await createTestQueue();
  await using collector = await startCollector();
  const backends = BackendsFile.parse({ demo: { model: "gpt-5", baseUrl: "https://api.openai.com/v1" } });
  const ctx = { ...queue.ctx, settings: { ...queue.ctx.settings, backends } };
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const taskId = await queue.add({
    title: SECRET,
    payload: { text: SECRET },
    metadata: { note: SECRET },
    queue: "q",
    lane: "l",
  });
  await queue.dispatch();
  const { runId, sessionId } = await playAll(ctx, taskId);
  await vi.waitFor(async () => {
    await exporter.pass();
    expect(collector.spans().map(({ name }) => name)).toEqual(expect.arrayContaining(["task", "run"]));
  });

  expect(collector.faults).toEqual([]);
  const spans = collector.spans();
  expect(faultsOf(spans)).toEqual([]);
  const named = (name: string) => spans.filter((span) => span.name === name);
  const [task, run, attempt, turn] = ["task", "run", "attempt", "turn"].map((name) => named(name)[0]);
  expect([task?.parentSpanId, run?.parentSpanId, attempt?.parentSpanId, turn?.parentSpanId]).toEqual([
    ...[undefined, idOf(task), idOf(run), idOf(attempt)],
  ]);
  expect([task?.traceId, task?.spanId]).toEqual([rootOf(taskId, null).traceId, spanIdOf("task", taskId)]);
  const ofTurn = spans.filter(({ parentSpanId }) => parentSpanId === idOf(turn));
  expect(ofTurn.map(({ name, kind }) => `${name} ${kind}`).sort()).toEqual([
    ...["approval 1", "chat gpt-5 3", "chat gpt-5 3", "chat gpt-5 3", "command 1", "command 1"],
    ...["execute_tool search 1", "files 1"],
  ]);
  expect(attributesOf(task ?? { attributes: [] })).toMatchObject({
    ...{ "agentrun.task": taskId, "agentrun.task.queue": "q", "agentrun.task.lane": "l" },
    ...{ "agentrun.task.state": "completed", "agentrun.task.attempts": 1, "agentrun.task.wait_ms": expect.any(Number) },
  });
  expect(attributesOf(run ?? { attributes: [] })).toMatchObject({
    ...{ "agentrun.run": runId, "agentrun.session": sessionId, "gen_ai.conversation.id": sessionId },
    ...{ "agentrun.tenant": "default", "agentrun.task.attempt": 1, "agentrun.profile": "demo" },
    ...{ "agentrun.run.status": "completed", "agentrun.run.person_ms": expect.any(Number) },
  });
  const calls = named("chat gpt-5");
  expect(attributesOf(calls.find(({ status }) => status === undefined) ?? { attributes: [] })).toMatchObject({
    ...{ "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5", "gen_ai.provider.name": "openai" },
    ...{ "gen_ai.conversation.id": sessionId, "gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10 },
  });
  // A call that the agent abandoned is no error, and uncounted tokens are not zero.
  expect(calls.map(({ status }) => status)).toEqual(expect.arrayContaining([undefined, { code: 2, message: "cut" }]));
  expect(calls.filter(({ status }) => status).length).toBe(1);
  expect(calls.filter((call) => !("gen_ai.usage.input_tokens" in attributesOf(call))).length).toBe(1);
  const programs = named("command").map((span) => [attributesOf(span)["process.executable.name"], span.status?.code]);
  expect(programs).toEqual(
    expect.arrayContaining([
      ["curl", 2],
      [undefined, undefined],
    ]),
  );
  expect(JSON.stringify(collector.received.map(({ request }) => request))).not.toContain(SECRET);
});

test("a run that lost its runner and failed has error spans, and a cancelled one has none", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const db = ctx.db as Db;
  const failed = await makeRun(db, {
    ...{ status: "claimed", createdAt: new Date("2026-11-01T00:00:00.000Z"), lastEventSeq: 7 },
  });
  await addEvents(ctx, failed.id, [
    { phase: "run-claimed", runnerId: "a" },
    { phase: "turn-started", turnId: "t1" },
    { phase: "lease-expired" },
    { phase: "run-claimed", runnerId: "b" },
    { phase: "turn-started", turnId: "t2" },
    { phase: "turn-completed", status: "failed", turnId: "t2" },
  ]);
  await ctx.db.execute(sql`
    insert into agentrun_events (id, run_id, seq, type, payload, created_at) values (${`${failed.id}_end`},
      ${failed.id}, 7, 'terminal_status', '{"terminalStatus": "failed"}', '2026-11-01T00:10:00.123Z')`);
  await storeModelCalls(ctx.pool, [
    makeModelCall(failed, { startedAt: new Date("2026-11-01T00:00:02.500Z"), durationMs: 100 }),
    makeModelCall(failed, { startedAt: new Date("2026-11-01T00:00:05.500Z"), durationMs: 100 }),
    // Belongs to no turn: it comes minutes after the last one.
    makeModelCall(failed, { startedAt: new Date("2026-11-01T00:09:00.000Z"), durationMs: 100 }),
  ]);
  await db
    .update(runs)
    .set({
      ...{ status: "failed", terminalStatus: "failed", failureKind: "backend-failed" },
      ...{ failureMessage: `it broke with sk-proj-${"a".repeat(40)} ${"x".repeat(2_000)}` },
    })
    .where(eq(runs.id, failed.id));
  const { id: cancelledId } = await createRun(ctx, { backendProfile: "codex" });
  await cancelRun(ctx, { runId: cancelledId });
  await vi.waitFor(async () => {
    await exporter.pass();
    expect(new Set(collector.spans().map(({ traceId }) => traceId)).size).toBe(2);
  });

  const { traceId } = rootOf(failed.id, null);
  const spans = collector.spans().filter((span) => span.traceId === traceId);
  expect(faultsOf(spans)).toEqual([]);
  const [run] = spans;
  expect(run).toMatchObject({ name: "run", status: { code: 2 } });
  expect(run?.status?.message?.length).toBe(500);
  const nanosOf = (at: string) => `${Date.parse(at)}000000`;
  expect(run?.startTimeUnixNano).toBe(nanosOf("2026-11-01T00:00:00.000Z"));
  expect(run?.endTimeUnixNano).toBe(nanosOf("2026-11-01T00:10:00.123Z"));
  expect(run?.status?.message).not.toContain("sk-proj-a");
  expect(attributesOf(run ?? { attributes: [] })).toMatchObject({ "error.type": "backend-failed" });
  const attempts = spans.filter(({ name }) => name === "attempt");
  expect(attempts.map((span) => [attributesOf(span)["agentrun.attempt"], span.status?.code])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(attempts.map(({ status }) => status?.message)).toEqual(["lost", run?.status?.message]);
  const turns = spans.filter(({ name }) => name === "turn");
  expect(turns.map(({ parentSpanId }) => parentSpanId)).toEqual(attempts.map(idOf));
  const calls = spans.filter(({ name }) => name === "chat m1");
  expect(calls.map(({ parentSpanId }) => parentSpanId)).toEqual([...turns.map(idOf), idOf(attempts[1])]);
  const ofCancelled = collector.spans().filter((span) => span.traceId !== traceId);
  expect(ofCancelled.map(({ name, status }) => [name, status])).toEqual([["run", undefined]]);
});

test("joins a caller's trace given with a task or run, and ignores an invalid one", async () => {
  await using queue = await createTestQueue();
  await using collector = await startCollector();
  const { ctx } = queue;
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const joined = await queue.add({ metadata: { traceparent: TRACEPARENT } });
  const garbage = await queue.add({ metadata: { traceparent: "00-xyz" } });
  const never = await queue.add({});
  await cancelTask(ctx, { taskId: never });
  await queue.dispatch();
  const played = await playAll(ctx, joined);
  await playAll(ctx, garbage);
  const { id: ofCaller } = await createRun(ctx, { backendProfile: "codex", traceSink: { traceparent: TRACEPARENT } });
  await cancelRun(ctx, { runId: ofCaller });
  await vi.waitFor(async () => {
    await exporter.pass();
    expect(collector.spans().filter(({ name }) => name === "task")).toHaveLength(3);
    expect(collector.spans().filter(({ name }) => name === "run")).toHaveLength(3);
  });

  const [, traceId, parentSpanId = ""] = TRACEPARENT.split("-");
  const ofTrace = collector.spans().filter((span) => span.traceId === traceId);
  expect(faultsOf(ofTrace, [parentSpanId])).toEqual([]);
  const roots = ofTrace.filter((span) => span.parentSpanId === parentSpanId);
  expect(roots.map(({ spanId }) => spanId).sort()).toEqual(
    [spanIdOf("task", joined), spanIdOf("run", ofCaller)].sort(),
  );
  expect(ofTrace.find(({ spanId }) => spanId === spanIdOf("run", played.runId))?.parentSpanId).toBe(
    spanIdOf("task", joined),
  );
  for (const taskId of [garbage, never]) {
    const root = collector.spans().find(({ spanId }) => spanId === spanIdOf("task", taskId));
    expect(root).toMatchObject({ traceId: rootOf(taskId, null).traceId });
    expect(root?.parentSpanId).toBeUndefined();
  }
});

test.each([
  [TRACEPARENT, true],
  [TRACEPARENT.replace("-01", "-00"), true],
  [TRACEPARENT.replace("00-", "cc-"), true],
  [`${TRACEPARENT.replace("00-", "cc-")}-more`, true],
  [`${TRACEPARENT}-more`, false],
  [TRACEPARENT.replace("00-", "ff-"), false],
  [TRACEPARENT.toUpperCase(), false],
  [`00-${"0".repeat(32)}-b7ad6b7169203331-01`, false],
  [`00-0af7651916cd43dd8448eb211c80319c-${"0".repeat(16)}-01`, false],
  [` ${TRACEPARENT}`, false],
  [7, false],
  [null, false],
])("accepts the traceparent %s: %s", (traceparent, isTaken) => {
  const root = rootOf("run_1", { traceparent });
  expect(root.traceId === "0af7651916cd43dd8448eb211c80319c").toBe(isTaken);
  expect(root).toEqual(isTaken ? { ...root, parentSpanId: "b7ad6b7169203331" } : rootOf("run_1", null));
});

test("bounds the spans and request sizes of a long run, and counts the rest", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const { id: runId } = await makeRun(ctx.db as Db, {
    ...{ status: "completed", terminalStatus: "completed", lastEventSeq: 40_000 },
    createdAt: new Date("2026-11-01T00:00:00.000Z"),
  });
  // Turns of ten events, with four commands each.
  await ctx.db.execute(sql`
    insert into agentrun_events (id, run_id, seq, type, created_at, payload)
    select ${runId} || n, ${runId}, n, case when n % 10 in (1, 0) then 'backend_status' else 'command_execution' end,
      timestamptz '2026-11-01 00:00:00+00' + n * interval '1 second',
      case when n = 1 then '{"phase": "run-claimed", "runnerId": "r"}'::jsonb
        when n % 10 = 1 then jsonb_build_object('phase', 'turn-started', 'turnId', n)
        when n % 10 = 0 then '{"phase": "turn-completed", "status": "completed"}'::jsonb
        else jsonb_build_object('itemId', n / 2, 'command', 'make ' || n,
          'status', case when n % 2 = 0 then 'inProgress' else 'completed' end) end
    from generate_series(1, 40000) n`);
  await vi.waitFor(async () => {
    await exporter.pass();
    expect(collector.spans().length).toBeGreaterThan(0);
  }, 20_000);
  expect(collector.faults).toEqual([]);
  expect(collector.spans()).toHaveLength(SPANS_PER_RUN_MAX);
  expect(faultsOf(collector.spans())).toEqual([]);
  expect(collector.received.length).toBeGreaterThan(1);
  for (const { bytes } of collector.received) expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  const told = collector.spans().reduce((sum, span) => sum + Number(attributesOf(span)["agentrun.count"] ?? 1), 0);
  const [run] = collector.spans();
  const left = Number(attributesOf(run ?? { attributes: [] })["agentrun.spans_left_out"]);
  expect(left).toBeGreaterThan(1_000);
  // All of them: turns and commands, the run and its attempt.
  expect(told + left).toBe(4_000 + 16_000 + 2);
});

/** Adds events to a run, a second apart. */
async function addEvents(ctx: ServiceContext, runId: string, payloads: object[]): Promise<void> {
  for (const [index, payload] of payloads.entries())
    await ctx.db.execute(sql`
      insert into agentrun_events (id, run_id, seq, type, payload, created_at)
      values (${`${runId}_${index}`}, ${runId}, ${index + 1}, 'backend_status', ${JSON.stringify(payload)}::jsonb,
        timestamptz '2026-11-01 00:00:00+00' + ${index + 1} * interval '1 second')`);
}
