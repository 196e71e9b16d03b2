import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { RunnerState } from "@/contract/words";
import { audit, leases, runners } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { endAttempt, endKilled, LeaseSweeper, launchPending } from "@/server/attempts";
import { ackCommand, createCommand, finishCommand, getCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { claimRun, createRun, finishRun, getRun, heartbeatRun, releaseRun } from "@/server/runs";
import { runnerActor, tenantOperator, testContext } from "@/server/test/context";
import { runWithTurn, StubExecutor } from "@/server/test/stub-executor";
import {
  countRunnersListed,
  drainRunner,
  getRunner,
  killRunner,
  listRunners,
  noteRunnerMinute,
  registerRunner,
  resumeRunner,
  revokeRunner,
  runnerHistory,
  runnerStats,
} from ".";

const LOCAL = { settings: { executor: "local" as const, leaseMs: 0 } };
const LIST = { limit: 50 };

/** Makes it look as if a runner had last sent a heartbeat, and its lease been renewed, so long ago. */
async function silence(ctx: ServiceContext, runnerId: string, ms: number): Promise<void> {
  await ctx.db.execute(sql`update agentrun_runners set heartbeat_at = clock_timestamp() - ${ms} * interval '1 millisecond'
    where id = ${runnerId}`);
  await ctx.db.execute(sql`update agentrun_leases set lease_expires_at =
    clock_timestamp() + (lease_ms - ${ms}) * interval '1 millisecond' where runner_id = ${runnerId}`);
}

const stateOf = async (ctx: ServiceContext, runnerId: string) => (await getRunner(ctx, { runnerId })).state;
const idsOf = async (ctx: ServiceContext, state: RunnerState | "living") =>
  (await listRunners(ctx, { ...LIST, state })).items.map(({ id }) => id);

/** Makes a run that a launched runner has claimed, and whose turn it has been sent. */
async function launched(ctx: ServiceContext, executor: StubExecutor, sessionId: string, policy = {}) {
  const { runId, commandId } = await runWithTurn(ctx, sessionId, policy);
  await launchPending({ ctx, executor, attemptsMax: 32 });
  const spec = executor.launched.at(-1);
  if (!spec) throw new Error("nothing was launched");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: spec.runnerId, leaseMs: 20_000 });
  await ackCommand(ctx, { commandId, leaseEpoch });
  return { runId, commandId, leaseEpoch, runnerId: spec.runnerId, attemptId: spec.attemptId };
}

test("a runner is idle, busy, late, lost while its run waits, and ended once another has the run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, commandId, leaseEpoch, runnerId } = await launched(ctx, executor, "ses_life", { onLost: "continue" });
  expect(await stateOf(ctx, runnerId)).toBe("busy");
  await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed" });
  expect(await stateOf(ctx, runnerId)).toBe("idle");
  const second = await createCommand(ctx, { runId, type: "turn", payload: { text: "more" } });
  await ackCommand(ctx, { commandId: second.id, leaseEpoch });

  await silence(ctx, runnerId, 10_000);
  expect(await stateOf(ctx, runnerId), "one beat is missed").toBe("busy");
  await silence(ctx, runnerId, 11_500);
  expect(await stateOf(ctx, runnerId), "two beats are missed").toBe("late");
  expect(await idsOf(ctx, "late")).toEqual([runnerId]);
  await silence(ctx, runnerId, 20_000);
  expect(await stateOf(ctx, runnerId)).toBe("lost");

  await new LeaseSweeper({ ctx, executor }).sweep();
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending" });
  const lost = await getRunner(ctx, { runnerId });
  expect(lost).toMatchObject({ state: "lost", endKind: "lost", endMessage: "its lease ran out", endedAt: null });
  expect(lost.run).toMatchObject({ isHeld: false, attemptCount: 1, attemptMax: 3, nextAttemptAt: expect.any(String) });
  expect(await idsOf(ctx, "living")).toEqual([runnerId]);

  await ctx.pool.query("update agentrun_runs set next_attempt_at = now() - interval '1 second'");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const next = executor.launched.at(-1)?.runnerId ?? "";
  await claimRun(ctx, { runId, runnerId: next });
  expect(await stateOf(ctx, runnerId)).toBe("ended");
  expect([await idsOf(ctx, "living"), await idsOf(ctx, "ended")]).toEqual([[next], [runnerId]]);
});

