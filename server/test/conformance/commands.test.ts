import { expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();

test("a turn sets its session running, last and active, clears the last outcome, and sets a title", async () => {
  const { run, sessionId } = await program().sessionRun();
  const { leaseEpoch } = await program().claim(run.id, "r1");
  const first = await program().turn(run.id, "  Mend the roof\nand the door");
  await program().post(`/commands/${first.id}/finish`, {
    leaseEpoch,
    terminalStatus: "failed",
    failureKind: "backend-failed",
  });
  const ended = await program().get(`/sessions/${sessionId}`);
  expect(ended).toMatchObject({
    executionState: "terminal",
    terminalStatus: "failed",
    failureKind: "backend-failed",
    activeCommandId: null,
    lastCommandId: first.id,
  });
  const second = await program().turn(run.id, "Again");
  const session = await program().get(`/sessions/${sessionId}`);
  expect(session).toMatchObject({
    executionState: "running",
    terminalStatus: null,
    failureKind: null,
    title: "Mend the roof",
    lastRunId: run.id,
    activeRunId: run.id,
    lastCommandId: second.id,
    activeCommandId: second.id,
  });
  expect(session.version).toBeGreaterThan(ended.version);
});

test("a blank turn sets no title, and the next one does", async () => {
  const { run, sessionId } = await program().sessionRun();
  await program().turn(run.id, " \n ");
  expect((await program().get(`/sessions/${sessionId}`)).title).toBeNull();
  await program().turn(run.id, "Words");
  expect((await program().get(`/sessions/${sessionId}`)).title).toBe("Words");
});

test("a steer sets its session running and last, and keeps the active command", async () => {
  const { run, sessionId } = await program().sessionRun();
  const turn = await program().turn(run.id);
  const steer = await program().post(`/runs/${run.id}/commands`, { type: "steer", payload: { text: "left" } });
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject({
    executionState: "running",
    lastRunId: run.id,
    activeRunId: run.id,
    lastCommandId: steer.id,
    activeCommandId: turn.id,
  });
});

test("accepts a steer or interrupt without a turn, which its runner may end as no-active-turn", async () => {
  const run = await program().run();
  const { leaseEpoch, runnerToken } = await program().claim(run.id, "r1");
  const steer = await program().post(`/runs/${run.id}/commands`, { type: "steer", payload: { text: "left" } });
  const interrupt = await program().post(`/runs/${run.id}/commands`, { type: "interrupt", payload: {} });
  expect([steer.state, interrupt.state]).toEqual(["pending", "pending"]);
  expect([steer.seq, interrupt.seq]).toEqual([1, 2]);
  const end = { leaseEpoch, terminalStatus: "failed", failureMessage: "no-active-turn" };
  expect(await program().post(`/commands/${steer.id}/finish`, end, runnerToken)).toMatchObject({ state: "failed" });
});

test("idempotency: same key, type and payload return the first record; other content gets 409", async () => {
  const run = await program().run();
  const key = uniqueName("key");
  const body = { type: "turn", payload: { text: "a", more: { x: 1, y: [2] } }, idempotencyKey: key };
  const first = await program().post(`/runs/${run.id}/commands`, body);
  const reordered = { idempotencyKey: key, payload: { more: { y: [2], x: 1 }, text: "a" }, type: "turn" };
  expect(await program().post(`/runs/${run.id}/commands`, reordered)).toEqual(first);
  for (const other of [{ payload: { text: "b" } }, { type: "steer" }]) {
    const error = await program().refused(409, "POST", `/runs/${run.id}/commands`, { ...body, ...other });
    expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "idempotency-conflict" });
  }
  const another = await program().run();
  expect((await program().post(`/runs/${another.id}/commands`, body)).id).not.toBe(first.id);
  expect((await program().get(`/runs/${run.id}/commands`)).items).toHaveLength(1);
});

test("a key is known after its run's end, so a repeated request gets its first answer", async () => {
  const run = await program().run();
  const body = { type: "turn", payload: { text: "a" }, idempotencyKey: uniqueName("key") };
  const first = await program().post(`/runs/${run.id}/commands`, body);
  await program().post(`/runs/${run.id}/cancel`, {});
  expect((await program().post(`/runs/${run.id}/commands`, body)).id).toBe(first.id);
});

