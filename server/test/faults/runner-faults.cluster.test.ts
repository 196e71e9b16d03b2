import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { audit, orphanJobs, runnerJobs, tokens } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { expireLease } from "@/db/test/factories";
import { endAttempt, LeaseSweeper, launchPending, reconcileAttempts } from "@/server/attempts";
import { ackCommand } from "@/server/commands";
import { type Executor, toJobName } from "@/server/executors/executor";
import { createKubernetesExecutor } from "@/server/executors/kubernetes";
import { hashToken } from "@/server/identity/token";
import { Cluster } from "@/server/kubernetes";
import { cancelRun, claimRun, getRun } from "@/server/runs";
import { POLICY } from "@/server/test/cluster/attempt";
import { it } from "@/server/test/cluster/controllers";
import { type Fault, type FaultProxy, type FaultRule, startFaultProxy } from "@/server/test/cluster/fault-proxy";
import { createTestNamespace, jobNames, type TestNamespace } from "@/server/test/cluster/namespace";
import { ended, setPodStatus, waitForPod } from "@/server/test/cluster/pods";
import { type TestContext, testContext } from "@/server/test/context";
import { dueNow, runWithTurn } from "@/server/test/stub-executor";

/** Short, so that requests without an answer cost little time; long enough for a busy machine. */
const DEADLINE_MS = 1_000;
const CALM = { timeout: 30_000, interval: 100 };
const ALWAYS = 1_000_000;
const SETTINGS = { settings: { executor: "kubernetes" as const, leaseMs: 0 } };

const FAULTS: Fault[] = [
  { kind: "refuse", code: 409 },
  { kind: "refuse", code: 429 },
  { kind: "refuse", code: 500 },
  { kind: "swallow" },
  // With the last two, the request was carried out.
  { kind: "cut", where: "before" },
  { kind: "cut", where: "within" },
];

