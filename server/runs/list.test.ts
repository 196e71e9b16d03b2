import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { ListRunsInput, RunStatsInput } from "@/contract/run";
import type { TerminalStatus } from "@/contract/words";
import type { runs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeRun, makeSession, unique } from "@/db/test/factories";
import { decideApproval, requestApproval } from "@/server/approvals";
import { ackCommand, createCommand, finishCommand } from "@/server/commands";
import { createTask } from "@/server/queue";
import { runnerActor, tenantOperator, testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { claimRun, finishRun, listRuns, runOutcomes, runStats } from ".";
import { COUNTED_MAX } from "./stats";

const asked = (input: Partial<ListRunsInput>) => ListRunsInput.parse(input);
/** More failures than are counted. */
const MANY = COUNTED_MAX + 2_500;
const BATCH = 2_500;
const HOUR_AGO = sql<Date>`now() - interval '61 minutes'`;

test("finds runs by each filter, alone and combined", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId } = await makeSession(ctx.db, { title: "Tidy up" });
  const task = await createTask(ctx, { title: "Nightly", backendProfile: "codex", payload: {} });
  const ofSession = await makeRun(ctx.db, { sessionId });
  const ofTask = await makeRun(ctx.db, { taskId: task.id, sessionId, backendProfile: "demo" });
  const failed = await makeRun(ctx.db, { status: "failed", terminalStatus: "failed", failureKind: "timeout" });
  const turnFailed = await makeRun(ctx.db, {
    ...{ status: "completed", terminalStatus: "completed", turnFailureKind: "backend-failed" },
    createdAt: sql`now() - interval '3 hours'` as never,
  });
  const old = await makeRun(ctx.db, { createdAt: HOUR_AGO as never });
  const idsOf = async (input: Partial<ListRunsInput>) =>
    (await listRuns(ctx, asked(input))).items.map(({ id }) => id).sort();

  const sorted = (...ids: string[]) => ids.sort();
  expect(await idsOf({ failureKind: "timeout" })).toEqual([failed.id]);
  expect(await idsOf({ status: "failed", failureKind: "storage-full" })).toEqual([]);
  expect(await idsOf({ status: "failed" })).toEqual([failed.id]);
  expect(await idsOf({ outcome: "failed" })).toEqual(sorted(failed.id, turnFailed.id));
  expect(await idsOf({ outcome: "turn-failed" })).toEqual([turnFailed.id]);
  expect(await idsOf({ outcome: "failed", failureKind: "backend-failed" })).toEqual([turnFailed.id]);
  expect(await idsOf({ taskId: task.id })).toEqual([ofTask.id]);
  expect(await idsOf({ backendProfile: "demo" })).toEqual([ofTask.id]);
  expect(await idsOf({ search: sessionId })).toEqual(sorted(ofSession.id, ofTask.id));
  expect(await idsOf({ search: task.id })).toEqual([ofTask.id]);
  expect(await idsOf({ search: failed.id })).toEqual([failed.id]);
  expect(await idsOf({ search: failed.id.slice(0, -1) })).toEqual([]);
  expect(await idsOf({ runIds: [ofTask.id, old.id, "run_nobody"] })).toEqual(sorted(ofTask.id, old.id));
  expect(await idsOf({ runIds: [ofTask.id, old.id], withinHours: 1 })).toEqual([ofTask.id]);
  expect(await idsOf({ withinHours: 1 })).toEqual(sorted(ofSession.id, ofTask.id, failed.id));
  expect(await idsOf({ withinMinutes: 62 })).toHaveLength(4);
  expect(await idsOf({ withinMinutes: 60 })).toEqual(sorted(ofSession.id, ofTask.id, failed.id));
  expect(await idsOf({ olderThanMinutes: 60 })).toEqual(sorted(old.id, turnFailed.id));
  expect(await idsOf({ olderThanMinutes: 62 })).toEqual([turnFailed.id]);
  expect(await idsOf({ until: new Date(Date.now() - 3_600_000).toISOString() })).toEqual(sorted(old.id, turnFailed.id));
  expect(await idsOf({ since: old.createdAt.toISOString(), until: failed.createdAt.toISOString() })).toContain(old.id);

  const { items } = await listRuns(ctx, asked({}));
  const titles = Object.fromEntries(items.map(({ id, title }) => [id, title]));
  expect(titles).toEqual({
    [ofSession.id]: "Tidy up",
    [ofTask.id]: "Nightly",
    [failed.id]: null,
    [old.id]: null,
    [turnFailed.id]: null,
  });
});

