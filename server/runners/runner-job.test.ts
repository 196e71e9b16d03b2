import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { createCommand } from "@/server/commands";
import { createRun } from "@/server/runs";
import { tenantOperator, testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { getRunnerJob, launchRunnerJob } from ".";

test("finds a runner job by its attempt's id, also once ended, through an index", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
  await createCommand(ctx, { runId, type: "turn", payload: { text: "go" } });
  const { id } = await launchRunnerJob(ctx, { runId });
  await ctx.db.execute(sql`
    insert into agentrun_runner_jobs
    select (jsonb_populate_record(job, jsonb_build_object(
      'id', 'rjob_0' || lpad(to_hex(n), 31, '0'), 'attempt_id', 'att_0' || lpad(to_hex(n), 31, '0')))).*
    from agentrun_runner_jobs job, generate_series(1, 5000) n`);
  await ctx.db.execute(sql`update agentrun_runner_jobs set state = 'ended'`);
  await ctx.db.execute(sql`analyze agentrun_runner_jobs`);
  const job = await getRunnerJob(ctx, { runnerJobId: id });
  const byAttempt = () => getRunnerJob(ctx, { runnerJobId: job.attemptId });
  expect(await byAttempt()).toEqual(job);
  expect(await rowsRead(ctx, "agentrun_runner_jobs", byAttempt)).toBeLessThan(50);
  for (const runnerJobId of ["att_nobody", `att_${"f".repeat(32)}`, "rjob_nobody"])
    await expect(getRunnerJob(ctx, { runnerJobId })).rejects.toMatchObject({ reason: "not-found" });
  const other = getRunnerJob(ctx.as(tenantOperator("other")), { runnerJobId: job.attemptId });
  await expect(other).rejects.toMatchObject({ reason: "not-found" });
});

test("a manual launch after the launcher's own returns its job, which keeps the caller's key", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { executor: "local" } });
  const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
  const turn = { runId, type: "turn" as const, payload: { text: "go" } };
  const { id: commandId } = await createCommand(ctx, turn);
  const { id: later } = await createCommand(ctx, turn);
  const own = await launchRunnerJob(ctx, { runId });
  expect(own).toMatchObject({ idempotencyKey: null, commandId });
  expect(await launchRunnerJob(ctx, { runId })).toEqual(own);
  await expect(launchRunnerJob(ctx, { runId, commandId: later })).rejects.toMatchObject({ reason: "lease-held" });
  const asked = await Promise.all([1, 2].map(() => launchRunnerJob(ctx, { runId, idempotencyKey: "k" })));
  expect(asked).toMatchObject([
    { id: own.id, idempotencyKey: "k" },
    { id: own.id, idempotencyKey: "k" },
  ]);
  const same = { runId, idempotencyKey: "k", commandId: later };
  await expect(launchRunnerJob(ctx, same)).rejects.toMatchObject({ reason: "idempotency-conflict" });
  // One caller's launch does not answer another's request.
  for (const input of [{ runId }, { runId, idempotencyKey: "l" }])
    await expect(launchRunnerJob(ctx, input)).rejects.toMatchObject({ reason: "lease-held" });
});