test("thirty-two concurrent callers with one key make one command", async () => {
  const run = await program().run();
  const body = { type: "turn", payload: { text: "a" }, idempotencyKey: uniqueName("key") };
  const made = await Promise.all(Array.from({ length: 32 }, () => program().post(`/runs/${run.id}/commands`, body)));
  expect(new Set(made.map((command) => command.id)).size).toBe(1);
});

test("an ended run refuses commands: 409 with its failureKind, else cancelled, else schema-invalid", async () => {
  const create = { type: "turn", payload: { text: "x" } };
  const ended = async (end: Record<string, unknown>) => {
    const run = await program().run();
    await program().post(`/runs/${run.id}/finish`, end);
    return program().refused(409, "POST", `/runs/${run.id}/commands`, create);
  };
  const failed = await ended({ terminalStatus: "failed", failureKind: "storage-full" });
  expect(failed).toMatchObject({ failureKind: "storage-full", reason: "already-terminal" });
  expect(await ended({ terminalStatus: "cancelled" })).toMatchObject({ failureKind: "cancelled" });
  expect(await ended({ terminalStatus: "completed" })).toMatchObject({ failureKind: "schema-invalid" });
});

test("lists commands after a seq, at most 100 per page", async () => {
  const run = await program().run();
  for (let index = 0; index < 103; index += 1)
    await program().post(`/runs/${run.id}/commands`, { type: "interrupt", payload: { index } });
  const page = await program().get(`/runs/${run.id}/commands?limit=100000`);
  expect(page.items.map((command: Json) => command.seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  expect(page.cursor).not.toBeNull();
  const rest = await program().get(`/runs/${run.id}/commands?afterSeq=100`);
  expect(rest.items.map((command: Json) => command.seq)).toEqual([101, 102, 103]);
  expect(rest.cursor).toBeNull();
  expect((await program().get(`/runs/${run.id}/commands`)).items).toHaveLength(50);
});

test("ack is idempotent, and a finish is final", async () => {
  const { run } = await program().sessionRun();
  const command = await program().turn(run.id);
  const { leaseEpoch, runnerToken } = await program().claim(run.id, "r1");
  const acked = await program().post(`/commands/${command.id}/ack`, { leaseEpoch }, runnerToken);
  expect(acked).toMatchObject({ state: "acknowledged" });
  expect(acked.acknowledgedAt).not.toBeNull();
  expect(await program().post(`/commands/${command.id}/ack`, { leaseEpoch }, runnerToken)).toEqual(acked);
  const done = { leaseEpoch, terminalStatus: "completed" };
  const first = await program().post(`/commands/${command.id}/finish`, done, runnerToken);
  expect(first.state).toBe("completed");
  const failed = { leaseEpoch, terminalStatus: "failed", failureKind: "timeout" };
  expect(await program().post(`/commands/${command.id}/finish`, failed, runnerToken)).toEqual(first);
  const error = await program().refused(409, "POST", `/commands/${command.id}/ack`, { leaseEpoch }, runnerToken);
  expect(error.reason).toBe("already-terminal");
});

test("stores a turn's output redacted with its command, and the first finish is final", async () => {
  const { run } = await program().sessionRun();
  const outputSchema = { type: "object", properties: { n: { type: "integer" } } };
  const order = (type: string, payload: Json) => program().post(`/runs/${run.id}/commands`, { type, payload });
  const turn = await order("turn", { text: "count", outputSchema });
  expect(turn).toMatchObject({ payload: { outputSchema }, output: null });
  const plain = await order("turn", { text: "talk" });
  const { leaseEpoch, runnerToken } = await program().claim(run.id, "r1");
  const finish = (id: string, more: Json) =>
    program().post(`/commands/${id}/finish`, { leaseEpoch, terminalStatus: "completed", ...more }, runnerToken);
  const refuse = (id: string, more: Json) => {
    const body = { leaseEpoch, terminalStatus: "completed", ...more };
    return program().refused(400, "POST", `/commands/${id}/finish`, body, runnerToken);
  };
  await refuse(turn.id, { output: [1] });
  await refuse(turn.id, { output: { text: "x".repeat(1_048_576) } });
  await refuse(turn.id, { output: { n: 1 }, terminalStatus: "failed" });
  await refuse(plain.id, { output: { n: 1 } });
  const key = `sk-${"a".repeat(24)}`;
  const output = { n: 1, said: `the key is ${key}`, odd: "a\u0000b" };
  const first = await finish(turn.id, { output });
  expect(first.output).toEqual({ n: 1, said: "the key is [redacted]", odd: "a\ufffdb" });
  expect(await finish(turn.id, { output: { n: 2 } })).toEqual(first);
  expect(await program().get(`/commands/${turn.id}`)).toEqual(first);
  expect((await program().get(`/runs/${run.id}/commands`)).items[0]).toEqual(first);
  expect(JSON.stringify(await program().events(run.id))).not.toContain('"odd"');
  // A runner of the previous release does not know schemas.
  const old = await order("turn", { text: "count", outputSchema });
  expect((await finish(old.id, {})).output).toBeNull();
});

test("the end of a turn stores thread and turn for the next attempt", async () => {
  const { run, sessionId } = await program().sessionRun();
  const command = await program().turn(run.id);
  const { leaseEpoch } = await program().claim(run.id, "r1");
  const end = { leaseEpoch, terminalStatus: "completed", threadId: "thr-1", turnId: "turn-1" };
  await program().post(`/commands/${command.id}/finish`, end);
  const session = await program().get(`/sessions/${sessionId}`);
  expect(session).toMatchObject({ threadId: "thr-1", metadata: { lastTurnId: "turn-1" }, executionState: "terminal" });
  expect((await program().get(`/runs/${run.id}`)).sessionRef).toMatchObject({
    threadId: "thr-1",
    metadata: { lastTurnId: "turn-1" },
  });
  const { seq } = (await program().events(run.id)).at(-1);
  expect(session.lastEventSeq).toBe(seq);
});

test("cancels a pending command at once, and records the request for an acknowledged one", async () => {
  const { run } = await program().sessionRun();
  const waiting = await program().turn(run.id);
  const cancelled = await program().post(`/commands/${waiting.id}/cancel`, { reason: "not now" });
  expect(cancelled).toMatchObject({ state: "cancelled", failureKind: "cancelled", failureMessage: "not now" });
  expect(await program().post(`/commands/${waiting.id}/cancel`)).toEqual(cancelled);
  const { leaseEpoch } = await program().claim(run.id, "r1");
  const sent = await program().turn(run.id);
  await program().post(`/commands/${sent.id}/ack`, { leaseEpoch });
  const requested = await program().post(`/commands/${sent.id}/cancel`);
  expect(requested.state).toBe("acknowledged");
  expect(requested.cancelRequestedAt).not.toBeNull();
  const beat = await program().post(`/runs/${run.id}/heartbeat`, { runnerId: "r1", leaseEpoch });
  expect(beat.cancelledCommandIds).toEqual([sent.id]);
});

test("validates each type's payload, and keeps additional fields", async () => {
  const run = await program().run();
  const refuse = (type: string, payload: unknown) =>
    program().refused(400, "POST", `/runs/${run.id}/commands`, { type, payload });
  for (const [type, payload] of [
    ["turn", {}],
    ["turn", { text: 7 }],
    ["steer", { text: "" }],
    ["approve", { decision: "accept" }],
    ["approve", { approvalId: "apr_1", decision: "perhaps" }],
    ["dance", {}],
    ["turn", { text: "x", outputSchema: { type: "string" } }],
    ["turn", { text: "x", outputSchema: null }],
    ["steer", { text: "x", outputSchema: { type: "object" } }],
    ["turn", null],
    ["turn", []],
    ["turn", "text"],
  ] as const) {
    expect(await refuse(type, payload), `${type} ${JSON.stringify(payload)}`).toMatchObject({
      failureKind: "schema-invalid",
      reason: "invalid-input",
    });
  }
  const payload = { text: "x", images: [{ url: "u" }], nested: { deep: { er: [1, 2, null] } } };
  expect((await program().post(`/runs/${run.id}/commands`, { type: "turn", payload })).payload).toEqual(payload);
  expect(await program().refused(404, "POST", `/runs/run_nobody/commands`, { type: "turn", payload })).toMatchObject({
    failureKind: "schema-invalid",
    reason: "not-found",
  });
});
