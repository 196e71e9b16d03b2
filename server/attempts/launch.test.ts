import { readdir } from "node:fs/promises";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { runnerJobs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { UnavailableError } from "@/server/errors";
import { listRunnerJobs } from "@/server/runners";
import { cancelRun, claimRun, getRun } from "@/server/runs";
import { type TestContext, testContext } from "@/server/test/context";
import { runWithTurn, StubExecutor } from "@/server/test/stub-executor";
import { launchPending } from ".";

const SETTINGS = { settings: { executor: "local" as const, launchMaxMs: 60_000 } };
const SILENCE = new UnavailableError("executor-unavailable", "nobody answers", "server");
const FULL = new UnavailableError("executor-unavailable", "exceeded quota: jobs", "request");

/** Makes every waiting job look as if so much time had passed. */
async function later(ctx: TestContext, ms: number): Promise<void> {
  await ctx.pool.query(
    `update agentrun_runner_jobs set result = jsonb_build_object('wait', result->'wait' || jsonb_build_object(
      'since', to_jsonb((result->'wait'->>'since')::timestamptz - $1 * interval '1 millisecond'),
      'nextTryAt', to_jsonb((result->'wait'->>'nextTryAt')::timestamptz - $1 * interval '1 millisecond')))
     where result ? 'wait'`,
    [ms],
  );
}

async function waitOf(ctx: TestContext, runId: string) {
  const { items } = await listRunnerJobs(ctx, { runId, limit: 10 });
  return items[0]?.wait ?? null;
}

async function world(ctx: TestContext) {
  const executor = new StubExecutor();
  return { executor, pass: () => launchPending({ ctx, executor, attemptsMax: 8 }) };
}

test("while the executor is unreachable, one launch probes for all runs and no attempt is counted", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const runs = [];
  for (const name of ["ses_a", "ses_b", "ses_c"]) runs.push((await runWithTurn(ctx, name, { maxAttempts: 1 })).runId);
  executor.failure = SILENCE;

  await pass();
  expect(executor.asked).toBe(1);
  for (const runId of runs) {
    expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 0, nextAttemptAt: null });
    expect(await waitOf(ctx, runId)).toMatchObject({ reason: "unreachable", message: "nobody answers" });
  }
  // Before the next try is due, the executor is not asked, not even for a run that was created meanwhile.
  await runWithTurn(ctx, "ses_d");
  await pass();
  expect(executor.asked).toBe(1);
  for (let tries = 2; tries < 6; tries += 1) {
    await later(ctx, 10_000);
    await pass();
    expect(executor.asked).toBe(tries);
  }

  executor.failure = null;
  await later(ctx, 20_000);
  await pass();
  expect(new Set(executor.launched.map(({ attemptId }) => attemptId)).size).toBe(4);
  const jobs = await ctx.db.select().from(runnerJobs);
  expect(jobs.map(({ state, result }) => ({ state, result }))).toEqual(
    jobs.map(() => ({ state: "running", result: {} })),
  );
});

test("a launch that alone gets no answer delays others only briefly", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const poison = await runWithTurn(ctx, "ses_poison");
  executor.failureOf = (spec) => (spec.runId === poison.runId ? SILENCE : null);
  const { runId } = await runWithTurn(ctx, "ses_behind");
  await pass();
  expect(await waitOf(ctx, runId)).toMatchObject({ reason: "unreachable", tries: 0 });
  await later(ctx, 1_000);
  await pass();
  expect(executor.launched.map((spec) => spec.runId)).toEqual([runId]);
  expect(await waitOf(ctx, poison.runId)).toMatchObject({ reason: "refused", tries: 2 });
  const after = await runWithTurn(ctx, "ses_after");
  await pass();
  expect(executor.launched.map((spec) => spec.runId)).toEqual([runId, after.runId]);
});

test("a refusal that no database stores is noted all the same", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const { runId } = await runWithTurn(ctx, "ses_odd");
  executor.failure = new UnavailableError("executor-unavailable", "no\0answer", "request");
  await pass();
  expect(await waitOf(ctx, runId)).toMatchObject({ message: "no\ufffdanswer" });
});

