import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { leases, runs, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { expireLease, makeCommand, makeRun, makeSession } from "@/db/test/factories";
import { ackCommand, createCommand, finishCommand } from "@/server/commands";
import type { Actor } from "@/server/context";
import { appendEvents, listEvents } from "@/server/events";
import { runnerActor, testContext } from "@/server/test/context";
import { cancelRun, claimRun, createRun, finishRun, getRun, heartbeatRun, releaseRun } from ".";

test("a runner whose lease was taken over cannot write anything to the run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const { id: commandId } = await makeCommand(ctx.database.db, runId);
  const first = await claimRun(ctx, { runId, runnerId: "runner_a", leaseMs: 1_000 });
  await expireLease(ctx.database.db, runId);
  const second = await claimRun(ctx, { runId, runnerId: "runner_b", leaseMs: 1_000 });
  expect(second.leaseEpoch).toBeGreaterThan(first.leaseEpoch);
  const before = await getRun(ctx, { runId });

  const old = ctx.as(runnerActor(runId, first.leaseEpoch));
  const { leaseEpoch } = first;
  const late = [
    heartbeatRun(old, { runId, runnerId: "runner_a", leaseEpoch }),
    finishRun(old, { runId, leaseEpoch, terminalStatus: "completed" }),
    releaseRun(old, { runId, leaseEpoch }),
    ackCommand(old, { commandId, leaseEpoch }),
    finishCommand(old, { commandId, leaseEpoch, terminalStatus: "completed" }),
    appendEvents(old, { runId, leaseEpoch, events: [{ type: "warning", payload: { message: "late" } }] }),
  ];

  for (const write of await Promise.allSettled(late)) {
    expect(write).toMatchObject({ status: "rejected", reason: { reason: "lease-lost" } });
  }
  expect(await getRun(ctx, { runId })).toEqual(before);
});

test.each([
  ["none", true],
  ["local", false],
] as const)("with the executor %s a claim's selfFence is %s", async (executor, selfFence) => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { executor } });
  const { id: runId } = await makeRun(ctx.database.db);
  expect((await claimRun(ctx, { runId, runnerId: "runner_a" })).assignment.selfFence).toBe(selfFence);
});

test("exactly one of sixteen concurrent claims gets the run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { poolMax: 16 });
  for (let round = 0; round < 10; round += 1) {
    const { id: runId } = await makeRun(ctx.database.db);
    const claims = await Promise.allSettled(
      Array.from({ length: 16 }, (_, index) => claimRun(ctx, { runId, runnerId: `runner_${index}` })),
    );
    expect(claims.filter((claim) => claim.status === "fulfilled")).toHaveLength(1);
    for (const claim of claims) {
      if (claim.status === "rejected")
        expect(claim.reason).toMatchObject({ reason: "lease-held", failureKind: "runner-lease-conflict" });
    }
  }
});

test("the process that holds a run claims it again with the same epoch; another process of its runner does not", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const first = await claimRun(ctx, { runId, runnerId: "runner_a", nonce: "boot-1" });
  const again = await claimRun(ctx, { runId, runnerId: "runner_a", nonce: "boot-1" });
  expect(again.leaseEpoch).toBe(first.leaseEpoch);
  await expect(claimRun(ctx, { runId, runnerId: "runner_a", nonce: "boot-2" })).rejects.toMatchObject({
    reason: "lease-held",
  });
});

test("creating a run that is claimed meanwhile returns it with its lease", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const input = { backendProfile: "codex", idempotencyKey: "once" };
  const { id: runId } = await createRun(ctx, input);
  await claimRun(ctx, { runId, runnerId: "runner_a" });
  const again = await createRun(ctx, input);
  expect(again).toEqual(await getRun(ctx, { runId }));
  expect(again.leaseExpiresAt).not.toBeNull();
});

test("the runner that holds a v0.1 lease claims its run again; another process of it does not", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db, { status: "claimed", claimedBy: "old", leaseState: "held" });
  await ctx.db.insert(leases).values({ runId, runnerId: "old", leaseExpiresAt: new Date(Date.now() + 60_000) });
  await expect(claimRun(ctx, { runId, runnerId: "old", nonce: "boot-2" })).rejects.toMatchObject({
    reason: "lease-held",
  });
  expect(await claimRun(ctx, { runId, runnerId: "old" })).toMatchObject({ claimedBy: "old", leaseEpoch: 0 });
});

test("a late heartbeat of the same epoch renews an expired lease", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  await expireLease(ctx.database.db, runId);
  await heartbeatRun(ctx, { runId, runnerId: "runner_a", leaseEpoch });
  await expect(claimRun(ctx, { runId, runnerId: "runner_b" })).rejects.toMatchObject({ reason: "lease-held" });
});

test("a runner whose lease was taken over cannot extend its successor's with any epoch", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const first = await claimRun(ctx, { runId, runnerId: "runner_a" });
  await expireLease(ctx.database.db, runId);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_b" });
  const before = await getRun(ctx, { runId });
  const ended = ctx.as({ ...runnerActor(runId, first.leaseEpoch), isEnded: true } as Actor);
  const beat = { runId, runnerId: "runner_b", leaseEpoch, leaseMs: 3_600_000 };

  await expect(heartbeatRun(ended, beat)).rejects.toMatchObject({ reason: "lease-lost" });

  expect(await getRun(ctx, { runId })).toEqual(before);
  await finishRun(ctx, { runId, leaseEpoch, terminalStatus: "completed" });
  expect(await heartbeatRun(ended, beat)).toMatchObject({ status: "completed" });
});

