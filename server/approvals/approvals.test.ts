import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import type { ListApprovalsInput } from "@/contract/approval";
import { approvals } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { expireLease } from "@/db/test/factories";
import { ackCommand, cancelCommand, createCommand, finishCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { listEvents } from "@/server/events";
import { claimRun, createRun } from "@/server/runs";
import { getSession } from "@/server/sessions";
import { runnerActor, type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { countApprovals, decideApproval, getApproval, listApprovals, requestApproval } from ".";

async function asking(ctx: TestContext, sessionId: string) {
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const turn = await createCommand(ctx, { runId, type: "turn", payload: { text: "go" } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  const runner: ServiceContext = ctx.as(runnerActor(runId, leaseEpoch));
  await ackCommand(runner, { commandId: turn.id, leaseEpoch });
  const ask = (requestKey: string) =>
    requestApproval(runner, { runId, leaseEpoch, requestKey, kind: "command", command: "rm -rf build", cwd: "/w" });
  return { runId, leaseEpoch, turn, runner, ask };
}

test("a repeated request in one attempt returns the same approval, and the session counts it once", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { ask } = await asking(ctx, "ses_ask");
  const [first, second] = await Promise.all([ask("req-1"), ask("req-1")]);
  expect(first.approvalId).toBe(second.approvalId);
  expect((await getSession(ctx, { sessionId: "ses_ask" })).pendingApprovals).toBe(1);
  expect(first).toMatchObject({ status: "pending", command: "rm -rf build", cwd: "/w" });
});

test("a request and its event name the sub-agent that asks", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId, leaseEpoch, runner } = await asking(ctx, "ses_helper");
  const ask = { runId, leaseEpoch, requestKey: "req-1", kind: "command" as const, agentThreadId: "thread_helper" };
  const { approvalId } = await requestApproval(runner, ask);
  expect(await getApproval(ctx, { approvalId })).toMatchObject({ agentThreadId: "thread_helper" });
  const { items } = await listApprovals(ctx, { runId, limit: 5 });
  expect(items).toMatchObject([{ agentThreadId: "thread_helper" }]);
  const { items: events } = await listEvents(ctx, { runId, afterSeq: 0, limit: 50 });
  expect(events.find((event) => event.type === "approval_request")?.payload).toMatchObject({
    ...{ approvalId, agentThreadId: "thread_helper" },
  });
});

test("the second of two concurrent decisions gets a conflict, and the runner receives one decision", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { ask, runId, runner, leaseEpoch } = await asking(ctx, "ses_decide");
  const { approvalId } = await ask("req-1");
  const decisions = await Promise.allSettled([
    decideApproval(ctx, { approvalId, decision: "accept" }),
    decideApproval(ctx, { approvalId, decision: "decline" }),
  ]);
  expect(decisions.map((decision) => decision.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(decisions.find((decision) => decision.status === "rejected")).toMatchObject({
    reason: { reason: "approval-decided" },
  });
  const { rows } = await ctx.pool.query(
    "select id, payload from agentrun_commands where run_id = $1 and type = 'approve'",
    [runId],
  );
  expect(rows).toHaveLength(1);
  const decided = await getApproval(ctx, { approvalId });
  expect(decided).toMatchObject({ status: "decided", decision: rows[0].payload.decision, decidedBy: "operator:admin" });
  await finishCommand(runner, { commandId: rows[0].id, leaseEpoch, terminalStatus: "completed" });
  expect((await getApproval(ctx, { approvalId })).status).toBe("applied");
  expect((await getSession(ctx, { sessionId: "ses_decide" })).pendingApprovals).toBe(0);
});

test("a lost attempt makes undecided approvals superseded and unconfirmed decisions ambiguous", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { ask, runId } = await asking(ctx, "ses_lost");
  const undecided = await ask("req-1");
  const unconfirmed = await ask("req-2");
  await decideApproval(ctx, { approvalId: unconfirmed.approvalId, decision: "accept" });
  await expireLease(ctx.database.db, runId);
  await claimRun(ctx, { runId, runnerId: "runner_b" });
  expect((await getApproval(ctx, undecided)).status).toBe("superseded");
  expect((await getApproval(ctx, unconfirmed)).status).toBe("ambiguous");
  await expect(decideApproval(ctx, { approvalId: undecided.approvalId, decision: "accept" })).rejects.toMatchObject({
    reason: "approval-decided",
  });
});

test("the end of the asking turn supersedes its undecided approvals", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { ask, turn, runner, leaseEpoch } = await asking(ctx, "ses_end");
  const { approvalId } = await ask("req-1");
  await finishCommand(runner, {
    commandId: turn.id,
    leaseEpoch,
    terminalStatus: "cancelled",
    failureKind: "cancelled",
  });
  expect((await getApproval(ctx, { approvalId })).status).toBe("superseded");
});

