import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { leases, runnerJobs, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { expireLease } from "@/db/test/factories";
import { ackCommand, createCommand, finishCommand, getCommand, listCommands } from "@/server/commands";
import { launchRunnerJob } from "@/server/runners";
import { cancelRun, claimRun, createRun, forceReleaseRun, getRun, heartbeatRun, releaseRun } from "@/server/runs";
import { testContext } from "@/server/test/context";
import { startDatabaseProxy } from "@/server/test/database-proxy";
import { runWithTurn, StubExecutor } from "@/server/test/stub-executor";
import { endAttempt, LeaseSweeper, launchPending, reconcileAttempts } from ".";

const LOCAL = { settings: { executor: "local" as const, leaseMs: 0 } };

test("a run with an open command gets one attempt; its session's next run waits", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const first = await runWithTurn(ctx, "ses_one");
  await runWithTurn(ctx, "ses_one");
  await createRun(ctx, { backendProfile: "codex" });
  await Promise.all([
    launchPending({ ctx, executor, attemptsMax: 8 }),
    launchPending({ ctx, executor, attemptsMax: 8 }),
  ]);
  await launchPending({ ctx, executor, attemptsMax: 8 });
  expect(new Set(executor.launched.map((spec) => spec.attemptId)).size).toBe(1);
  expect(executor.launched[0]?.runId).toBe(first.runId);
});

test("starts no more attempts at once than the executor's capacity", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  for (let index = 0; index < 5; index += 1) await runWithTurn(ctx, `ses_${index}`);
  for (let pass = 0; pass < 3; pass += 1) await launchPending({ ctx, executor, attemptsMax: 2 });
  expect(executor.launched).toHaveLength(2);
});

test("does not start a run of an evicted session", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  await runWithTurn(ctx, "ses_gone");
  await ctx.db
    .update(sessions)
    .set({ storageKind: "evicted", storageState: "evicted" })
    .where(eq(sessions.sessionId, "ses_gone"));
  await launchPending({ ctx, executor, attemptsMax: 8 });
  expect(executor.launched).toHaveLength(0);
});

test("does not expire leases while runners cannot reach the server", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  let isHeard = false;
  const sweeper = new LeaseSweeper({ ctx, executor, web: { areRunnersHeard: async () => isHeard } });
  const { runId } = await runWithTurn(ctx, "ses_unheard");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const [spec] = executor.launched;
  if (!spec) throw new Error("nothing was launched");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: spec.runnerId, leaseMs: 20_000 });
  await expireLease(ctx.database.db, runId);

  await sweeper.sweep();
  expect(executor.ended).toEqual([]);
  // At last the runner sends a heartbeat.
  await heartbeatRun(ctx, { runId, runnerId: spec.runnerId, leaseEpoch, leaseMs: 20_000 });
  isHeard = true;
  await sweeper.sweep();
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "claimed", leaseState: "held", leaseEpoch });

  await expireLease(ctx.database.db, runId);
  await sweeper.sweep();
  expect(executor.ended).toEqual([spec.attemptId]);
});