test("only one run of a session is leased at a time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId } = await makeSession(ctx.database.db);
  const first = await makeRun(ctx.database.db, { sessionId });
  const second = await makeRun(ctx.database.db, { sessionId });
  const claims = await Promise.allSettled([
    claimRun(ctx, { runId: first.id, runnerId: "runner_a" }),
    claimRun(ctx, { runId: second.id, runnerId: "runner_b" }),
  ]);
  expect(claims.map((claim) => claim.status).sort()).toEqual(["fulfilled", "rejected"]);
  const claimed = await ctx.db.select().from(runs).where(eq(runs.status, "claimed"));
  expect(claimed).toHaveLength(1);
});

test("an ended run has one terminal event, its last, no lease and no open command", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { poolMax: 16 });
  for (let round = 0; round < 10; round += 1) {
    const { sessionId } = await makeSession(ctx.database.db);
    const { id: runId } = await makeRun(ctx.database.db, { sessionId });
    await createCommand(ctx, { runId, type: "turn", payload: { text: "go" } });
    const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
    await Promise.allSettled([
      finishRun(ctx, { runId, terminalStatus: "failed", failureKind: "backend-failed", failureMessage: "x" }),
      cancelRun(ctx, { runId }),
      finishRun(ctx, { runId, leaseEpoch, terminalStatus: "cancelled" }),
      ...Array.from({ length: 6 }, () => appendEvents(ctx, { runId, events: [{ type: "warning", payload: {} }] })),
      createCommand(ctx, { runId, type: "steer", payload: { text: "more" } }),
      heartbeatRun(ctx, { runId, runnerId: "runner_a", leaseEpoch }),
    ]);
    const { items, lastSeq } = await listEvents(ctx, { runId, afterSeq: 0, limit: 500 });
    expect(items.map((event) => event.seq)).toEqual(items.map((_, index) => index + 1));
    expect(items.filter((event) => event.type === "terminal_status")).toHaveLength(1);
    expect(items.at(-1)?.type).toBe("terminal_status");
    expect(lastSeq).toBe(items.length);
    const left = await ctx.pool.query(
      `select (select count(*)::int from agentrun_leases where run_id = $1) as leases,
              (select count(*)::int from agentrun_commands where run_id = $1 and state in ('pending', 'acknowledged')) as open`,
      [runId],
    );
    expect(left.rows[0]).toEqual({ leases: 0, open: 0 });
    const [session] = await ctx.db.select().from(sessions).where(eq(sessions.sessionId, sessionId));
    expect(session).toMatchObject({ activeRunId: null, activeCommandId: null, executionState: "terminal" });
  }
});

test("stores and returns a failure's message cleaned and without credentials", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await createRun(ctx, { backendProfile: "codex" });
  const { id: commandId } = await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "go" } });
  const { leaseEpoch } = await claimRun(ctx, { runId: run.id, runnerId: "runner_a" });
  await ackCommand(ctx, { commandId, leaseEpoch });
  const end = {
    leaseEpoch,
    terminalStatus: "failed" as const,
    failureKind: "infra-failed" as const,
    failureMessage: "git could not fetch https://bot:hunter2@git.example/repo.git: \u0000 403",
  };
  const clean = "git could not fetch https://bot:[redacted]@git.example/repo.git: \uFFFD 403";
  expect(await finishCommand(ctx, { ...end, commandId })).toMatchObject({ failureMessage: clean });
  expect(await finishRun(ctx, { ...end, runId: run.id })).toMatchObject({ failureMessage: clean });
  const { items } = await listEvents(ctx, { runId: run.id, afterSeq: 0, limit: 100 });
  expect(items.at(-1)?.payload).toMatchObject({ message: clean });
  expect(JSON.stringify(items)).not.toContain("hunter2");
});

test("a turn sent to a lost attempt is not sent again; an unsent one is", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_lost" } });
  const sent = await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "first" } });
  const waiting = await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "second" } });
  const { leaseEpoch } = await claimRun(ctx, { runId: run.id, runnerId: "runner_a" });
  await ackCommand(ctx, { commandId: sent.id, leaseEpoch });
  await expireLease(ctx.database.db, run.id);
  await claimRun(ctx, { runId: run.id, runnerId: "runner_b" });

  const { rows } = await ctx.pool.query("select id, state, failure_kind from agentrun_commands order by seq");
  expect(rows).toEqual([
    { id: sent.id, state: "failed", failure_kind: "runner-lost" },
    { id: waiting.id, state: "pending", failure_kind: null },
  ]);
  const { items } = await listEvents(ctx, { runId: run.id, afterSeq: 0, limit: 500 });
  expect(items.map((event) => event.payload.phase)).toContain("lease-expired");
});

test("cancelling a pending run ends its commands, then records the request, then the end", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_cancel" } });
  await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "first" } });
  const cancelled = await cancelRun(ctx, { runId: run.id });
  expect(cancelled).toMatchObject({ status: "cancelled", terminalStatus: "cancelled", failureKind: "cancelled" });
  expect(await cancelRun(ctx, { runId: run.id })).toEqual(cancelled);
  const { items } = await listEvents(ctx, { runId: run.id, afterSeq: 0, limit: 500 });
  expect(items.map((event) => event.payload.phase ?? event.type)).toEqual([
    "run-created",
    "command-created",
    "command-terminal",
    "cancel-requested",
    "terminal_status",
  ]);
  expect(items[3]?.payload).toEqual({ phase: "cancel-requested", reason: "cancel requested" });
});
