import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { testContext } from "@/server/test/context";
import { inTx } from "./context";
import { toAgentRunError } from "./errors";
import { cancelRun } from "./runs";

const BUSY = { failureKind: "infra-failed", reason: "database-busy" };

test("a lock timeout becomes a retryable error", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  const holder = await ctx.pool.connect();
  await holder.query("begin");
  await holder.query("select 1 from agentrun_runs where id = $1 for update", [run.id]);
  const impatient = inTx(ctx, async (ctx) => {
    await ctx.db.execute("set local lock_timeout = 10");
    return cancelRun(ctx, { runId: run.id });
  });
  const refused = await impatient.catch(toAgentRunError);
  await holder.query("rollback");
  holder.release();
  expect(refused).toMatchObject(BUSY);
  expect(await cancelRun(ctx, { runId: run.id })).toMatchObject({ status: "cancelled" });
});

test("a statement or transaction timeout becomes a retryable error", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const slow = ctx.pool.query("set local statement_timeout = 10; select pg_sleep(1)");
  expect(await slow.catch(toAgentRunError)).toMatchObject(BUSY);

  const idle = await ctx.pool.connect();
  const ended = new Promise((resolve) => idle.once("error", resolve));
  await idle.query("begin; set local idle_in_transaction_session_timeout = 10");
  expect(toAgentRunError(await ended)).toMatchObject(BUSY);
  expect(toAgentRunError(await idle.query("select 1").catch((error: unknown) => error))).toMatchObject({
    failureKind: "infra-failed",
    reason: "database-down",
  });
  idle.release(true);
});

test("a missing file is not reported as a missing database", async () => {
  const missing = await readFile("/nowhere/agentrun").catch((error: unknown) => error);
  expect(toAgentRunError(missing)).toMatchObject({ failureKind: "infra-failed", reason: "unexpected" });
});
