import { randomUUID } from "node:crypto";
import { eq, inArray } from "drizzle-orm";
import { expect } from "vitest";
import { orphanJobs, runnerJobs, runs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import type { Executor } from "@/server/executors";
import { createKubernetesExecutor } from "@/server/executors/kubernetes";
import type { Job } from "@/server/kubernetes";
import { ATTEMPT, POLICY } from "@/server/test/cluster/attempt";
import { it } from "@/server/test/cluster/controllers";
import { createTestNamespace, type TestNamespace } from "@/server/test/cluster/namespace";
import { type TestContext, testContext } from "@/server/test/context";
import { runWithTurn } from "@/server/test/stub-executor";
import { endAttempt, launchPending, reconcileAttempts } from ".";

/** Fifty rounds would take a minute and a half. */
const ROUNDS = 20;
/** Passes of the worker's loop within a minute. */
const LOOKS_MAX = 3;
const SEED = 20_261_126;

/** Returns a source of numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function openExecutor(place: TestNamespace, ctx: TestContext | null, installationId: string): Executor {
  const executor = createKubernetesExecutor({
    cluster: place.cluster,
    policy: { ...POLICY, serviceAccount: null, installationId },
    onError: () => undefined,
    endDeadlineMs: 20_000,
  });
  if (ctx) executor.onExit(({ attemptId, ...end }) => endAttempt(ctx, attemptId, end));
  return executor;
}

async function jobsOf(executor: Executor): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const page of executor.list()) for (const { attemptId } of page) found.add(attemptId);
  return found;
}

async function findJob(place: TestNamespace, name: string): Promise<Job | null> {
  for await (const page of place.cluster.listJobs("")) {
    const job = page.find(({ metadata }) => metadata?.name === name);
    if (job) return job.metadata?.deletionTimestamp === undefined ? job : null;
  }
  return null;
}

/** In the worker's loop, deleted objects have time to disappear between two passes; the test waits for it here. */
async function untilNoneIsGoing(executor: Executor): Promise<void> {
  const isGoing = async () => {
    for await (const page of executor.list()) if (page.some(({ isEnding }) => isEnding)) return true;
    return false;
  };
  await expect.poll(isGoing, { timeout: 15_000, interval: 50 }).toBe(false);
}

/** Lists what only the database or only the cluster has. */
async function difference(ctx: TestContext, executor: Executor): Promise<string[]> {
  const jobs = await jobsOf(executor);
  const rows = await ctx.db
    .select({ attemptId: runnerJobs.attemptId })
    .from(runnerJobs)
    .where(inArray(runnerJobs.state, ["launching", "running"]));
  const attempts = new Set(rows.map(({ attemptId }) => attemptId));
  return [
    ...[...jobs].filter((id) => !attempts.has(id)).map((id) => `Job of ${id}`),
    ...[...attempts].filter((id) => !jobs.has(id)).map((id) => `attempt ${id}`),
  ];
}

it("after random faults on both sides, Jobs match attempts within a minute and foreign Jobs stay", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using ctx = testContext(database, { settings: { executor: "kubernetes", leaseMs: 0 } });
  const executor = openExecutor(place, ctx, "ours");
  const others = openExecutor(place, null, "others");
  const foreign = { ...ATTEMPT, attemptId: "att_of_others" };
  await others.launch(foreign);
  const random = seeded(SEED);
  const pick = <T>(from: T[]): T | undefined => from[Math.floor(random() * from.length)];
  const live = () =>
    ctx.db
      .select()
      .from(runnerJobs)
      .where(inArray(runnerJobs.state, ["launching", "running"]));
  let started = 0;
  let differences = 0;

  const deeds: (() => Promise<unknown>)[] = [
    async () => {
      started += 1;
      // Each run has a session of its own, so that runs do not wait for each other.
      await runWithTurn(ctx, `ses_${started}`, { maxAttempts: 20 });
    },
    async () => {
      const name = pick(await live())?.jobName ?? "";
      // The Job is deleted before its attempt has ended.
      const job = await findJob(place, name);
      if (job) await place.cluster.deleteJob(name, { uid: job.metadata?.uid ?? "" });
    },
    async () => {
      const job = pick(await live());
      if (job) await ctx.db.update(runnerJobs).set({ state: "failed" }).where(eq(runnerJobs.id, job.id));
    },
    async () => {
      const job = pick(await live());
      if (job) await ctx.db.delete(runs).where(eq(runs.id, job.runId));
    },
    () => executor.launch({ ...ATTEMPT, attemptId: `att_${randomUUID()}` }),
  ];

  for (let round = 0; round < ROUNDS; round += 1) {
    for (let deed = 0; deed < 3; deed += 1) await pick(deeds)?.();
    await ctx.pool.query("update agentrun_runs set next_attempt_at = null");
    await launchPending({ ctx, executor, attemptsMax: 6 });
    if (random() < 0.5) await deeds[1]?.();
    if ((await difference(ctx, executor)).length > 0) differences += 1;
    // Calm: nothing runs but the passes of the worker's loop.
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      await untilNoneIsGoing(executor);
      await reconcileAttempts({ ctx, executor });
    }
    // A pod that its Job left behind counts as running until the cluster has removed it, and a launch that met a busy
    // API server is repeated after a second. On a slow machine both outlast these passes, but not a minute.
    const looked = async () => {
      await launchPending({ ctx, executor, attemptsMax: 6 });
      await reconcileAttempts({ ctx, executor });
      return difference(ctx, executor);
    };
    if ((await difference(ctx, executor)).length > 0)
      await expect.poll(looked, { message: `seed ${SEED}, round ${round}`, timeout: 60_000 }).toEqual([]);
    expect(await jobsOf(others)).toEqual(new Set([foreign.attemptId]));
  }

  // The faults that are checked for do occur, and each orphan was recorded.
  expect(differences).toBeGreaterThan(ROUNDS / 3);
  const told = await ctx.db.select().from(orphanJobs);
  expect(told.length).toBeGreaterThan(ROUNDS / 5);
  expect(told.every(({ endedAt, looks }) => endedAt !== null && looks >= 2)).toBe(true);
  expect(new Set(told.map(({ why }) => why))).toEqual(new Set(["attempt-unknown", "attempt-ended"]));
  await executor.close();
  await others.close();
}, 300_000);