test("a request for an ended turn is superseded at once; a request without a turn stays pending", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId, leaseEpoch, turn, runner } = await asking(ctx, "ses_late");
  const ask = (requestKey: string, turnId?: string) =>
    requestApproval(runner, { runId, leaseEpoch, requestKey, kind: "command", turnId });
  const end = { leaseEpoch, terminalStatus: "completed" as const, threadId: "thread_1", turnId: "turn_1" };
  await finishCommand(runner, { commandId: turn.id, ...end });
  const late = await ask("req-1", "turn_1");
  expect(late).toMatchObject({ status: "superseded" });
  expect(await ask("req-1", "turn_1")).toMatchObject({ approvalId: late.approvalId, status: "superseded" });
  // A helper's turn has a name of its own.
  expect(await ask("req-2", "turn_of_a_helper")).toMatchObject({ status: "superseded" });
  expect((await getSession(ctx, { sessionId: "ses_late" })).pendingApprovals).toBe(0);
  const { items } = await listEvents(ctx, { runId, afterSeq: 0, limit: 50 });
  expect(items.filter(({ payload }) => payload.approvalId === late.approvalId)).toMatchObject([
    { type: "approval_request" },
    { type: "approval_decision", payload: { status: "superseded", decision: null } },
  ]);

  const next = await createCommand(ctx, { runId, type: "turn", payload: { text: "then this" } });
  await ackCommand(runner, { commandId: next.id, leaseEpoch });
  expect(await ask("req-3", "turn_1")).toMatchObject({ status: "superseded" });
  expect(await ask("req-4", "turn_2")).toMatchObject({ status: "pending" });
  await finishCommand(runner, { commandId: next.id, ...end, turnId: "turn_2" });
  expect(await ask("req-5")).toMatchObject({ status: "pending" });
});

test("a request stays pending when its runner never acknowledged a turn", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_old" } });
  await createCommand(ctx, { runId, type: "turn", payload: { text: "go" } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  const ask = { runId, leaseEpoch, requestKey: "req-1", kind: "command" as const, turnId: "turn_1" };
  expect(await requestApproval(ctx.as(runnerActor(runId, leaseEpoch)), ask)).toMatchObject({ status: "pending" });
});

test("the end of a turn that was never sent keeps the running turn's approvals pending", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId, ask, runner, leaseEpoch } = await asking(ctx, "ses_waits");
  const { approvalId } = await ask("req-1");
  const order = () => createCommand(ctx, { runId, type: "turn", payload: { text: "then this" } });
  const [cancelled, finished] = [await order(), await order()];
  await cancelCommand(ctx, { commandId: cancelled.id });
  await finishCommand(runner, { commandId: finished.id, leaseEpoch, terminalStatus: "failed" });
  expect((await getApproval(ctx, { approvalId })).status).toBe("pending");
  expect((await getSession(ctx, { sessionId: "ses_waits" })).pendingApprovals).toBe(1);
});

test("cancelling an unsent decision makes the approval pending again", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId, ask } = await asking(ctx, "ses_back");
  const { approvalId } = await ask("req-1");
  const decide = (decision: "accept" | "decline") =>
    createCommand(ctx, { runId, type: "approve", payload: { approvalId, decision } });
  const first = await decide("accept");
  await cancelCommand(ctx, { commandId: first.id });
  expect(await getApproval(ctx, { approvalId })).toMatchObject({
    status: "pending",
    decision: null,
    decidedBy: null,
    commandId: null,
  });
  expect((await getSession(ctx, { sessionId: "ses_back" })).pendingApprovals).toBe(1);
  const { rows } = await ctx.pool.query("select actor, action from agentrun_audit where target_id = $1", [approvalId]);
  expect(rows).toContainEqual({ actor: "operator:admin", action: "approvals.withdraw" });
  await decide("decline");
  expect(await getApproval(ctx, { approvalId })).toMatchObject({ status: "decided", decision: "decline" });
});

test("a withdrawn decision is superseded when its turn has ended, and ambiguous when it was sent", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId, ask, turn, runner, leaseEpoch } = await asking(ctx, "ses_after");
  const [unsent, sent] = [await ask("req-1"), await ask("req-2")];
  const decide = (approvalId: string) =>
    createCommand(ctx, { runId, type: "approve", payload: { approvalId, decision: "accept" } });
  const [waiting, delivered] = [await decide(unsent.approvalId), await decide(sent.approvalId)];
  await ackCommand(runner, { commandId: delivered.id, leaseEpoch });
  await finishCommand(runner, { commandId: turn.id, leaseEpoch, terminalStatus: "completed" });
  await cancelCommand(ctx, { commandId: waiting.id });
  await cancelCommand(ctx, { commandId: delivered.id });
  await finishCommand(runner, { commandId: delivered.id, leaseEpoch, terminalStatus: "cancelled" });
  expect((await getApproval(ctx, unsent)).status).toBe("superseded");
  expect((await getApproval(ctx, sent)).status).toBe("ambiguous");
});

test("returns not found for another tenant's approval", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { ask } = await asking(ctx, "ses_tenant");
  const { approvalId } = await ask("req-1");
  const stranger = ctx.as(tenantOperator("other"));
  await expect(getApproval(stranger, { approvalId })).rejects.toMatchObject({ reason: "not-found" });
  await expect(decideApproval(stranger, { approvalId, decision: "accept" })).rejects.toMatchObject({
    reason: "not-found",
  });
  expect((await listApprovals(stranger, { limit: 50 })).items).toEqual([]);
});