test("a run of a list tells how many approvals its agent waits for", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId } = await makeSession(ctx.db);
  const { id: runId } = await makeRun(ctx.db, { sessionId });
  const next = await makeRun(ctx.db, { sessionId });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  const pending = async () =>
    new Map((await listRuns(ctx, asked({ sessionId }))).items.map((run) => [run.id, run.pendingApprovals]));
  expect([...(await pending()).values()]).toEqual([0, 0]);

  const runner = ctx.as(runnerActor(runId, leaseEpoch));
  const { approvalId } = await requestApproval(runner, {
    ...{ runId, leaseEpoch, kind: "command", requestKey: "1", command: "rm -rf build" },
  });
  expect(await pending()).toEqual(
    new Map([
      [runId, 1],
      [next.id, 0],
    ]),
  );
  await decideApproval(ctx, { approvalId, decision: "accept" });
  expect((await pending()).get(runId)).toBe(0);
});

test("a run keeps its first claim's time over later attempts", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.db);
  const claimed = await claimRun(ctx, { runId, runnerId: "runner_a" });
  expect(claimed.startedAt).not.toBeNull();
  await finishRun(ctx.as(runnerActor(runId, claimed.leaseEpoch)), {
    ...{ runId, leaseEpoch: claimed.leaseEpoch, terminalStatus: "completed" },
  });
  const [run] = (await listRuns(ctx, asked({ search: runId }))).items;
  expect(run?.startedAt).toBe(claimed.startedAt);
});

test.each([
  ["failed", "backend-failed"],
  ["completed", null],
] as const)("a run completed after a turn that %s has the failure kind %s", async (last, kind) => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.db);
  const send = (text: string) => createCommand(ctx, { runId, type: "turn", payload: { text } });
  const turns = [await send("first"), await send("second")];
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  const runner = ctx.as(runnerActor(runId, leaseEpoch));
  for (const { id: commandId } of turns) {
    await ackCommand(runner, { commandId, leaseEpoch });
    const isLast = commandId === turns[1]?.id;
    const end = isLast && last === "completed" ? {} : { failureKind: "backend-failed" as const };
    await finishCommand(runner, { commandId, leaseEpoch, terminalStatus: isLast ? last : "failed", ...end });
  }
  const ended = await finishRun(runner, { runId, leaseEpoch, terminalStatus: "completed" });
  expect(ended).toMatchObject({ status: "completed", failureKind: null, turnFailureKind: kind });
  expect((await listRuns(ctx, asked({ outcome: "failed" }))).items).toHaveLength(kind === null ? 0 : 1);
});

test("counts recent failures by kind, per tenant", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const fail = (failureKind: string | null, more: Partial<typeof runs.$inferInsert> = {}) =>
    makeRun(ctx.db, { status: "failed", terminalStatus: "failed", failureKind, ...more });
  await fail("timeout");
  await fail("timeout");
  await fail(null);
  await fail("runner-lost", { tenantId: "acme" });
  await makeRun(ctx.db, { status: "completed", terminalStatus: "completed", turnFailureKind: "timeout" });
  await makeRun(ctx.db, { status: "completed", terminalStatus: "completed" });
  await fail("storage-full", { createdAt: HOUR_AGO as never });
  await makeRun(ctx.db, { status: "cancelled", terminalStatus: "cancelled", failureKind: "cancelled" });
  const stats = (ctxOf: typeof ctx | ReturnType<typeof ctx.as>, input = {}) =>
    runStats(ctxOf, RunStatsInput.parse({ withinHours: 1, ...input }));

  expect(await stats(ctx)).toEqual({
    ...{ failed: 5, turnsFailed: 1 },
    byFailureKind: [
      { failureKind: "timeout", count: 3 },
      { failureKind: "runner-lost", count: 1 },
      { failureKind: null, count: 1 },
    ],
    isPartial: false,
    withinHours: 1,
  });
  expect((await stats(ctx.as(tenantOperator("acme")))).byFailureKind).toEqual([
    { failureKind: "runner-lost", count: 1 },
  ]);
  expect((await stats(ctx, { withinHours: 24 })).failed).toBe(6);
});

