import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { makeRun, makeSession } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { createTask, setControl } from "@/server/queue";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { noteWorker } from "@/server/test/note-worker";
import { getOverview } from ".";

/** A run with its turn under way, whose session has said something so many minutes ago. */
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

test("what needs a person is told once, the most pressing first, and only while it does", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await noteWorker(ctx);
  expect((await getOverview(ctx, { readerId: "ann" })).needs).toEqual([]);

  const stuck = await makeTurn(ctx, "ses_stuck", 30);
  await makeTurn(ctx, "ses_busy", 1);
  // It says nothing, because it waits for an answer.
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
  // Nobody's reading is meant, or it was read.
  expect((await getOverview(ctx, {})).needs.map(({ kind }) => kind)).not.toContain("failed-session");
  await ctx.db.execute(sql`
    insert into agentrun_session_read_cursors (session_id, reader_id, session_version)
    select session_id, 'ann', version from agentrun_sessions`);
  expect((await getOverview(ctx, { readerId: "ann" })).needs.map(({ kind }) => kind)).not.toContain("failed-session");
});

test("a run that has lost one runner after the other is told of, until it is over", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeRun(ctx.db, { status: "claimed", leaseState: "held", attemptCount: 2 });
  const lost = await makeRun(ctx.db, { status: "pending", attemptCount: 3 });
  const told = async () => (await getOverview(ctx, {})).needs;
  expect(await told()).toMatchObject([
    { kind: "flapping", runId: lost.id, message: expect.stringContaining("attempt 3") },
  ]);
  await ctx.db.execute(
    sql`update agentrun_runs set status = 'failed', terminal_status = 'failed' where id = ${lost.id}`,
  );
  expect(await told()).toEqual([]);
});

test("who is bound to a tenant is told of nothing of another's", async () => {
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