test("hands over an expired lease only after its attempt is confirmed gone", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const sweeper = new LeaseSweeper({ ctx, executor });
  const { runId, commandId } = await runWithTurn(ctx, "ses_lease", { onLost: "continue" });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const [spec] = executor.launched;
  if (!spec) throw new Error("nothing was launched");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: spec.runnerId, leaseMs: 20_000 });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await sweeper.sweep();
  expect(executor.ended).toEqual([]);

  await expireLease(ctx.database.db, runId);
  executor.endAnswer = "unconfirmed";
  await sweeper.sweep();
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "claimed", leaseState: "fencing", leaseEpoch });
  await expect(heartbeatRun(ctx, { runId, runnerId: spec.runnerId, leaseEpoch })).rejects.toMatchObject({
    reason: "lease-lost",
  });
  await expect(claimRun(ctx, { runId, runnerId: "runner_other" })).rejects.toMatchObject({ reason: "lease-fencing" });
  const [lease] = await ctx.db.select().from(leases).where(eq(leases.runId, runId));
  expect(lease?.staleRecoveryMarker).toBeNull();

  executor.endAnswer = "gone";
  await sweeper.sweep();
  const freed = await getRun(ctx, { runId });
  expect(freed).toMatchObject({
    status: "pending",
    leaseState: "none",
    leaseExpiresAt: null,
    claimedBy: null,
    leaseEpoch: leaseEpoch + 1,
  });
  expect(executor.ended).toEqual([spec.attemptId, spec.attemptId]);
  await ctx.pool.query("update agentrun_runs set next_attempt_at = now() - interval '1 second'");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const again = await claimRun(ctx, { runId, runnerId: executor.launched[1]?.runnerId ?? "" });
  expect(again.assignment.cutOffTurn).toEqual({ commandId, text: "go" });
});

test("a forced release closes the attempt's job, so that the next attempt starts", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  executor.endAnswer = "unconfirmed";
  executor.observation = "unknown";
  const sweeper = new LeaseSweeper({ ctx, executor });
  const { runId, commandId } = await runWithTurn(ctx, "ses_forced", { onLost: "continue" });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const { leaseEpoch } = await claimRun(ctx, {
    runId,
    runnerId: executor.launched[0]?.runnerId ?? "",
    leaseMs: 20_000,
  });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await expireLease(ctx.database.db, runId);
  await sweeper.sweep();

  await forceReleaseRun(ctx, { runId, reason: "the node is gone" });

  const [job] = await ctx.db.select().from(runnerJobs).where(eq(runnerJobs.runId, runId));
  expect(job).toMatchObject({ state: "failed", result: { isForced: true } });
  expect(job?.endedAt).not.toBeNull();
  await ctx.pool.query("update agentrun_runs set next_attempt_at = now() - interval '1 second'");
  await reconcileAttempts({ ctx, executor });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  expect(executor.launched).toHaveLength(2);
  // The next attempt is told which turn was interrupted, with its attachments.
  const attachments = [`img_${"0".repeat(32)}`];
  const shown = JSON.stringify({ text: "go", attachments });
  await ctx.pool.query("update agentrun_commands set payload = $1 where id = $2", [shown, commandId]);
  const again = await claimRun(ctx, { runId, runnerId: executor.launched[1]?.runnerId ?? "" });
  expect(again.assignment.cutOffTurn).toEqual({ commandId, text: "go", attachments });
});

test("with external runners, a cancellation after the lease expired still ends the run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { leaseMs: 0 } });
  const sweeper = new LeaseSweeper({ ctx, executor: new StubExecutor() });
  const { runId, commandId } = await runWithTurn(ctx, "ses_outside");
  await claimRun(ctx, { runId, runnerId: "runner_a", leaseMs: 20_000 });
  await expireLease(ctx.database.db, runId);
  await sweeper.sweep();
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "claimed", leaseState: "expired" });

  await cancelRun(ctx, { runId });
  await sweeper.sweep();

  expect(await getRun(ctx, { runId })).toMatchObject({ status: "cancelled", leaseState: "none" });
  expect(await getCommand(ctx, { commandId })).toMatchObject({ state: "cancelled" });
});

test("an attempt whose end takes long to confirm delays no other run and no pass", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const sweeper = new LeaseSweeper({ ctx, executor });
  const stuck = await runWithTurn(ctx, "ses_stuck", { onLost: "continue" });
  const other = await runWithTurn(ctx, "ses_other", { onLost: "continue" });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  for (const { runId } of [stuck, other]) {
    const runnerId = executor.launched.find((spec) => spec.runId === runId)?.runnerId ?? "";
    await claimRun(ctx, { runId, runnerId, leaseMs: 20_000 });
  }
  let confirm = () => {};
  executor.slowEnds = new Promise((resolve) => {
    confirm = resolve;
  });
  await expireLease(ctx.database.db, stuck.runId);
  await sweeper.sweep();
  executor.slowEnds = null;
  await expireLease(ctx.database.db, other.runId);
  await sweeper.sweep();
  expect(await getRun(ctx, { runId: other.runId })).toMatchObject({ status: "pending", leaseState: "none" });
  expect(await getRun(ctx, { runId: stuck.runId })).toMatchObject({ status: "claimed", leaseState: "fencing" });
  expect(executor.ended).toHaveLength(2);

  confirm();
  await expect.poll(async () => (await getRun(ctx, { runId: stuck.runId })).status, { timeout: 5_000 }).toBe("pending");
});

