import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { makeRun, makeSession } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { createTask, createTasks, setControl } from "@/server/queue";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { noteWorker } from "@/server/test/note-worker";
import { getOverview } from ".";

/** Makes a run with a turn under way, whose session last said something so many minutes ago. */
async function makeTurn(ctx: ServiceContext, sessionId: string, quietMinutes: number): Promise<string> {
  await makeSession(ctx.db, { sessionId, title: `About ${sessionId}`, executionState: "running" });
  const run = await makeRun(ctx.db, { sessionId, status: "claimed", leaseEpoch: 1, leaseState: "held" });
  const at = sql`now() - ${quietMinutes} * interval '1 minute'`;
  await ctx.db.execute(sql`
    insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state, acknowledged_at)
    values (${`cmd_${sessionId}`}, ${run.id}, 1, 'turn', '{}', '', 'acknowledged', ${at})`);
  await ctx.db.execute(sql`update agentrun_sessions set last_activity_at = ${at} where session_id = ${sessionId}`);
  return run.id;
}

function ask(ctx: ServiceContext, runId: string, minutesAgo: number) {
  return ctx.db.execute(sql`
    insert into agentrun_approvals (id, tenant_id, project_id, run_id, lease_epoch, request_key, kind, command, policy, created_at)
    values (${`apr_${runId}`}, 'default', 'default', ${runId}, 1, 'k', 'command', 'rm -r build', '{}',
      now() - ${minutesAgo} * interval '1 minute')`);
}

test("lists each open need once, the most urgent first, and only while it lasts", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteWorker(ctx);
  expect((await getOverview(ctx, { readerId: "ann" })).needs).toEqual([]);

  const stuck = await makeTurn(ctx, "ses_stuck", 30);
  await makeTurn(ctx, "ses_busy", 1);
  // It is silent because it waits for an answer.
  const asking = await makeTurn(ctx, "ses_asking", 45);
  await ask(ctx, asking, 44);
  const fencing = await makeTurn(ctx, "ses_fencing", 5);
  await ctx.db.execute(
    sql`update agentrun_runs set lease_state = 'fencing', claimed_by = 'runner_1' where id = ${fencing}`,
  );
  await makeSession(ctx.db, {
    sessionId: "ses_failed",
    title: "Failed",
    executionState: "terminal",
    terminalStatus: "failed",
    failureKind: "backend-failed",
  });
  await setControl(ctx, { queue: "ci", state: "paused", reason: "the fair" });
  await createTask(ctx, { title: "Waits", queue: "ci", backendProfile: "codex", payload: {} });

  const overview = await getOverview(ctx, { readerId: "ann" });
  expect(overview.needs.map(({ kind, sessionId, runId }) => [kind, sessionId, runId])).toEqual([
    ["approval", "ses_asking", asking],
    ["fencing", "ses_fencing", fencing],
    ["stuck", "ses_stuck", stuck],
    ["paused", null, null],
    ["failed-session", "ses_failed", null],
  ]);
  expect(overview.needs[0]).toMatchObject({
    title: "About ses_asking",
    message: expect.stringContaining("rm -r build"),
  });
  expect(overview.needs[3]).toMatchObject({ queue: "ci", message: expect.stringContaining("the fair") });
  expect(overview).toMatchObject({ approvals: 1, runs: { claimed: 4, pending: 0 }, queue: { waiting: 1, running: 0 } });
  // Either no reader was given, or the failure was read.
  expect((await getOverview(ctx, {})).needs.map(({ kind }) => kind)).not.toContain("failed-session");
  await ctx.db.execute(sql`
    insert into agentrun_session_read_cursors (session_id, reader_id, session_version)
    select session_id, 'ann', version from agentrun_sessions`);
  expect((await getOverview(ctx, { readerId: "ann" })).needs.map(({ kind }) => kind)).not.toContain("failed-session");
});

