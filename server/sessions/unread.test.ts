import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { ackCommand, createCommand, finishCommand } from "@/server/commands";
import { claimRun, createRun, finishRun, releaseRun } from "@/server/runs";
import { type TestContext, testContext } from "@/server/test/context";
import { getSession, markSessionRead } from ".";

const sessionId = "ses_read";
const readerId = "ann";

/** Makes a run whose turn has ended and been read, and which waits for another. */
async function makeIdleRun(ctx: TestContext): Promise<{ runId: string; leaseEpoch: number }> {
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const { id: commandId } = await createCommand(ctx, { runId, type: "turn", payload: { text: "go" } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_read" });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed", threadId: "thread" });
  await markSessionRead(ctx, { sessionId, readerId });
  return { runId, leaseEpoch };
}

async function isUnread(ctx: TestContext, reader = readerId): Promise<boolean> {
  return (await getSession(ctx, { sessionId, readerId: reader })).unread;
}

test("a read session stays read when its idle run ends, although its version rises", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const held = await makeIdleRun(ctx);
  const before = await getSession(ctx, { sessionId });
  expect(before.activeRunId).toBe(held.runId);
  await finishRun(ctx, { ...held, terminalStatus: "completed", threadId: "thread" });
  const after = await getSession(ctx, { sessionId });
  expect(after.activeRunId).toBeNull();
  expect(after.version).toBeGreaterThan(before.version);
  expect(await isUnread(ctx)).toBe(false);
  expect(await isUnread(ctx, "bob")).toBe(true);
});

test("a read session stays read when its idle run's runner releases the lease", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { executor: "local" } });
  const run = await releaseRun(ctx, await makeIdleRun(ctx));
  expect(run.status).toBe("completed");
  expect(await isUnread(ctx)).toBe(false);
});

test("a session stays unread when its run ends before its reader saw the turn's end", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const held = await makeIdleRun(ctx);
  const { id: commandId } = await createCommand(ctx, { runId: held.runId, type: "turn", payload: { text: "more" } });
  await markSessionRead(ctx, { sessionId, readerId });
  await finishCommand(ctx, { commandId, leaseEpoch: held.leaseEpoch, terminalStatus: "completed" });
  await finishRun(ctx, { ...held, terminalStatus: "completed" });
  expect(await isUnread(ctx)).toBe(true);
});

test("a failing run makes its session unread", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const held = await makeIdleRun(ctx);
  await finishRun(ctx, { ...held, terminalStatus: "failed", failureKind: "backend-failed" });
  expect(await isUnread(ctx)).toBe(true);
});