test("counts how runs ended by the hour of their creation, per tenant", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const end = (status: TerminalStatus, more: Partial<typeof runs.$inferInsert> = {}) =>
    makeRun(ctx.db, { status, terminalStatus: status, ...more });
  const hoursAgo = (hours: number) => sql`date_trunc('hour', now(), 'UTC') - ${hours} * interval '1 hour'` as never;
  await end("completed", { createdAt: hoursAgo(1), turnFailureKind: "timeout" });
  await end("completed", { createdAt: hoursAgo(1) });
  await end("failed", { createdAt: hoursAgo(1), failureKind: "timeout" });
  await end("cancelled", { createdAt: hoursAgo(3) });
  await end("completed", { createdAt: hoursAgo(4) });
  await end("failed", { createdAt: hoursAgo(1), tenantId: "acme" });
  await makeRun(ctx.db, { status: "claimed", createdAt: hoursAgo(1) });
  const outcomes = (ctxOf: typeof ctx | ReturnType<typeof ctx.as>) =>
    runOutcomes(ctxOf, RunStatsInput.parse({ withinHours: 4 }));

  const told = await outcomes(ctx);
  const hour = (index: number) => new Date(Date.parse(told.from) + index * 3_600_000).toISOString();
  expect(told).toMatchObject({ stepMinutes: 60, isPartial: false });
  expect(told.items).toEqual([
    { hour: hour(0), completed: 0, failed: 0, cancelled: 1, turnsFailed: 0 },
    { hour: hour(2), completed: 2, failed: 2, cancelled: 0, turnsFailed: 1 },
  ]);
  expect((await outcomes(ctx.as(tenantOperator("acme")))).items).toEqual([
    { hour: hour(2), completed: 0, failed: 1, cancelled: 0, turnsFailed: 0 },
  ]);
});

test("no list filter and no count reads the whole table", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const word = unique("many");
  // The filters' matches are the oldest of very many, so a list that walks its order finds them last.
  for (let from = 1; from <= MANY; from += BATCH)
    await ctx.pool.query(
      `insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy,
         status, terminal_status, failure_kind, created_at, updated_at, task_id, session_id)
       select $1 || n, case when n <= 20 then 'rare' else 'default' end, 'default', '{}', 'default',
         case when n <= 20 then 'rare' else 'codex' end, '{}',
         case when n <= 20 or n > 1000 then 'failed' else 'completed' end, 'failed',
         case when n <= 20 then 'rare' when n > 1000 then 'timeout' end, now() - interval '1 second' * ($4 - n), now(),
         case when n <= 20 then 'qt_rare' else 'qt_' || n end, case when n <= 20 then 'ses_rare' else 'ses_' || n end
       from generate_series($2::int, $3::int) n`,
      [word, from, from + BATCH - 1, MANY],
    );
  await ctx.pool.query("analyze agentrun_runs");
  const rare: Partial<ListRunsInput>[] = [
    { failureKind: "rare" },
    { backendProfile: "rare" },
    { taskId: "qt_rare" },
    { sessionId: "ses_rare" },
    { search: "ses_rare" },
    { search: "qt_rare" },
    { tenantId: "rare" },
    { tenantId: "rare", status: "failed" },
    { until: new Date(Date.now() - (MANY - 20) * 1_000).toISOString() },
  ];
  for (const filter of rare) {
    const read = await rowsRead(ctx, "agentrun_runs", (ctx) => listRuns(ctx, asked({ ...filter, limit: 50 })));
    expect(read, JSON.stringify(filter)).toBeLessThan(400);
  }
  // Without its index, a filter does read further; so the measurement would notice.
  await ctx.pool.query("drop index agentrun_runs_profile_created_idx");
  const unserved = asked({ backendProfile: "rare", limit: 50 });
  expect(await rowsRead(ctx, "agentrun_runs", (ctx) => listRuns(ctx, unserved))).toBeGreaterThan(10_000);

  const rareStats = RunStatsInput.parse({ tenantId: "rare" });
  expect(await rowsRead(ctx, "agentrun_runs", (ctx) => runStats(ctx, rareStats))).toBeLessThan(400);
  expect(await rowsRead(ctx, "agentrun_runs", (ctx) => runOutcomes(ctx, rareStats))).toBeLessThan(400);
  const stats = await runStats(ctx, RunStatsInput.parse({}));
  const outcomes = await runOutcomes(ctx, RunStatsInput.parse({}));
  expect(outcomes.isPartial).toBe(true);
  expect(outcomes.items.reduce((sum, { failed }) => sum + failed, 0)).toBe(COUNTED_MAX + 1);
  expect(stats).toMatchObject({ isPartial: true, failed: COUNTED_MAX + 1 });
});