test("lists the first needs of a frequent kind, and counts all", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteWorker(ctx);
  await makeTurn(ctx, "ses_stuck", 30);
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, execution_state, terminal_status)
    select 'ses_failed_' || n, 'default', 'default', 'codex', 'terminal', 'failed' from generate_series(1, 143) n`);
  const parked = Array.from({ length: 31 }, () => ({ title: "Parked", backendProfile: "codex", payload: {} }));
  await createTasks(ctx, { tasks: parked });
  await ctx.db.execute(sql`
    update agentrun_queue_tasks set parked_at = now(), not_before = '9999-12-31 00:00:00+00'`);
  const { needs, needCounts } = await getOverview(ctx, { readerId: "ann" });
  const listed = (kind: string) => needs.filter((need) => need.kind === kind).length;
  expect([listed("stuck"), listed("parked"), listed("failed-session")]).toEqual([1, 20, 20]);
  expect(needCounts).toEqual([
    { kind: "stuck", count: 1, hasMore: false },
    { kind: "parked", count: 31, hasMore: false },
    { kind: "failed-session", count: 143, hasMore: false },
  ]);
  const own = await getOverview(store.as(tenantOperator("acme")), { readerId: "ann" });
  expect(own.needCounts).toEqual([]);
});

test("reports a run that lost several runners until it ends", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeRun(ctx.db, { status: "claimed", leaseState: "held", attemptCount: 2 });
  const lost = await makeRun(ctx.db, { status: "pending", attemptCount: 3 });
  await noteWorker(ctx);
  const told = async () => (await getOverview(ctx, {})).needs;
  expect(await told()).toMatchObject([
    { kind: "flapping", runId: lost.id, message: expect.stringContaining("ended 3 times") },
  ]);
  await ctx.db.execute(
    sql`update agentrun_runs set status = 'failed', terminal_status = 'failed' where id = ${lost.id}`,
  );
  expect(await told()).toEqual([]);
});

test("a tenant's caller sees nothing of another tenant's", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteWorker(ctx);
  const runId = await makeTurn(ctx, "ses_stuck", 30);
  await ask(ctx, await makeTurn(ctx, "ses_asking", 45), 44);
  await createTask(ctx, { title: "Waits", backendProfile: "codex", payload: {} });
  const own = await getOverview(store.as(tenantOperator("acme")), { readerId: "ann" });
  expect(own).toMatchObject({
    needs: [],
    approvals: 0,
    runs: { claimed: 0 },
    runners: { live: 0 },
    queue: { waiting: 0 },
  });
  const asked = await getOverview(ctx, { tenantId: "acme" });
  expect(asked.needs).toEqual([]);
  expect((await getOverview(ctx, { tenantId: "default" })).needs.map((need) => need.runId)).toContain(runId);
});

test("a missing worker or a stopped loop is the first need", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const needs = async () => (await getOverview(ctx, {})).needs.map(({ kind, message }) => [kind, message]);
  const long = sql`interval '10 minutes'`;
  // A new database still waits for its worker.
  await ctx.db.execute(sql`update agentrun_schema_migrations set applied_at = clock_timestamp()`);
  expect(await needs()).toEqual([]);
  await ctx.db.execute(sql`update agentrun_schema_migrations set applied_at = clock_timestamp() - ${long}`);
  await ask(ctx, await makeTurn(ctx, "ses_asking", 1), 1);
  const approval = ["approval", "the agent asks to run rm -r build"];
  const away = ["worker-away", expect.stringContaining("no run starts")];
  expect(await needs()).toEqual([away, approval]);

  await noteWorker(ctx, { purge: { failures: 3, failure: "refused" } });
  expect(await needs()).toEqual([
    ["loop-stopped", expect.stringMatching(/^purge, which .* keeps failing: refused$/)],
    approval,
  ]);
  await noteWorker(ctx);
  expect(await needs()).toEqual([approval]);
  await ctx.db.execute(sql`update agentrun_loops set noted_at = noted_at - ${long}`);
  expect(await needs()).toEqual([away, approval]);
});

test("reports a volume more than four fifths full, unless it is evicted", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteWorker(ctx);
  const make = (sessionId: string, storageSizeBytes: number, storageState: "live" | "evicted" = "live") =>
    makeSession(ctx.db, {
      ...{ sessionId, title: sessionId, storageSizeBytes, storageState, storageCapacityBytes: 1_000 },
      ...{ storageKind: storageState === "live" ? "pvc" : "evicted", storageUpdatedAt: new Date() },
    });
  await make("ses_half", 800);
  await make("ses_gone", 999, "evicted");
  expect((await getOverview(ctx, {})).needs).toEqual([]);
  await make("ses_full", 850);
  expect((await getOverview(ctx, {})).needs).toMatchObject([
    { kind: "volume-full", sessionId: "ses_full", title: "ses_full", message: expect.stringContaining("85% full") },
  ]);
  expect((await getOverview(store.as(tenantOperator("acme")), {})).needs).toEqual([]);
});