test("lists approvals by longest wait, page by page, with who asks", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const first = await asking(ctx, "ses_first");
  const oldest = await first.ask("req-1");
  const middle = await first.ask("req-2");
  const second = await asking(ctx, "ses_second");
  const newest = await second.ask("req-1");
  await ctx.pool.query("update agentrun_sessions set title = 'Fix the build' where session_id = 'ses_first'");
  const read = async (sort: "oldest" | "newest" | undefined) => {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listApprovals(ctx, { status: "pending", limit: 2, sort, cursor });
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  };
  const ids = [oldest.id, middle.id, newest.id];
  expect(await read("oldest")).toEqual(ids);
  expect(await read(undefined)).toEqual(ids.toReversed());
  const page = await listApprovals(ctx, { limit: 1, sort: "oldest" });
  const asker = { sessionTitle: "Fix the build", taskId: null, taskTitle: null, backendProfile: "codex" };
  expect(page.items[0]).toMatchObject({ ...asker, expiresAt: null });
  // A cursor of one order is invalid in the other.
  await expect(listApprovals(ctx, { limit: 1, cursor: page.cursor ?? "" })).rejects.toMatchObject({
    reason: "invalid-cursor",
  });
});

test("filters approvals by kind and project, and shows the asking turn's time limit", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { ask, runId, runner, leaseEpoch, turn } = await asking(ctx, "ses_limit");
  const { id } = await ask("req-1");
  await requestApproval(runner, { runId, leaseEpoch, requestKey: "req-2", kind: "file_change", changes: [] });
  const list = (filter: Partial<ListApprovalsInput>) => listApprovals(ctx, { limit: 50, ...filter });
  expect((await list({ kind: "file_change" })).items.map(({ kind }) => kind)).toEqual(["file_change"]);
  expect((await list({ projectId: "another" })).items).toEqual([]);
  await ctx.pool.query(`update agentrun_approvals set policy = '{"turnTimeoutMs": 60000}' where id = $1`, [id]);
  const { rows } = await ctx.pool.query("select acknowledged_at as at from agentrun_commands where id = $1", [turn.id]);
  const waiting = (await list({ kind: "command" })).items[0];
  expect(waiting?.expiresAt).toBe(new Date(rows[0].at.getTime() + 60_000).toISOString());
  // An approval that no longer waits has no expiry, whether or not its turn has a limit.
  await finishCommand(runner, { commandId: turn.id, leaseEpoch, terminalStatus: "completed" });
  expect((await list({ kind: "command" })).items[0]).toMatchObject({ status: "superseded", expiresAt: null });
});

test("finds approvals by a whole id of the approval, run or session, and by request time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [one, other] = [await asking(ctx, "ses_one"), await asking(ctx, "ses_other")];
  const [{ approvalId: first }, { approvalId: second }] = [await one.ask("req-1"), await other.ask("req-1")];
  await ctx.db
    .update(approvals)
    .set({ createdAt: new Date(Date.now() - 7_200_000) })
    .where(eq(approvals.id, first));
  const found = async (filter: Partial<ListApprovalsInput>) =>
    (await listApprovals(ctx, { limit: 50, ...filter })).items.map(({ id }) => id);
  for (const search of [first, one.runId, "ses_one"]) expect(await found({ search })).toEqual([first]);
  expect(await found({ search: "ses_" })).toEqual([]);
  expect(await found({ withinHours: 1 })).toEqual([second]);
  expect(await found({ olderThanMinutes: 60 })).toEqual([first]);
  expect(await countApprovals(ctx, { limit: 1, olderThanMinutes: 60 }, 10)).toMatchObject({ count: 1 });
  expect(await countApprovals(ctx, { limit: 1, status: "applied" }, 10)).toMatchObject({ count: 0 });
});

test("an approve command for an approval known only from events is delivered; another run's approval is not found", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId, leaseEpoch, runner } = await asking(ctx, "ses_outside");
  const payload = { approvalId: "of-its-own", decision: "accept" as const };
  const command = await createCommand(ctx, { runId, type: "approve", payload });
  expect(command).toMatchObject({ type: "approve", state: "pending", payload });
  await ackCommand(runner, { commandId: command.id, leaseEpoch });
  expect(await finishCommand(runner, { commandId: command.id, leaseEpoch, terminalStatus: "completed" })).toMatchObject(
    {
      state: "completed",
    },
  );
  const { ask } = await asking(ctx, "ses_other");
  const { approvalId } = await ask("req-1");
  await expect(
    createCommand(ctx, { runId, type: "approve", payload: { approvalId, decision: "accept" } }),
  ).rejects.toMatchObject({ reason: "not-found" });
  await expect(decideApproval(ctx, { approvalId: "of-its-own", decision: "accept" })).rejects.toMatchObject({
    reason: "not-found",
  });
});
