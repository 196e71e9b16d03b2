import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { audit, leases, orphanJobs, runnerJobs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { expireLease } from "@/db/test/factories";
import { ackCommand } from "@/server/commands";
import type { Executor } from "@/server/executors";
import { claimRun, forceReleaseRun, getRun, heartbeatRun } from "@/server/runs";
import { it } from "@/server/test/cluster/controllers";
import { openExecutor } from "@/server/test/cluster/executor";
import { createTestNamespace, type TestNamespace } from "@/server/test/cluster/namespace";
import { bindToLostNode, waitForPod } from "@/server/test/cluster/pods";
import { runnerActor, type TestContext, testContext } from "@/server/test/context";
import { runWithTurn } from "@/server/test/stub-executor";
import { LeaseSweeper, launchPending, reconcileAttempts } from ".";

const SETTINGS = { settings: { executor: "kubernetes" as const, leaseMs: 0 } };

/** Makes a run whose pod is bound to a node that does not exist, and whose runner has fallen silent during its turn. */
async function loseNode(ctx: TestContext, place: TestNamespace, executor: Executor) {
  const { runId, commandId } = await runWithTurn(ctx, "ses_lost_node", { onLost: "continue" });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const [job] = await ctx.db.select().from(runnerJobs).where(eq(runnerJobs.runId, runId));
  if (!job) throw new Error("nothing was launched");
  const { name } = await waitForPod(place, job.attemptId);
  await bindToLostNode(place, name);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: job.runnerId, leaseMs: 20_000 });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await expireLease(ctx.database.db, runId);
  return { runId, job, leaseEpoch, podName: name };
}

it("a pod on a lost node keeps its run in fencing until an operator forces its release, which is audited", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using ctx = testContext(database, SETTINGS);
  await using opened = openExecutor(place, { endDeadlineMs: 700, relistMs: 3_600_000 });
  const { executor } = opened;
  const sweeper = new LeaseSweeper({ ctx, executor });
  const { runId, job, leaseEpoch, podName } = await loseNode(ctx, place, executor);

  for (let look = 0; look < 3; look += 1) {
    await sweeper.sweep();
    await reconcileAttempts({ ctx, executor });
    await launchPending({ ctx, executor, attemptsMax: 8 });
  }
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "claimed", leaseState: "fencing", leaseEpoch });
  const old = ctx.as(runnerActor(runId, leaseEpoch));
  const beat = { runId, runnerId: job.runnerId, leaseEpoch };
  await expect(heartbeatRun(old, beat)).rejects.toMatchObject({ reason: "lease-lost" });
  await expect(claimRun(ctx, { runId, runnerId: "runner_other" })).rejects.toMatchObject({ reason: "lease-fencing" });
  expect(await ctx.db.select().from(runnerJobs)).toHaveLength(1);
  // The Job is being deleted, but the cluster cannot confirm the pod's end: it is no orphan, and it is still there.
  expect(await ctx.db.select().from(orphanJobs)).toEqual([]);
  expect((await waitForPod(place, job.attemptId)).name).toBe(podName);

  await forceReleaseRun(ctx, { runId, reason: "the node burnt down" });

  expect(await getRun(ctx, { runId })).toMatchObject({
    status: "pending",
    leaseState: "none",
    leaseEpoch: leaseEpoch + 1,
  });
  const [row] = await ctx.db.select().from(audit).where(eq(audit.action, "runs.forceRelease"));
  expect(row).toMatchObject({ actor: "operator:admin", targetId: runId, details: { reason: "the node burnt down" } });
  await ctx.pool.query("update agentrun_runs set next_attempt_at = now() - interval '1 second'");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const [next] = await ctx.db.select().from(runnerJobs).where(eq(runnerJobs.state, "running"));
  expect(next?.attemptId).not.toBe(job.attemptId);
  const again = await claimRun(ctx, { runId, runnerId: next?.runnerId ?? "" });
  expect(again.leaseEpoch).toBe(leaseEpoch + 2);
  expect(again.assignment.cutOffTurn).not.toBeNull();
  await expect(heartbeatRun(old, beat)).rejects.toMatchObject({ reason: "lease-lost" });
});

it("once the cluster has removed a lost node's pod, the run continues by itself", async () => {
  await using database = await createTestDatabase();
  await using place = await createTestNamespace();
  await using ctx = testContext(database, SETTINGS);
  await using opened = openExecutor(place, { endDeadlineMs: 700, relistMs: 3_600_000 });
  const { executor } = opened;
  const sweeper = new LeaseSweeper({ ctx, executor });
  const { runId, leaseEpoch, podName } = await loseNode(ctx, place, executor);
  await sweeper.sweep();
  expect(await getRun(ctx, { runId })).toMatchObject({ leaseState: "fencing", leaseEpoch });

  await place.core.deleteNamespacedPod({ name: podName, namespace: place.name, gracePeriodSeconds: 0 });
  const freed = async () => {
    await sweeper.sweep();
    return (await getRun(ctx, { runId })).leaseState;
  };
  await expect.poll(freed, { timeout: 15_000 }).toBe("none");
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", leaseEpoch: leaseEpoch + 1 });
  const [lease] = await ctx.db.select().from(leases).where(eq(leases.runId, runId));
  expect(lease?.staleRecoveryMarker).toMatchObject({ why: "its lease ran out" });
});