test.each(["an outage of the database", "a time in which another replica led"])(
  "after %s an expired lease ends no run before one lease time of unbroken contact",
  async (why) => {
    await using database = await createTestDatabase();
    await using proxy = await startDatabaseProxy(database.url);
    await using ctx = testContext({ url: proxy.url }, { settings: { executor: "local", leaseMs: 20_000 } });
    ctx.database.pool.on("error", () => {});
    const executor = new StubExecutor();
    let nowMs = 0;
    const sweeper = new LeaseSweeper({ ctx, executor, monotonicMs: () => nowMs });
    const sweepFor = async (seconds: number) => {
      for (const endMs = nowMs + seconds * 1_000; nowMs < endMs; nowMs += 1_000) await sweeper.sweep();
    };
    const { runId } = await runWithTurn(ctx, "ses_outage");
    await launchPending({ ctx, executor, attemptsMax: 8 });
    await claimRun(ctx, { runId, runnerId: executor.launched[0]?.runnerId ?? "" });
    await sweepFor(60);
    await expireLease(ctx.database.db, runId);
    if (why.startsWith("an outage")) {
      proxy.cut();
      await expect(sweeper.sweep()).rejects.toThrow();
      proxy.restore();
    }
    nowMs += 40_000;

    await sweepFor(20);
    expect(executor.ended).toEqual([]);
    expect(await getRun(ctx, { runId })).toMatchObject({ status: "claimed", leaseState: "held" });
    await sweepFor(1);
    expect(executor.ended).toEqual([executor.launched[0]?.attemptId]);
  },
);

test("a dead runner is replaced at once, without waiting for its lease", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, commandId } = await runWithTurn(ctx, "ses_dead");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const runnerId = executor.launched[0]?.runnerId ?? "";
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId });
  await ackCommand(ctx, { commandId, leaseEpoch });
  executor.observation = "unknown";
  await reconcileAttempts({ ctx, executor });
  expect((await getRun(ctx, { runId })).status).toBe("claimed");
  executor.observation = "gone";
  await reconcileAttempts({ ctx, executor });
  // The default policy asks a person: the turn that was sent fails, and since nothing else is left, so does the run.
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "failed", failureKind: "runner-lost" });
  expect(await getCommand(ctx, { commandId })).toMatchObject({ state: "failed", failureKind: "runner-lost" });
});

test("unsent commands go to the next attempt when a turn is among them; otherwise the run ends", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  for (const hasTurn of [true, false]) {
    const sessionId = `ses_left_${hasTurn}`;
    const { runId, commandId } = await runWithTurn(ctx, sessionId);
    await launchPending({ ctx, executor, attemptsMax: 8 });
    const { attemptId = "", runnerId = "" } = executor.launched.at(-1) ?? {};
    const { leaseEpoch } = await claimRun(ctx, { runId, runnerId });
    await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed" });
    await createCommand(ctx, { runId, type: "steer", payload: { text: "left" } });
    await createCommand(ctx, { runId, type: "interrupt", payload: {} });
    if (hasTurn) await createCommand(ctx, { runId, type: "turn", payload: { text: "more" } });

    await endAttempt(ctx, attemptId, { code: 1, signal: null, message: "" });

    const { items } = await listCommands(ctx, { runId, afterSeq: 1, limit: 100 });
    const state = hasTurn ? "pending" : "cancelled";
    expect(items.map((command) => command.state)).toEqual(items.map(() => state));
    expect((await getRun(ctx, { runId })).status).toBe(hasTurn ? "pending" : "completed");
  }
});