test("a runner whose run has ended is draining until its process is confirmed gone", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const { runId, commandId, leaseEpoch, runnerId, attemptId } = await launched(ctx, new StubExecutor(), "ses_out");
  await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed" });
  await finishRun(ctx, { runId, leaseEpoch, terminalStatus: "completed" });
  const leaving = await getRunner(ctx, { runnerId });
  expect(leaving).toMatchObject({ state: "draining", endKind: "finished" });
  expect(leaving.refusals).toMatchObject({ drain: expect.any(String), revoke: expect.any(String), kill: null });
  await endAttempt(ctx, attemptId, { code: 0, signal: null, message: "" });
  expect(await getRunner(ctx, { runnerId })).toMatchObject({ state: "ended", endKind: "finished" });
});

test("keeps the last sixty heartbeats with their gaps and round trips", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId } = await runWithTurn(ctx, "ses_beats");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1" });
  const beat = (more = {}) => heartbeatRun(ctx, { runId, runnerId: "r1", leaseEpoch, ...more });
  await beat();
  expect((await getRunner(ctx, { runnerId: "r1" })).beats).toMatchObject({ count: 1, tripsMs: [null] });
  await silence(ctx, "r1", 12_300);
  await beat({ roundTripMs: 41, cpuPercent: 7, rssBytes: 90_000_000 });
  const told = await getRunner(ctx, { runnerId: "r1" });
  expect(told).toMatchObject({
    ...{ beatMs: 5_000, cpuPercent: 7, rssBytes: 90_000_000, leaseEpoch },
    beats: { count: 2, tripsMs: [null, 41] },
  });
  expect(told.beats.gapsMs[1]).toBeGreaterThanOrEqual(12_300);
  expect(told.beats.gapsMs[1]).toBeLessThan(14_000);
  for (let count = 3; count <= 70; count += 1) await beat({ roundTripMs: count });
  const { beats } = await getRunner(ctx, { runnerId: "r1" });
  expect(beats.count).toBe(70);
  expect(beats.tripsMs).toEqual(Array.from({ length: 60 }, (_, index) => index + 11));
  expect(beats.gapsMs).toHaveLength(60);
});

test("a heartbeat updates its row in place without touching an index", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId } = await runWithTurn(ctx, "ses_hot");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1" });
  for (let count = 0; count < 100; count += 1)
    await heartbeatRun(ctx, { runId, runnerId: "r1", leaseEpoch, roundTripMs: 3, cpuPercent: 1, rssBytes: 1 });
  await ctx.db.execute(sql`select pg_stat_force_next_flush()`);
  await expect
    .poll(async () => {
      const { rows } = await ctx.pool.query(
        "select n_tup_upd as all, n_tup_hot_upd as hot from pg_stat_user_tables where relname = 'agentrun_runners'",
      );
      return Number(rows[0].all) >= 100 && Number(rows[0].hot) / Number(rows[0].all);
    })
    .toBeGreaterThan(0.9);
});

test("a drained runner returns its waiting turns to another runner without counting an attempt", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const held = await launched(ctx, executor, "ses_drain", { maxAttempts: 1 });
  const { runId, commandId, leaseEpoch, runnerId, attemptId } = held;
  const beat = () => heartbeatRun(ctx, { runId, runnerId, leaseEpoch });
  expect(await beat()).toMatchObject({ isDraining: false, shouldYield: false });

  const drained = await drainRunner(ctx, { runnerId, reason: "the node is to be mended" });
  expect(drained).toMatchObject({
    state: "draining",
    drain: { by: "operator:admin", reason: "the node is to be mended" },
  });
  expect(await beat()).toMatchObject({ isDraining: true, shouldYield: true });
  await expect(drainRunner(ctx, { runnerId })).rejects.toMatchObject({ reason: "runner-order-refused" });
  await resumeRunner(ctx, { runnerId });
  expect(await beat()).toMatchObject({ isDraining: false });
  expect(await stateOf(ctx, runnerId)).toBe("busy");
  await drainRunner(ctx, { runnerId });

  const waiting = await createCommand(ctx, { runId, type: "turn", payload: { text: "more" } });
  await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed" });
  await releaseRun(ctx.as(runnerActor(runId, leaseEpoch)), { runId, leaseEpoch, isDrained: true });
  // Its only attempt has not been used up.
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 0 });
  await endAttempt(ctx, attemptId, { code: 0, signal: null, message: "" });
  expect(await getRunner(ctx, { runnerId })).toMatchObject({ state: "ended", endKind: "released" });
  await launchPending({ ctx, executor, attemptsMax: 8 });
  expect(executor.launched).toHaveLength(2);
  expect(await getCommand(ctx, { commandId: waiting.id })).toMatchObject({ state: "pending" });
  const { rows } = await ctx.pool.query(
    "select action, details->>'reason' as reason from agentrun_audit where target_id = $1 order by at",
    [runnerId],
  );
  expect(rows).toEqual([
    { action: "runners.drain", reason: "the node is to be mended" },
    { action: "runners.resume", reason: null },
    { action: "runners.drain", reason: null },
  ]);
});