test("a launch that is refused for now holds up no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const full = await runWithTurn(ctx, "ses_full");
  executor.failure = FULL;
  await pass();
  executor.failure = null;
  const other = await runWithTurn(ctx, "ses_other");
  await pass();
  expect(executor.launched.map(({ runId }) => runId)).toEqual([other.runId]);
  expect(await waitOf(ctx, full.runId)).toMatchObject({ reason: "refused", message: "exceeded quota: jobs", tries: 1 });
});

test("a volume that cannot be created fails its own run and delays no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor } = await world(ctx);
  const broken = await runWithTurn(ctx, "ses_broken", { maxAttempts: 1 });
  const { runId } = await runWithTurn(ctx, "ses_behind");
  const { volumes } = ctx;
  const ensure: typeof volumes.ensure = async (spec) => {
    if (spec.sessionId === "ses_broken") await readdir("/nowhere/agentrun");
    return volumes.ensure(spec);
  };
  await launchPending({
    ctx: { ...ctx, volumes: { ...volumes, ensure, find: async () => null } },
    executor,
    attemptsMax: 8,
  });
  expect(executor.launched.map((spec) => spec.runId)).toEqual([runId]);
  expect(await getRun(ctx, { runId: broken.runId })).toMatchObject({
    status: "failed",
    failureMessage: expect.stringContaining("ENOENT"),
  });
});

test("a launch is retried for its time limit; the run fails once nothing of the launch is left", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const { runId } = await runWithTurn(ctx, "ses_bound", { maxAttempts: 3 });
  executor.failure = SILENCE;
  executor.endAnswer = "unconfirmed";
  await pass();
  await later(ctx, 61_000);
  await pass();
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 0 });
  expect(await waitOf(ctx, runId)).toMatchObject({
    reason: "ending",
    message: expect.stringContaining("nobody answers"),
  });

  executor.endAnswer = "gone";
  await later(ctx, 20_000);
  await pass();
  const run = await getRun(ctx, { runId });
  expect(run).toMatchObject({ status: "failed", failureKind: "infra-failed" });
  expect(run.failureMessage).toMatch(/^No runner could be started: it was tried for \d+ seconds .*: nobody answers$/);
});

test("a launch's time limit begins with its own first try, not with the executor's outage", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const first = await runWithTurn(ctx, "ses_first");
  const second = await runWithTurn(ctx, "ses_second");
  executor.failure = SILENCE;
  await pass();
  await later(ctx, 61_000);
  // Now it is the second run's turn to be tried.
  await pass();
  expect(await waitOf(ctx, second.runId)).toMatchObject({ tries: 1 });
  await later(ctx, 20_000);
  await pass();
  expect(await getRun(ctx, { runId: first.runId })).toMatchObject({ status: "failed" });
  expect(await getRun(ctx, { runId: second.runId })).toMatchObject({ status: "pending" });
  await later(ctx, 61_000);
  await pass();
  expect(await getRun(ctx, { runId: second.runId })).toMatchObject({ status: "failed" });
});

test("a session's next run starts only once nothing is left of a cancelled run's launch", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const first = await runWithTurn(ctx, "ses_one");
  executor.failure = SILENCE;
  await pass();
  await cancelRun(ctx, { runId: first.runId });
  const next = await runWithTurn(ctx, "ses_one");
  executor.failure = null;
  executor.endAnswer = "unconfirmed";
  await later(ctx, 20_000);
  await pass();
  expect(executor.launched).toEqual([]);

  executor.endAnswer = "gone";
  await later(ctx, 20_000);
  await pass();
  await pass();
  expect(executor.launched.map(({ runId }) => runId)).toEqual([next.runId]);
});

test("a launch whose answer was lost is not repeated once its runner has claimed the run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, SETTINGS);
  const { executor, pass } = await world(ctx);
  const { runId } = await runWithTurn(ctx, "ses_lost");
  executor.failure = SILENCE;
  await pass();
  const [job] = await ctx.db.select().from(runnerJobs).where(eq(runnerJobs.runId, runId));
  await claimRun(ctx, { runId, runnerId: job?.runnerId ?? "" });
  await later(ctx, 20_000);
  await pass();
  expect(executor.asked).toBe(1);
  expect(await ctx.db.select().from(runnerJobs)).toMatchObject([{ state: "running" }]);
});