test("retries a failing start up to the policy's maximum, then fails the run with the reason", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  executor.failure = new Error("no such program");
  const { runId } = await runWithTurn(ctx, "ses_start", { maxAttempts: 2 });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 1 });
  await ctx.pool.query("update agentrun_runs set next_attempt_at = now() - interval '1 second'");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const run = await getRun(ctx, { runId });
  expect(run).toMatchObject({ status: "failed", failureKind: "infra-failed" });
  expect(run.failureMessage).toContain("no such program");
  const jobs = await ctx.db.select().from(runnerJobs);
  expect(jobs.map((job) => job.state)).toEqual(["failed", "failed"]);
});

test("refuses a manual launch while the session is busy, and launches once it is free", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const first = await runWithTurn(ctx, "ses_busy");
  const second = await runWithTurn(ctx, "ses_busy");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const launch = () => launchRunnerJob(ctx, { runId: second.runId });
  await expect(launch()).rejects.toMatchObject({ reason: "session-busy", failureKind: "runner-lease-conflict" });
  await claimRun(ctx, { runId: first.runId, runnerId: executor.launched[0]?.runnerId ?? "" });
  await expect(launch()).rejects.toMatchObject({ reason: "session-busy" });

  await cancelRun(ctx, { runId: first.runId });
  await endAttempt(ctx, executor.launched[0]?.attemptId ?? "", { code: 0, signal: null, message: "" });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  expect(executor.launched.map((spec) => spec.runId)).toEqual([first.runId, second.runId]);
});

test("a runner refused because the session is busy does not count as a failed start", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId } = await runWithTurn(ctx, "ses_raced", { maxAttempts: 1 });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const other = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_raced" } });
  await claimRun(ctx, { runId: other.id, runnerId: "runner_outside" });
  const { runnerId = "", attemptId = "" } = executor.launched[0] ?? {};
  await expect(claimRun(ctx, { runId, runnerId })).rejects.toMatchObject({ reason: "session-busy" });
  await endAttempt(ctx, attemptId, { code: 2, signal: null, message: "refused" });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 0, nextAttemptAt: null });
});

test("an attempt ends like any other though no database stores its last words, which are kept without credentials", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId } = await runWithTurn(ctx, "ses_words", { maxAttempts: 1 });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const { attemptId = "" } = executor.launched[0] ?? {};
  const secret = `ghp_${"a1".repeat(18)}`;
  await endAttempt(ctx, attemptId, { code: 1, signal: null, message: `no\0 ${secret} \ud83d` });
  const run = await getRun(ctx, { runId });
  expect(run).toMatchObject({
    status: "failed",
    failureMessage: expect.stringContaining("no\ufffd [redacted] \ufffd"),
  });
  const [job] = await ctx.db.select().from(runnerJobs);
  expect(job).toMatchObject({ state: "failed", result: { code: 1, message: "no\ufffd [redacted] \ufffd" } });
});

test("an attempt's end told twice, or after its run's, changes nothing", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId } = await runWithTurn(ctx, "ses_twice");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const attemptId = executor.launched[0]?.attemptId ?? "";
  await claimRun(ctx, { runId, runnerId: executor.launched[0]?.runnerId ?? "" });
  await endAttempt(ctx, attemptId, { code: null, signal: "SIGKILL", message: "" });
  const after = await getRun(ctx, { runId });
  await endAttempt(ctx, attemptId, { code: null, signal: "SIGKILL", message: "" });
  expect(await getRun(ctx, { runId })).toEqual(after);
});