test("a runner that claims a drain without being ordered uses up an attempt", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const { runId, leaseEpoch } = await launched(ctx, new StubExecutor(), "ses_claims");
  await createCommand(ctx, { runId, type: "turn", payload: { text: "more" } });
  await releaseRun(ctx.as(runnerActor(runId, leaseEpoch)), { runId, leaseEpoch, isDrained: true });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", attemptCount: 1 });
});

test("a drained external runner keeps its run and claims no other until it is resumed", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const mine = await createRun(ctx, { backendProfile: "codex" });
  const other = await createRun(ctx, { backendProfile: "codex" });
  await claimRun(ctx, { runId: mine.id, runnerId: "r1", nonce: "n" });
  await drainRunner(ctx, { runnerId: "r1" });
  await claimRun(ctx, { runId: mine.id, runnerId: "r1", nonce: "n" });
  await expect(claimRun(ctx, { runId: other.id, runnerId: "r1" })).rejects.toMatchObject({ reason: "runner-draining" });
  await resumeRunner(ctx, { runnerId: "r1" });
  await claimRun(ctx, { runId: other.id, runnerId: "r1" });
});

test("a drained external runner whose run has ended can be resumed and claims the next", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const mine = await createRun(ctx, { backendProfile: "codex" });
  const next = await createRun(ctx, { backendProfile: "codex" });
  await claimRun(ctx, { runId: mine.id, runnerId: "r1", nonce: "n" });
  await drainRunner(ctx, { runnerId: "r1" });
  const { leaseEpoch } = await getRun(ctx, { runId: mine.id });
  await finishRun(
    { ...ctx, actor: runnerActor(mine.id, leaseEpoch) },
    { runId: mine.id, terminalStatus: "completed", leaseEpoch },
  );
  await expect(claimRun(ctx, { runId: next.id, runnerId: "r1" })).rejects.toMatchObject({ reason: "runner-draining" });
  await resumeRunner(ctx, { runnerId: "r1" });
  await claimRun(ctx, { runId: next.id, runnerId: "r1" });
});

test("a revoked runner is fenced at once, ended by its executor, and another continues its run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, runnerId, leaseEpoch, attemptId } = await launched(ctx, executor, "ses_revoke", {
    onLost: "continue",
  });
  await revokeRunner(ctx, { runnerId, reason: "its key leaked" });
  await expect(heartbeatRun(ctx, { runId, runnerId, leaseEpoch })).rejects.toMatchObject({ reason: "lease-lost" });
  const { rows } = await ctx.pool.query("select count(*)::int as live from agentrun_tokens where revoked_at is null");
  expect(rows).toEqual([{ live: 0 }]);
  expect(await getRunner(ctx, { runnerId })).toMatchObject({ state: "lost", run: { leaseState: "fencing" } });
  await expect(revokeRunner(ctx, { runnerId })).rejects.toMatchObject({ reason: "runner-order-refused" });

  await new LeaseSweeper({ ctx, executor }).sweep();
  expect(executor.ended).toEqual([attemptId]);
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending", leaseEpoch: leaseEpoch + 1 });
  expect((await getRunner(ctx, { runnerId })).endMessage).toBe(
    "its token was revoked by operator:admin: its key leaked",
  );
});

test("a revoked external runner keeps its lease to the end; then another may claim", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { leaseMs: 0 } });
  const { runId } = await runWithTurn(ctx, "ses_outside");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1", leaseMs: 20_000 });
  expect((await getRunner(ctx, { runnerId: "r1" })).refusals.kill).toContain("somebody else");
  await expect(killRunner(ctx, { runnerId: "r1" })).rejects.toMatchObject({ reason: "runner-order-refused" });
  await revokeRunner(ctx, { runnerId: "r1" });
  const sweeper = new LeaseSweeper({ ctx, executor: new StubExecutor() });
  await sweeper.sweep();
  await expect(claimRun(ctx, { runId, runnerId: "r2" })).rejects.toMatchObject({ reason: "lease-fencing" });
  await expect(heartbeatRun(ctx, { runId, runnerId: "r1", leaseEpoch })).rejects.toMatchObject({
    reason: "lease-lost",
  });
  await ctx.db.update(leases).set({ leaseExpiresAt: sql`clock_timestamp() - interval '1 ms'` });
  await sweeper.sweep();
  expect(await claimRun(ctx, { runId, runnerId: "r2" })).toMatchObject({ claimedBy: "r2" });
  expect(await stateOf(ctx, "r1")).toBe("ended");
});

