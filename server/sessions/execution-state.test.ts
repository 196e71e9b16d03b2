import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { ackCommand, cancelCommand, createCommand, finishCommand } from "@/server/commands";
import { cancelRun, claimRun, createRun, finishRun } from "@/server/runs";
import { type TestContext, testContext } from "@/server/test/context";
import { getSession } from ".";

const sessionId = "ses_state";

async function makeWork(ctx: TestContext): Promise<{ runId: string; turnId: string }> {
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  return { runId, turnId: await order(ctx, runId) };
}

async function order(ctx: TestContext, runId: string, type: "turn" | "steer" = "turn"): Promise<string> {
  return (await createCommand(ctx, { runId, type, payload: { text: "go" } })).id;
}

/** Claims a run and sends its turn to the agent. */
async function begin(ctx: TestContext, work: { runId: string; turnId: string }): Promise<{ leaseEpoch: number }> {
  const { leaseEpoch } = await claimRun(ctx, { runId: work.runId, runnerId: `runner-of-${work.runId}` });
  await ackCommand(ctx, { commandId: work.turnId, leaseEpoch });
  return { leaseEpoch };
}

test("a steer after the turn's end keeps the session's state from that turn", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const work = await makeWork(ctx);
  const { leaseEpoch } = await begin(ctx, work);
  await finishCommand(ctx, { commandId: work.turnId, leaseEpoch, terminalStatus: "completed" });
  const steerId = await order(ctx, work.runId, "steer");
  await finishCommand(ctx, { commandId: steerId, leaseEpoch, terminalStatus: "failed", failureKind: "schema-invalid" });
  const ended = { executionState: "terminal", terminalStatus: "completed", failureKind: null };
  expect(await getSession(ctx, { sessionId })).toMatchObject(ended);
  await finishRun(ctx, { runId: work.runId, leaseEpoch, terminalStatus: "completed" });
  expect(await getSession(ctx, { sessionId })).toMatchObject({ ...ended, activeRunId: null });
});

test("a steer without any turn leaves its session idle when it ends", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const commandId = await order(ctx, runId, "steer");
  expect((await getSession(ctx, { sessionId })).executionState).toBe("running");
  await cancelCommand(ctx, { commandId });
  expect(await getSession(ctx, { sessionId })).toMatchObject({ executionState: "idle", terminalStatus: null });
});

test("a steer's end keeps the session running while a turn runs", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const work = await makeWork(ctx);
  const { leaseEpoch } = await begin(ctx, work);
  const steerId = await order(ctx, work.runId, "steer");
  await finishCommand(ctx, { commandId: steerId, leaseEpoch, terminalStatus: "completed" });
  expect(await getSession(ctx, { sessionId })).toMatchObject({
    executionState: "running",
    activeRunId: work.runId,
    activeCommandId: work.turnId,
  });
});

test("cancelling a waiting turn keeps the running turn active in the session", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const work = await makeWork(ctx);
  await begin(ctx, work);
  await cancelCommand(ctx, { commandId: await order(ctx, work.runId) });
  expect(await getSession(ctx, { sessionId })).toMatchObject({
    executionState: "running",
    terminalStatus: null,
    activeRunId: work.runId,
    activeCommandId: work.turnId,
  });
});

test("cancelling a waiting run keeps the other run's turn active in the session", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const work = await makeWork(ctx);
  await begin(ctx, work);
  const waiting = await makeWork(ctx);
  await cancelRun(ctx, { runId: waiting.runId });
  expect(await getSession(ctx, { sessionId })).toMatchObject({
    executionState: "running",
    terminalStatus: null,
    activeRunId: work.runId,
    activeCommandId: work.turnId,
  });
});

test("cancelling a waiting run keeps the leased run active, also while it is idle", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const work = await makeWork(ctx);
  const { leaseEpoch } = await begin(ctx, work);
  await finishCommand(ctx, { commandId: work.turnId, leaseEpoch, terminalStatus: "completed" });
  const waiting = await makeWork(ctx);
  await cancelRun(ctx, { runId: waiting.runId });
  expect(await getSession(ctx, { sessionId })).toMatchObject({
    executionState: "terminal",
    terminalStatus: "cancelled",
    activeRunId: work.runId,
    activeCommandId: null,
  });
});

test("when a run fails, the session's next waiting run and its turn become active", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const failing = await makeWork(ctx);
  const waiting = await makeWork(ctx);
  const { leaseEpoch } = await begin(ctx, failing);
  const failure = { terminalStatus: "failed", failureKind: "backend-failed" } as const;
  await finishRun(ctx, { runId: failing.runId, leaseEpoch, ...failure });
  const running = {
    executionState: "running",
    terminalStatus: null,
    failureKind: null,
    activeRunId: waiting.runId,
    activeCommandId: waiting.turnId,
  };
  expect(await getSession(ctx, { sessionId })).toMatchObject(running);
  const next = await begin(ctx, waiting);
  expect(await getSession(ctx, { sessionId })).toMatchObject(running);
  await finishCommand(ctx, { commandId: waiting.turnId, ...next, terminalStatus: "completed" });
  expect(await getSession(ctx, { sessionId })).toMatchObject({
    executionState: "terminal",
    terminalStatus: "completed",
    activeCommandId: null,
  });
});