test.each([
  ["unstartable", "infra-failed"],
  ["unschedulable", "infra-failed"],
  ["evicted", "runner-lost"],
] as const)("retries a failed start, and fails the run with the cause of a permanent one: %s", async (cause, kind) => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId } = await runWithTurn(ctx, "ses_cause", { maxAttempts: 2 });
  for (const status of ["pending", "failed"]) {
    await ctx.pool.query("update agentrun_runs set next_attempt_at = now() - interval '1 second'");
    await launchPending({ ctx, executor, attemptsMax: 8 });
    const { attemptId = "" } = executor.launched.at(-1) ?? {};
    await endAttempt(ctx, attemptId, { code: null, signal: null, message: "the pod's words", cause });
    expect(await getRun(ctx, { runId })).toMatchObject({ status });
  }
  expect(await getRun(ctx, { runId })).toMatchObject({
    failureKind: kind,
    failureMessage: expect.stringContaining("the pod's words"),
  });
  const [job] = await ctx.db.select().from(runnerJobs).where(eq(runnerJobs.runId, runId));
  expect(job?.result).toMatchObject({ cause });
});

test.each([
  ["out-of-memory", "ask", "runner-lost", "failed"],
  ["evicted", "continue", "runner-lost", "pending"],
  ["deadline", "ask", "timeout", "failed"],
  ["deadline", "continue", "timeout", "failed"],
  ["storage-full", "continue", "storage-full", "failed"],
  ["unstartable", "continue", "infra-failed", "pending"],
] as const)(
  "a turn cut off by %s, under policy %s, fails as %s, and its run becomes %s",
  async (cause, onLost, kind, status) => {
    await using database = await createTestDatabase();
    await using ctx = testContext(database, LOCAL);
    const executor = new StubExecutor();
    const { runId, commandId } = await runWithTurn(ctx, "ses_cut", { onLost });
    await launchPending({ ctx, executor, attemptsMax: 8 });
    const { attemptId = "", runnerId = "" } = executor.launched[0] ?? {};
    const { leaseEpoch } = await claimRun(ctx, { runId, runnerId });
    await ackCommand(ctx, { commandId, leaseEpoch });

    await endAttempt(ctx, attemptId, { code: 137, signal: null, message: "the pod's words", cause });

    const run = await getRun(ctx, { runId });
    const command = await getCommand(ctx, { commandId });
    expect(run.status).toBe(status);
    // Nothing has failed if the run goes on; the lease's marker still has the pod's message.
    if (status === "pending") {
      expect(command).toMatchObject({ state: "acknowledged" });
      const [lease] = await ctx.db.select().from(leases).where(eq(leases.runId, runId));
      expect(lease?.staleRecoveryMarker).toMatchObject({ why: expect.stringContaining("the pod's words") });
      return;
    }
    for (const { failureKind, failureMessage } of [run, command])
      expect({ failureKind, failureMessage }).toEqual({
        failureKind: kind,
        failureMessage: expect.stringContaining("the pod's words"),
      });
  },
);

test("after storage was full, unsent turns still get another attempt", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, commandId } = await runWithTurn(ctx, "ses_full", { onLost: "continue" });
  await createCommand(ctx, { runId, type: "turn", payload: { text: "make room" } });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const { attemptId = "", runnerId = "" } = executor.launched[0] ?? {};
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await endAttempt(ctx, attemptId, { code: 5, signal: null, message: "full", cause: "storage-full" });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending" });
  expect(await getCommand(ctx, { commandId })).toMatchObject({ state: "failed", failureKind: "storage-full" });
});

test.each([
  [0, "timeout"],
  [3_600_000, "runner-lost"],
])("a runner that is told to stop after %i ms of its attempt's lifetime returns its turn as %s", async (ms, kind) => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { ...LOCAL.settings, runnerDeadlineMs: ms } });
  const executor = new StubExecutor();
  const { runId, commandId } = await runWithTurn(ctx, "ses_deadline");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: executor.launched[0]?.runnerId ?? "" });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await releaseRun(ctx, { runId, leaseEpoch, reason: "the runner was told to end" });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "failed", failureKind: kind });
});