test("killed runners that stay unconfirmed are retried in turn, whatever their number", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const all: string[] = [];
  for (let index = 0; index < 18; index += 1) {
    const { runnerId, attemptId } = await launched(ctx, executor, `ses_kill_${index}`);
    await killRunner(ctx, { runnerId, reason: "it hangs" });
    all.push(attemptId);
  }
  executor.endAnswer = "unconfirmed";
  const place = await endKilled({ ctx, executor });
  expect(executor.ended).toHaveLength(16);
  expect(await endKilled({ ctx, executor }, place)).toBe("");
  expect(executor.ended.toSorted()).toEqual(all.toSorted());
  await endKilled({ ctx, executor }, "");
  expect(executor.ended.slice(18)).toEqual(executor.ended.slice(0, 16));
});

test("the worker ends a killed runner, retries while unconfirmed, and its run has the reason", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, runnerId, commandId, attemptId } = await launched(ctx, executor, "ses_kill");
  await endKilled({ ctx, executor });
  expect(executor.ended).toEqual([]);
  await killRunner(ctx, { runnerId, reason: "it hangs" });
  executor.endAnswer = "unconfirmed";
  await endKilled({ ctx, executor });
  expect(await stateOf(ctx, runnerId)).toBe("busy");
  executor.endAnswer = "gone";
  await endKilled({ ctx, executor });
  await endKilled({ ctx, executor });
  expect(executor.ended).toEqual([attemptId, attemptId]);
  const turn = await getCommand(ctx, { commandId });
  expect(turn).toMatchObject({ state: "failed", failureKind: "runner-lost" });
  expect(turn.failureMessage).toContain("operator:admin had it killed: it hangs");
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "failed", failureKind: "runner-lost" });
  expect(await getRunner(ctx, { runnerId })).toMatchObject({ state: "ended", endKind: "lost" });
});

test("only an operator of the runner's tenant may order it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId } = await runWithTurn(ctx, "ses_theirs");
  await claimRun(ctx, { runId, runnerId: "r1" });
  const stranger = ctx.as(tenantOperator("acme"));
  for (const order of [drainRunner, resumeRunner, revokeRunner, killRunner])
    await expect(order(stranger, { runnerId: "r1" })).rejects.toMatchObject({ reason: "not-found" });
  expect((await listRunners(stranger, LIST)).items).toEqual([]);
  expect((await runnerStats(stranger, {})).living).toBe(0);
  const rows = await ctx.db.select().from(audit).where(eq(audit.targetId, "r1"));
  expect(rows).toEqual([]);
});

test("finds runners by profile, placement and the ids of their work, page by page", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  for (let index = 0; index < 5; index += 1)
    await registerRunner(ctx, { id: `r${index}`, placement: `node-${index % 2}` });
  const { runId } = await runWithTurn(ctx, "ses_found");
  await claimRun(ctx, { runId, runnerId: "r4" });
  const found = async (input: object) => (await listRunners(ctx, { ...LIST, ...input })).items.map(({ id }) => id);
  expect(await found({ placement: "node-1" })).toEqual(["r3", "r1"]);
  expect(await found({ backendProfile: "codex" })).toEqual(["r4"]);
  for (const search of ["r4", runId, "ses_found"]) expect(await found({ search })).toEqual(["r4"]);
  expect(await found({ search: "nobody" })).toEqual([]);
  const first = await listRunners(ctx, { limit: 3, state: "living" });
  const rest = await listRunners(ctx, { limit: 3, state: "living", cursor: first.cursor ?? undefined });
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(["r4", "r3", "r2", "r1", "r0"]);
  expect(rest.cursor).toBeNull();
});

