import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { makeCommand, makeRun, makeSession } from "@/db/test/factories";
import { getRun } from "@/server/runs";
import { getSession } from "@/server/sessions";
import { testContext } from "@/server/test/context";
import { ackCommand, cancelCommand, finishCommand, getCommand } from ".";

test("an open v0.1 command in an ended run changes neither the run nor its session", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ended = { terminalStatus: "completed" } as const;
  const { sessionId } = await makeSession(ctx.database.db, { executionState: "terminal", ...ended });
  const { id: runId } = await makeRun(ctx.database.db, { sessionId, status: "completed", ...ended });
  const { id: commandId } = await makeCommand(ctx.database.db, runId);
  const before = [await getRun(ctx, { runId }), await getSession(ctx, { sessionId })];
  const writes = await Promise.allSettled([
    ackCommand(ctx, { commandId }),
    finishCommand(ctx, { commandId, terminalStatus: "failed" }),
    cancelCommand(ctx, { commandId }),
  ]);
  for (const write of writes) {
    expect(write).toMatchObject({ status: "rejected", reason: { reason: "already-terminal" } });
  }
  expect([await getRun(ctx, { runId }), await getSession(ctx, { sessionId })]).toEqual(before);
  expect((await getCommand(ctx, { commandId })).state).toBe("pending");
});