let place: TestNamespace;
let database: TestDatabase;
let proxy: FaultProxy;
let ctx: TestContext;
beforeAll(async () => {
  place = await createTestNamespace();
  database = await createTestDatabase();
  proxy = await startFaultProxy(inject("kubeconfig"));
  ctx = testContext(database, SETTINGS);
});
afterAll(async () => {
  await ctx[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

/** Opens the worker's executor through the proxy, and records ends as the worker does. */
function openExecutor(relistMs: number, more: { cluster?: Cluster; installationId?: string } = {}): Executor {
  const { cluster, installationId = POLICY.installationId } = more;
  const through = { namespace: place.name, kubeconfig: proxy.kubeconfig, deadlineMs: DEADLINE_MS };
  const executor = createKubernetesExecutor({
    cluster: cluster ?? new Cluster(through),
    policy: { ...POLICY, serviceAccount: null, installationId },
    // Errors are expected here.
    onError: () => undefined,
    relistMs,
    endDeadlineMs: 5_000,
  });
  executor.onExit(({ attemptId, ...end }) => endAttempt(ctx, attemptId, end));
  return executor;
}

const NEVER_MS = 3_600_000;
let executor: Executor;
let runId: string;
let commandId: string;
let made = 0;
beforeEach(async () => {
  executor = openExecutor(NEVER_MS);
  made += 1;
  ({ runId, commandId } = await runWithTurn(ctx, `ses_${made}`, { onLost: "continue", maxAttempts: 3 }));
});
afterEach(async () => {
  proxy.calm();
  await executor.close();
  // The next test's launcher must find nothing of this one.
  await ctx.pool.query("delete from agentrun_runs");
});

async function pass(): Promise<void> {
  await dueNow(ctx);
  await launchPending({ ctx, executor, attemptsMax: 8 });
}

async function onlyAttempt() {
  const jobs = await ctx.db.select().from(runnerJobs).where(eq(runnerJobs.runId, runId));
  expect(jobs).toHaveLength(1);
  const [job] = jobs;
  if (!job) throw new Error("no attempt was recorded");
  return job;
}

async function listed(): Promise<string[]> {
  const attemptIds: string[] = [];
  for await (const page of executor.list()) attemptIds.push(...page.map(({ attemptId }) => attemptId));
  return attemptIds;
}

async function stateAfterPass(): Promise<string> {
  await pass();
  return (await onlyAttempt()).state;
}

async function launch() {
  await pass();
  const job = await onlyAttempt();
  expect(job.state).toBe("running");
  return job;
}

async function listNames(kind: "jobs" | "secrets"): Promise<string[]> {
  if (kind === "secrets") {
    const { items } = await place.core.listNamespacedSecret({ namespace: place.name });
    return items.map(({ metadata }) => metadata?.name ?? "");
  }
  return jobNames(place);
}

/**
 * Expects one Job that owns one Secret, whose token is good for the claim, and one attempt, with none counted as
 * failed.
 */
async function expectOneRunner(): Promise<void> {
  const { attemptId, state } = await onlyAttempt();
  expect(state).toBe("running");
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 0 });
  const name = toJobName(attemptId);
  expect((await listNames("jobs")).filter((each) => each === name)).toHaveLength(1);
  const secret = await place.core.readNamespacedSecret({ name, namespace: place.name });
  const job = await place.cluster.readJob(name);
  expect(secret.metadata?.ownerReferences).toMatchObject([{ uid: job.metadata?.uid }]);
  expect(job.metadata?.deletionTimestamp).toBeUndefined();
  const token = Buffer.from(secret.data?.token ?? "", "base64").toString();
  expect(
    await ctx.db
      .select()
      .from(tokens)
      .where(eq(tokens.hash, hashToken(token))),
  ).toMatchObject([{ attemptId }]);
}

/** Expects that nothing of an attempt is left in the cluster. */
async function expectNothingLeft(attemptId: string): Promise<void> {
  const name = toJobName(attemptId);
  const left = async () =>
    [...(await listNames("jobs")), ...(await listNames("secrets"))].filter((each) => each === name);
  await expect.poll(left, CALM).toEqual([]);
}

describe.each(["jobs", "secrets"])("a launch with faults at the POST of %s", (kind) => {
  const rule = { method: "POST", path: new RegExp(`/${kind}$`) } satisfies Partial<FaultRule>;

  test.each(FAULTS)("succeeds exactly once after %j once", async (fault) => {
    const struck = proxy.strike({ ...rule, fault });
    await expect.poll(stateAfterPass, CALM).toBe("running");
    expect(struck.hits()).toBe(1);
    await expectOneRunner();
    await proxy.settled();
    await expectOneRunner();
  });

  test.each(FAULTS)("waits while %j lasts, and then succeeds exactly once", async (fault) => {
    for (const path of [rule.path, /\/(jobs|secrets)\/agentrun-/])
      for (const method of ["GET", "POST", "PUT"] as const) proxy.strike({ method, path, fault, times: ALWAYS });
    for (let tries = 0; tries < 3; tries += 1) {
      await pass();
      expect(await onlyAttempt()).toMatchObject({
        state: "launching",
        result: { wait: { message: expect.any(String) } },
      });
    }
    proxy.calm();
    await expect.poll(stateAfterPass, CALM).toBe("running");
    await expectOneRunner();
  });
});

it("a Job created late, after its run was cancelled and its attempt closed, starts nothing and is removed", async () => {
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  proxy.strike({ method: "POST", path: /\/jobs$/, fault: { kind: "hold", until } });
  await pass();
  const { attemptId } = await onlyAttempt();
  await cancelRun(ctx, { runId });
  await pass();
  expect(await onlyAttempt()).toMatchObject({ state: "failed" });
  release();
  await proxy.settled();
  expect(await listNames("jobs")).toContain(toJobName(attemptId));
  expect(await listNames("secrets")).not.toContain(toJobName(attemptId));

  for (let look = 0; look < 2; look += 1) await reconcileAttempts({ ctx, executor });
  await expectNothingLeft(attemptId);
  const rows = await ctx.db.select().from(audit).where(eq(audit.action, "runnerJobs.endOrphan"));
  expect(rows.map(({ details }) => details)).toContainEqual(expect.objectContaining({ attemptId }));
});

const END_READS: FaultRule["method"][] = ["DELETE", "GET"];
describe.each(END_READS)("the end of an attempt that lost its lease, with faults at %s", (method) => {
  it.each(FAULTS)("the next attempt starts only once the old one is gone, after %j", async (fault) => {
    const { attemptId, runnerId } = await launch();
    await waitForPod(place, attemptId);
    const { leaseEpoch } = await claimRun(ctx, { runId, runnerId, leaseMs: 20_000 });
    await ackCommand(ctx, { commandId, leaseEpoch });
    await expireLease(ctx.database.db, runId);
    const path = method === "GET" ? /\/(pods\?.*job-name|jobs\/)/ : /\/jobs\//;
    const struck = proxy.strike({ method, path, fault, times: 2 });
    const sweeper = new LeaseSweeper({ ctx, executor });
    let reportedBefore = 0;
    const isFreed = async () => {
      await sweeper.sweep();
      const { leaseState } = await getRun(ctx, { runId });
      if (leaseState !== "none") return false;
      if ((await listNames("jobs")).includes(toJobName(attemptId))) reportedBefore += 1;
      return true;
    };
    await expect.poll(isFreed, CALM).toBe(true);
    expect(struck.hits()).toBeGreaterThan(0);
    expect(reportedBefore).toBe(0);
    expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", leaseEpoch: leaseEpoch + 1 });
    await expectNothingLeft(attemptId);

    await ctx.pool.query("update agentrun_runs set next_attempt_at = null");
    await pass();
    const jobs = await ctx.db.select().from(runnerJobs).where(eq(runnerJobs.runId, runId));
    expect(jobs.map(({ state }) => state).sort()).toEqual(["failed", "running"]);
  });
});

describe.each([
  ["the list of Jobs", "GET", /\/jobs\?(?!.*watch)/],
  ["the list of pods", "GET", /\/pods\?(?!.*watch)/],
  ["the removal of the Job", "DELETE", /\/jobs\//],
] as const)("a reconciliation with faults at %s", (_, method, path) => {
  it.each(FAULTS)("is repeated after %j, and the end is reported once", async (fault) => {
    const { attemptId } = await launch();
    await executor.close();
    executor = openExecutor(200);
    const { name } = await waitForPod(place, attemptId);
    proxy.strike({ method, path, fault, times: 3 });
    await setPodStatus(place, name, {
      phase: "Failed",
      containerStatuses: ended({ exitCode: 1, reason: "Error", message: "its last words" }),
    });
    await expect.poll(async () => (await onlyAttempt()).state, CALM).toBe("failed");
    expect(await onlyAttempt()).toMatchObject({ result: { code: 1, message: "its last words" } });
    await expectNothingLeft(attemptId);
    expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 1 });
  });
});

