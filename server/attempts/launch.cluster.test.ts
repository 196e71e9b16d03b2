import { expect, test } from "vitest";
import { runnerJobs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { toJobName } from "@/server/executors/executor";
import { createKubernetesExecutor } from "@/server/executors/kubernetes";
import { Cluster } from "@/server/kubernetes";
import { listRunnerJobs } from "@/server/runners";
import { getRun } from "@/server/runs";
import { startApiProxy } from "@/server/test/cluster/api-proxy";
import { POLICY } from "@/server/test/cluster/attempt";
import { it } from "@/server/test/cluster/controllers";
import { openExecutor } from "@/server/test/cluster/executor";
import { createTestNamespace, jobNames } from "@/server/test/cluster/namespace";
import { type TestContext, testContext } from "@/server/test/context";
import { dueNow, runWithTurn } from "@/server/test/stub-executor";
import { launchPending } from ".";

const SETTINGS = { settings: { executor: "kubernetes" as const } };

async function onlyJob(ctx: TestContext, runId: string) {
  const { items } = await listRunnerJobs(ctx, { runId, limit: 10 });
  expect(items).toHaveLength(1);
  const [job] = items;
  if (!job) throw new Error("no attempt was recorded");
  return job;
}

test("an unreachable API server uses up no attempt, and the run starts when the server is back", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using ctx = testContext(database, SETTINGS);
  await using proxy = await startApiProxy(place);
  const cluster = new Cluster({ namespace: place.name, kubeconfig: proxy.kubeconfig, deadlineMs: 1_000 });
  await using opened = openExecutor(place, { cluster, relistMs: 3_600_000 });
  const launcher = { ctx, executor: opened.executor, attemptsMax: 8 };
  const { runId } = await runWithTurn(ctx, "ses_away", { maxAttempts: 1 });
  proxy.cut();
  for (let tries = 1; tries <= 5; tries += 1) {
    await launchPending(launcher);
    expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 0 });
    const { state, wait } = await onlyJob(ctx, runId);
    expect({ state, wait }).toMatchObject({ state: "launching", wait: { reason: "unreachable", tries } });
    expect(wait?.message).toMatch(/^Kubernetes did not answer: (create|read) Job/);
    await dueNow(ctx);
  }
  proxy.restore();
  await launchPending(launcher);
  const { attemptId, state, wait } = await onlyJob(ctx, runId);
  expect({ state, wait }).toEqual({ state: "running", wait: null });
  expect(await jobNames(place)).toEqual([toJobName(attemptId)]);
});

it("a run over its namespace's quota waits with the cluster's message, and starts when quota is free", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using ctx = testContext(database, SETTINGS);
  await using opened = openExecutor(place, { relistMs: 3_600_000 });
  const launcher = { ctx, executor: opened.executor, attemptsMax: 8 };
  const quota = { metadata: { name: "full" }, spec: { hard: { "count/jobs.batch": "0" } } };
  await place.core.createNamespacedResourceQuota({ namespace: place.name, body: quota });
  const { runId } = await runWithTurn(ctx, "ses_quota", { maxAttempts: 1 });
  const refusal = async () => {
    await dueNow(ctx);
    await launchPending(launcher);
    const { state, wait } = await onlyJob(ctx, runId);
    expect(state).toBe("launching");
    return wait;
  };
  // Until the cluster has counted the quota, it refuses with that message and no other.
  await expect
    .poll(refusal, { timeout: 20_000 })
    .toMatchObject({ reason: "refused", message: expect.stringContaining("exceeded quota: full") });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 0 });

  await place.core.deleteNamespacedResourceQuota({ name: "full", namespace: place.name });
  const state = async () => {
    await dueNow(ctx);
    await launchPending(launcher);
    return (await onlyJob(ctx, runId)).state;
  };
  await expect.poll(state, { timeout: 20_000 }).toBe("running");
});

test("a Job that the cluster rejects as invalid ends the attempt at once with the cluster's message", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using ctx = testContext(database, SETTINGS);
  const executor = createKubernetesExecutor({
    cluster: place.cluster,
    policy: { ...POLICY, serviceAccount: null, memoryRequest: "2Gi", memoryLimit: "1Gi" },
    onError: () => undefined,
    relistMs: 3_600_000,
  });
  const { runId } = await runWithTurn(ctx, "ses_invalid", { maxAttempts: 1 });
  const statusAfterPass = async () => {
    await dueNow(ctx);
    await launchPending({ ctx, executor, attemptsMax: 8 });
    return (await getRun(ctx, { runId })).status;
  };
  await expect.poll(statusAfterPass, { timeout: 20_000 }).toBe("failed");
  const run = await getRun(ctx, { runId });
  expect(run).toMatchObject({ failureKind: "infra-failed" });
  expect(run.failureMessage).toContain("must be less than or equal to memory limit");
  expect(await ctx.db.select().from(runnerJobs)).toMatchObject([{ state: "failed", result: { cause: "unstartable" } }]);
  await executor.close();
});

test("a foreign Job of the attempt's name ends the attempt and is kept", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using ctx = testContext(database, SETTINGS);
  await using proxy = await startApiProxy(place);
  await using opened = openExecutor(place, { cluster: proxy.cluster, relistMs: 3_600_000 });
  const launcher = { ctx, executor: opened.executor, attemptsMax: 8 };
  const { runId } = await runWithTurn(ctx, "ses_stranger", { maxAttempts: 1 });
  proxy.cut();
  await launchPending(launcher);
  const { attemptId } = await onlyJob(ctx, runId);
  const name = toJobName(attemptId);
  await place.cluster.createJob({
    metadata: { name },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "other", image: "other" }] } } },
  });
  proxy.restore();
  const run = async () => {
    await dueNow(ctx);
    await launchPending(launcher);
    return getRun(ctx, { runId });
  };
  // A busy cluster may need more than one pass to confirm that nothing of the attempt is left.
  await expect.poll(run, { timeout: 20_000 }).toMatchObject({
    status: "failed",
    failureKind: "infra-failed",
    failureMessage: expect.stringContaining("not of this attempt"),
  });
  expect((await place.cluster.readJob(name)).metadata?.deletionTimestamp).toBeUndefined();
});