test("filters runners by every key of the list's query, and counts them by the same", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const held = await launched(ctx, executor, "ses_narrowed");
  const { runId, runnerId } = held;
  const pod = { id: runnerId, runId, metadata: { host: "pod-7" }, sourceCommit: "abc123" };
  await registerRunner(ctx, pod);
  await registerRunner(ctx, { id: "out", metadata: { host: "desk" }, sourceCommit: "test" });
  await registerRunner(ctx, { id: "gone" });
  await drainRunner(ctx, { runnerId: "out" });
  await ctx.pool.query("update agentrun_runners set ended_at = now(), end_kind = 'silent' where id = 'gone'");
  await ctx.pool.query("update agentrun_runners set registered_at = now() - interval '3 hours' where id = 'out'");
  await silence(ctx, "out", 7_200_000);
  const all = [runnerId, "gone", "out"];
  const { projectId } = await getRun(ctx, { runId });
  for (const [input, found] of [
    [{ host: "pod-7" }, [runnerId]],
    [{ sourceCommit: "abc" }, [runnerId]],
    [{ sourceCommit: "bc" }, []],
    [{ skew: "build" }, [runnerId]],
    [{ skew: "protocol" }, []],
    [{ projectId }, [runnerId]],
    [{ runId }, [runnerId]],
    [{ isLaunched: true }, [runnerId]],
    [{ isLaunched: false }, ["gone", "out"]],
    [{ isDrained: true }, ["out"]],
    [{ isDrained: false }, ["gone", runnerId]],
    [{ endKind: "silent" }, ["gone"]],
    [{ heardWithinMinutes: 60 }, ["gone", runnerId]],
    [{ silentForMinutes: 60 }, ["out"]],
    [{ withinHours: 1 }, ["gone", runnerId]],
    [{ olderThanMinutes: 60, state: "living" }, ["out"]],
    [{ isStuck: true }, []],
    [{ isStuck: false }, all],
    [{}, all],
  ] as const) {
    const { items } = await listRunners(ctx, { ...LIST, ...input });
    expect([input, items.map(({ id }) => id).sort()]).toEqual([input, [...found].sort()]);
    expect(await countRunnersListed(ctx, { ...LIST, ...input }, 10)).toEqual({ count: found.length, hasMore: false });
  }
  expect(await countRunnersListed(ctx, LIST, 2)).toEqual({ count: 2, hasMore: true });

  await ctx.pool.query(`update agentrun_commands set acknowledged_at = now() - interval '1 hour'`);
  await ctx.pool.query(`update agentrun_sessions set last_activity_at = now() - interval '11 minutes'`);
  const stuck = async () => (await listRunners(ctx, { ...LIST, isStuck: true })).items.map(({ id }) => id);
  expect(await stuck()).toEqual([runnerId]);
  await ctx.pool.query("update agentrun_sessions set last_activity_at = now() - interval '9 minutes'");
  expect(await stuck()).toEqual([]);
  expect(
    await listRunners({ ...ctx, settings: { ...ctx.settings, stuckAfterMs: 60_000 } }, { ...LIST, isStuck: true }),
  ).toMatchObject({ items: [{ id: runnerId }] });
});

test("records figures of live runners per minute, in total and per tenant, and ends a silent one", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await noteRunnerMinute(ctx);
  expect((await runnerHistory(ctx, { minutes: 5 })).items).toMatchObject([{ alive: 0, tripP50Ms: null }]);
  const { runId } = await runWithTurn(ctx, "ses_figures");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "busy" });
  for (const roundTripMs of [10, 20, 90]) await heartbeatRun(ctx, { runId, runnerId: "busy", leaseEpoch, roundTripMs });
  await registerRunner(ctx, { id: "idle", placement: "desk" });
  expect(await runnerStats(ctx, {})).toEqual({
    ...{ byState: { idle: 1, busy: 1, draining: 0, late: 0, lost: 0 }, living: 2, starting: 0, capacity: 32 },
    placements: ["desk"],
  });
  await noteRunnerMinute(ctx);
  const { items } = await runnerHistory(ctx, { minutes: 5 });
  expect(items.at(-1)).toMatchObject({ alive: 2, busy: 1, silent: 0, capacity: 32, tripP50Ms: 20, tripP95Ms: 83 });
  expect((await runnerHistory(ctx, { minutes: 5, tenantId: "default" })).items.at(-1)).toMatchObject({ alive: 1 });
  expect((await runnerHistory(ctx.as(tenantOperator("acme")), { minutes: 5 })).items).toEqual([]);

  await silence(ctx, "idle", 3_600_001);
  await silence(ctx, "busy", 3_600_001);
  await noteRunnerMinute(ctx);
  expect(await getRunner(ctx, { runnerId: "idle" })).toMatchObject({ state: "ended", endKind: "silent" });
  // It holds a run, so the sweeper decides what becomes of it.
  expect(await stateOf(ctx, "busy")).toBe("lost");
  await registerRunner(ctx, { id: "idle" });
  expect(await stateOf(ctx, "idle")).toBe("idle");
});

test("marks a runner of another build or protocol version", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const skewOf = async (sourceCommit: string) => (await registerRunner(ctx, { id: "r1", sourceCommit })).skew;
  expect([await skewOf("test"), await skewOf("unknown"), await skewOf("other")]).toEqual([null, null, "build"]);
  await ctx.db.update(runners).set({ protocolVersion: 1 });
  expect(await skewOf("test")).toBe("protocol");
});