describe("a list of Jobs older than a launch", () => {
  test("ends no attempt whose Job it lacks", async () => {
    // Its first answer is repeated from here on.
    await listed();
    proxy.strike({ method: "GET", path: /\/jobs\?/, fault: { kind: "stale" }, times: ALWAYS });
    const { attemptId } = await launch();
    expect(await listed()).not.toContain(attemptId);
    for (let look = 0; look < 3; look += 1) await reconcileAttempts({ ctx, executor });
    await expectOneRunner();
  });

  it("does not end a Job recreated since", async () => {
    // Uses an installation of its own, whose Jobs nobody has listed yet.
    const installationId = "renewed";
    const proxied = executor;
    executor = openExecutor(NEVER_MS, { cluster: place.cluster, installationId });
    const { attemptId } = await launch();
    const name = toJobName(attemptId);
    const old = (await place.cluster.readJob(name)).metadata?.uid ?? "";
    const behind = openExecutor(NEVER_MS, { installationId });
    for await (const page of behind.list()) expect(page).toMatchObject([{ attemptId, uid: old }]);
    proxy.strike({ method: "GET", path: /\/jobs\?/, fault: { kind: "stale" }, times: ALWAYS });
    await place.cluster.deleteJob(name, { uid: old });
    await expectNothingLeft(attemptId);
    await ctx.db.update(runnerJobs).set({ state: "launching" }).where(eq(runnerJobs.runId, runId));
    await launch();
    // For the reconciler, what is listed is an orphan.
    await ctx.db.update(runnerJobs).set({ state: "failed" }).where(eq(runnerJobs.runId, runId));
    for (let look = 0; look < 2; look += 1) await reconcileAttempts({ ctx, executor: behind });
    const [row] = await ctx.db.select().from(orphanJobs).where(eq(orphanJobs.uid, old));
    expect(row?.endedAt).not.toBeNull();
    const { metadata } = await place.cluster.readJob(name);
    expect(metadata?.uid).not.toBe(old);
    expect(metadata?.deletionTimestamp).toBeUndefined();
    await Promise.all([behind.close(), proxied.close()]);
  });
});
