import { eq, inArray, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { ListApprovalsInput } from "@/contract/approval";
import { BULK_FILTERS, type CreateBulkInput, PreviewBulkInput } from "@/contract/bulk";
import { ListRunsInput } from "@/contract/run";
import { ListRunnersInput } from "@/contract/runner";
import { ListSessionsInput } from "@/contract/session";
import { ListStorageInput } from "@/contract/storage";
import type { Db } from "@/db/client";
import { approvals, audit, bulkActions, runs, sessionReadCursors, sessions } from "@/db/schema";
import { makeCommand, makeRun, makeSession } from "@/db/test/factories";
import { requestApproval } from "@/server/approvals";
import { ackCommand, createCommand, finishCommand, listCommands } from "@/server/commands";
import { type Actor, inTx, type ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { createTask } from "@/server/queue";
import { cancelRun, claimRun, createRun, finishRun, getRun } from "@/server/runs";
import { listSessions } from "@/server/sessions";
import { getStorage, orderGuardedEviction, pinStorage, planEviction, repairStorage } from "@/server/storage";
import { createTestStore, SYSTEM, tenantOperator } from "@/server/storage/test/context";
import {
  claimSession,
  endRun,
  makeStoredSession,
  makeUsedSession,
  readBack,
  readNote,
  runTurn,
} from "@/server/storage/test/volume";
import { runnerActor, testContext } from "@/server/test/context";
import {
  abortBulk,
  createBulk,
  getBulk,
  listBulk,
  listBulkResults,
  previewBulk,
  retryBulk,
  runBulkActions,
  undoBulk,
} from ".";

async function runAll(ctx: ServiceContext): Promise<void> {
  while ((await runBulkActions({ ...ctx, actor: SYSTEM })) > 0);
}

/** Makes an action, lets the worker do it, and returns it with each row's outcome. */
async function doBulk(ctx: ServiceContext, input: CreateBulkInput) {
  const { id: bulkId } = await createBulk(ctx, input);
  return endOf(ctx, bulkId);
}

async function endOf(ctx: ServiceContext, bulkId: string) {
  await runAll(ctx);
  const { items } = await listBulkResults(ctx, { bulkId, limit: 200 });
  const became = Object.fromEntries(items.map((item) => [item.targetId, item.message ?? item.outcome]));
  return { bulk: await getBulk(ctx, { bulkId }), items, became };
}

/** What is asked of the volume of one session fails. */
function awayFor(ctx: ServiceContext, sessionId: string, error: Error): ServiceContext {
  const find: typeof ctx.volumes.find = (name) =>
    name === ctx.volumes.nameFor(sessionId) ? Promise.reject(error) : ctx.volumes.find(name);
  return { ...ctx, volumes: Object.assign(Object.create(ctx.volumes), { find }) };
}

const viewerOf = (name: string, scopes?: string[]): Actor => ({
  ...{ kind: "operator", name, role: "viewer", tenantId: "default", tokenId: null },
  ...(scopes === undefined ? {} : { scopes }),
});

const outputSchema = { type: "object" };

async function failedRun(ctx: ServiceContext, sessionId: string, text: string): Promise<string> {
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const turn = await createCommand(ctx, { runId, type: "turn", payload: { text, outputSchema } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_f" });
  const runner = { ...ctx, actor: runnerActor(runId, leaseEpoch) };
  await ackCommand(runner, { commandId: turn.id, leaseEpoch });
  const end = { terminalStatus: "failed", failureKind: "backend-failed", failureMessage: "no" } as const;
  await finishCommand(runner, { commandId: turn.id, leaseEpoch, ...end });
  await finishRun(runner, { runId, leaseEpoch, ...end });
  return runId;
}

test("cancels the runs that the list's filter matched at preview time", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const waiting = await createRun(ctx, { backendProfile: "codex" });
  const held = await createRun(ctx, { backendProfile: "codex" });
  await claimRun(ctx, { runId: held.id, runnerId: "runner_a" });
  const over = await createRun(ctx, { backendProfile: "codex" });
  await cancelRun(ctx, { runId: over.id });
  const other = await createRun(ctx, { backendProfile: "demo" });
  const filter = { backendProfile: "codex" };
  const preview = await previewBulk(ctx, { kind: "run", action: "cancel", filter });
  expect(preview).toMatchObject({ total: 3, skipped: 1, isTooLarge: false });
  expect(preview.reasons).toEqual([{ reason: "it has ended", count: 1 }]);
  expect(preview.items.map(({ id, skip }) => [id, skip])).toEqual([
    [held.id, null],
    [waiting.id, null],
    [over.id, "it has ended"],
  ]);
  await ctx.db.update(runs).set({ createdAt: sql`created_at - interval '1 hour'` });
  const late = await createRun(ctx, { backendProfile: "codex" });
  await ctx.db
    .update(runs)
    .set({ createdAt: sql`clock_timestamp() + interval '1 minute'` })
    .where(eq(runs.id, late.id));

  const { bulk, became } = await doBulk(ctx, {
    ...{ kind: "run", action: "cancel", filter, asOf: preview.asOf, reason: "wrong branch" },
  });
  expect(bulk).toMatchObject({ state: "completed", total: 3, done: 2, unchanged: 1, refused: 0, filter });
  expect(became).toEqual({ [waiting.id]: "done", [held.id]: "done", [over.id]: "unchanged" });
  expect(await getRun(ctx, { runId: waiting.id })).toMatchObject({ status: "cancelled", cancelReason: "wrong branch" });
  expect(await getRun(ctx, { runId: held.id })).toMatchObject({ status: "claimed", cancelReason: "wrong branch" });
  for (const runId of [other.id, late.id]) expect(await getRun(ctx, { runId })).toMatchObject({ status: "pending" });
  const rows = await ctx.db.select().from(audit).where(eq(audit.action, "runs.cancel"));
  expect(rows.map(({ targetId }) => targetId).sort()).toEqual([waiting.id, held.id, over.id].sort());
});

test("retries only failed runs, with their original request", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const failed = await failedRun(ctx, "ses_again", "mend it");
  const waiting = await createRun(ctx, { backendProfile: "codex" });
  const mute = await makeRun(ctx.db as Db, { status: "failed", terminalStatus: "failed" });
  const task = await createTask(ctx, { title: "t", backendProfile: "demo", payload: {} });
  const ofTask = await makeRun(ctx.db as Db, { status: "failed", terminalStatus: "failed", taskId: task.id });
  const ids = [failed, waiting.id, mute.id, ofTask.id];
  const preview = await previewBulk(ctx, { kind: "run", action: "retry", ids });
  expect(preview.items.filter(({ skip }) => skip === null).map(({ id }) => id)).toEqual([failed]);
  expect(preview.reasons.map(({ count }) => count)).toEqual([1, 1, 1]);

  const { bulk, items, became } = await doBulk(ctx, { kind: "run", action: "retry", ids });
  expect(bulk).toMatchObject({ done: 1, refused: 3 });
  expect(became[waiting.id]).toContain("only what has failed is retried");
  expect(became[ofTask.id]).toContain("retry the task");
  expect(became[mute.id]).toContain("nothing was asked of it");
  const madeId = items.find(({ targetId }) => targetId === failed)?.madeId ?? "";
  expect(await getRun(ctx, { runId: madeId })).toMatchObject({
    status: "pending",
    sessionRef: { sessionId: "ses_again" },
  });
  const turns = await listCommands(ctx, { runId: madeId, afterSeq: 0, limit: 10 });
  expect(turns.items.map(({ type, payload }) => [type, payload])).toEqual([
    ["turn", { text: "mend it", outputSchema }],
  ]);

  // What was refused is tried again against its present state, and only once, however often the retry is called.
  await cancelRun(ctx, { runId: waiting.id });
  const again = await retryBulk(ctx, { bulkId: bulk.id });
  expect(await retryBulk(ctx, { bulkId: bulk.id })).toEqual(again);
  expect(again).toMatchObject({ total: 3, sourceId: bulk.id, action: "retry" });
  expect((await endOf(ctx, again.id)).bulk).toMatchObject({ state: "completed", done: 0, refused: 3 });
});

test("marks all unread sessions as read, and undo restores their former marks", async () => {
  await using store = await createTestStore();
  const ctx = store.as(viewerOf("vera"));
  const [a, b, c] = [
    await makeSession(store.as().db as Db),
    await makeSession(store.as().db as Db),
    await makeSession(store.as().db as Db),
  ];
  const readerId = "operator-vera";
  await ctx.db.insert(sessionReadCursors).values({ sessionId: c.sessionId, readerId, sessionVersion: c.version });
  const unread = async () => {
    const { items } = await listSessions(ctx, { state: "unread", readerId, limit: 50 });
    return items.map(({ sessionId }) => sessionId).sort();
  };
  const input: CreateBulkInput = { kind: "session", action: "read", filter: { state: "all" }, readerId };
  expect(await previewBulk(ctx, input)).toMatchObject({ total: 3, skipped: 1 });
  const { bulk } = await doBulk(ctx, input);
  expect(bulk).toMatchObject({ done: 2, unchanged: 1 });
  expect(await unread()).toEqual([]);

  const undone = await undoBulk(ctx, { bulkId: bulk.id });
  expect(await undoBulk(ctx, { bulkId: bulk.id })).toEqual(undone);
  expect((await endOf(ctx, undone.id)).bulk).toMatchObject({ action: "unread", sourceId: bulk.id, done: 2, total: 2 });
  expect(await unread()).toEqual([a.sessionId, b.sessionId].sort());

  // A viewer may set its own read marks and nothing else, and may not touch the actions of others.
  for (const action of ["pin", "cancel"] as const)
    await expect(createBulk(ctx, { kind: "session", action, ids: [a.sessionId] })).rejects.toMatchObject({
      reason: "forbidden",
    });
  await expect(abortBulk({ ...ctx, actor: viewerOf("victor") }, { bulkId: bulk.id })).rejects.toMatchObject({
    reason: "forbidden",
  });
});

test("undoing a mark as unread restores the earlier read position and no later one", async () => {
  await using store = await createTestStore();
  const ctx = store.as(viewerOf("vera"));
  const { sessionId, version } = await makeSession(store.as().db as Db);
  const fresh = await makeSession(store.as().db as Db);
  const readerId = "operator-vera";
  await ctx.db.insert(sessionReadCursors).values({ sessionId, readerId, sessionVersion: version });
  const ids = [sessionId, fresh.sessionId];
  const { bulk } = await doBulk(ctx, { kind: "session", action: "unread", ids, readerId });
  expect(bulk).toMatchObject({ done: 1, unchanged: 1 });
  await ctx.db.update(sessions).set({ title: "changed meanwhile" }).where(eq(sessions.sessionId, sessionId));
  const { id } = await undoBulk(ctx, { bulkId: bulk.id });
  await endOf(ctx, id);
  const { items } = await listSessions(ctx, { state: "unread", readerId, limit: 50 });
  expect(items.map((item) => item.sessionId).sort()).toEqual([...ids].sort());
});

test("preview and action use the instant that the caller names", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await createRun(ctx, { backendProfile: "codex" });
  const { rows } = await ctx.db.execute<{ now: string }>(sql`select clock_timestamp() as now`);
  const asOf = new Date(rows[0]?.now ?? 0).toISOString();
  await new Promise((resolve) => setTimeout(resolve, 2));
  await createRun(ctx, { backendProfile: "codex" });
  const input: CreateBulkInput = { kind: "run", action: "cancel", filter: { status: "pending" }, asOf };
  expect(await previewBulk(ctx, input)).toMatchObject({ asOf });
});

test("many actions of one tenant do not delay another tenant's", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { sessionId } = await makeSession(ctx.db as Db, { tenantId: "acme" });
  await ctx.db.execute(sql`
    insert into agentrun_bulk_actions (id, kind, tenant_id, action, total, created_by, created_at)
    select 'bulk_' || number, 'run', 'busy', 'cancel', 1, 'operator:bob', now() - interval '1 hour'
    from generate_series(1, 30) number`);
  const acme = { ...ctx, actor: tenantOperator("acme") };
  const { id: bulkId } = await createBulk(acme, { kind: "session", action: "pin", ids: [sessionId] });
  await runBulkActions({ ...ctx, actor: SYSTEM });
  expect(await getBulk(acme, { bulkId })).toMatchObject({ state: "completed" });
});

test("undo stops an action under way, and reverts only what it did", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const made = [];
  for (let index = 0; index < 60; index += 1) made.push(await makeSession(ctx.db as Db));
  const ids = made.map(({ sessionId }) => sessionId);
  await pinStorage(ctx, { sessionId: ids[0] ?? "" });
  const bulk = await createBulk(ctx, { kind: "session", action: "pin", ids, reason: "audit" });
  // One pass does only part of it.
  await runBulkActions({ ...ctx, actor: SYSTEM });
  const half = await getBulk(ctx, { bulkId: bulk.id });
  expect(half.done + half.unchanged).toBe(50);
  const undone = await undoBulk(ctx, { bulkId: bulk.id });
  expect(await getBulk(ctx, { bulkId: bulk.id })).toMatchObject({ state: "aborted", done: half.done });
  expect((await endOf(ctx, undone.id)).bulk).toMatchObject({ action: "unpin", total: half.done, done: half.done });
  const pinned = await ctx.db.select({ id: sessions.sessionId }).from(sessions).where(sql`pinned_at is not null`);
  expect(pinned).toEqual([{ id: ids[0] }]);
  await expect(
    undoBulk(ctx, { bulkId: (await createBulk(ctx, { kind: "session", action: "cancel", ids })).id }),
  ).rejects.toMatchObject({ reason: "already-terminal" });
});

test("interrupts a session's turn, cancels its runs and moves its expiry", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const busy = await claimSession(ctx, "ses_busy");
  const turn = await createCommand(ctx, { runId: busy.runId, type: "turn", payload: { text: "go" } });
  await ackCommand(busy.runner, { commandId: turn.id, leaseEpoch: busy.leaseEpoch });
  const { id: next } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_busy" } });
  const idle = await makeSession(ctx.db as Db, { expiresAt: new Date(Date.now() + 60_000) });
  const ids = ["ses_busy", idle.sessionId];
  const interrupted = await doBulk(ctx, { kind: "session", action: "interrupt", ids });
  expect(interrupted.became).toEqual({ ses_busy: "done", [idle.sessionId]: "no turn is under way" });
  const sent = await listCommands(ctx, { runId: busy.runId, afterSeq: 0, limit: 10 });
  expect(sent.items.map(({ type }) => type)).toEqual(["turn", "interrupt"]);
  expect((await doBulk(ctx, { kind: "session", action: "interrupt", ids })).bulk).toMatchObject({ unchanged: 1 });

  expect((await doBulk(ctx, { kind: "session", action: "cancel", ids })).bulk).toMatchObject({ done: 1, refused: 1 });
  expect(await getRun(ctx, { runId: next })).toMatchObject({ status: "cancelled" });
  expect((await getRun(ctx, { runId: busy.runId })).cancelRequestedAt).not.toBeNull();

  const extended = await doBulk(ctx, { kind: "session", action: "extend", ids, byMs: 86_400_000 });
  expect(extended.bulk).toMatchObject({ done: 1, refused: 1 });
  expect(extended.became.ses_busy).toContain("it never expires");
});

test("evicting many keeps the volumes that a collection would keep, and requires the confirmed count", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const gone = await makeUsedSession(ctx, { note: "kept in the archive" });
  const pinned = await makeUsedSession(ctx, { note: "pinned" });
  await pinStorage(ctx, { sessionId: pinned });
  const unsaved = await makeUsedSession(ctx, { note: "nowhere else", isArchived: false });
  const busy = await makeUsedSession(ctx, { note: "busy" });
  await claimSession(ctx, busy);
  const ids = [gone, pinned, unsaved, busy];
  const input: CreateBulkInput = { kind: "session", action: "evict", ids };
  const preview = await previewBulk(ctx, input);
  expect(preview).toMatchObject({ total: 4, skipped: 3 });
  expect(Object.fromEntries(preview.items.map(({ id, skip }) => [id, skip]))).toEqual({
    [gone]: null,
    [pinned]: "it is pinned",
    [unsaved]: "nothing holds its last turn but the volume",
    [busy]: "a run of it is not done",
  });
  await expect(createBulk(ctx, { ...input, confirmCount: 4 })).rejects.toMatchObject({
    reason: "confirmation-mismatch",
    details: { count: 1 },
  });
  expect(await ctx.db.select().from(bulkActions)).toEqual([]);

  const { bulk, became } = await doBulk(ctx, { ...input, confirmCount: 1, reason: "make room" });
  expect(bulk).toMatchObject({ done: 1, refused: 3, total: 4, state: "completed" });
  // Only what was previewed is done: what has become evictable since was not confirmed.
  expect(became).toEqual({
    [gone]: "archived",
    [pinned]: "it is pinned",
    [unsaved]: "nothing holds its last turn but the volume",
    [busy]: "a run of it is not done",
  });
  // What was kept was not confirmed either, so a retry does not evict it.
  await expect(retryBulk(ctx, { bulkId: bulk.id })).rejects.toMatchObject({ reason: "confirmation-mismatch" });
  const states = await ctx.db.select().from(sessions).where(inArray(sessions.sessionId, ids));
  expect(states.filter(({ storageState }) => storageState === "evicted").map(({ sessionId }) => sessionId)).toEqual([
    gone,
  ]);
  for (const sessionId of [pinned, unsaved, busy]) expect(await readNote(ctx, sessionId)).not.toBeNull();
  expect(await readNote(ctx, gone)).toBeNull();
  expect(await readBack(ctx, gone)).toBe("kept in the archive");
  const rows = await ctx.db.select().from(audit).where(eq(audit.action, "storage.evict"));
  expect(rows).toMatchObject([{ targetId: gone, details: { reason: "make room" } }]);
});

test("selects volumes by their list's filter, and counts actions by it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const large = { storageState: "live", storageKind: "pvc", storageSizeBytes: 2 ** 31 } as const;
  const [one, two] = [await makeStoredSession(ctx, large), await makeStoredSession(ctx, large)].sort();
  const small = await makeStoredSession(ctx, { ...large, storageSizeBytes: 1 });
  const bare = await makeSession(ctx.db as Db, { storageState: "none", storageKind: "none" });
  const asked = async (filter: object) => {
    const { items } = await previewBulk(ctx, PreviewBulkInput.parse({ kind: "volume", action: "pin", filter }));
    return items.map(({ id }) => id).sort();
  };
  expect(await asked({ largerThanBytes: 2 ** 30 })).toEqual([one, two]);
  // Filters that the list of sessions has as well keep their meaning here; no sessions view narrows them.
  expect(await asked({ storageKind: "pvc" })).toEqual([one, two, small].sort());
  expect(await asked({ storageState: "none" })).toEqual([bare.sessionId]);

  const input: CreateBulkInput = { kind: "volume", action: "pin", filter: { largerThanBytes: 2 ** 30 } };
  const { bulk } = await doBulk(ctx, input);
  expect(bulk).toMatchObject({ kind: "volume", done: 2, total: 2, filter: { largerThanBytes: 2 ** 30 } });
  expect(await asked({ pinned: true })).toEqual([one, two]);
  const { id } = await undoBulk(ctx, { bulkId: bulk.id });
  expect((await endOf(ctx, id)).bulk).toMatchObject({ action: "unpin", done: 2 });
  expect(await asked({ pinned: true })).toEqual([]);
  const byId = await doBulk(ctx, { kind: "volume", action: "pin", ids: [bare.sessionId] });
  expect(byId.bulk).toMatchObject({ total: 1 });
  const refused = PreviewBulkInput.safeParse({ kind: "volume", action: "cancel", ids: ["ses_a"] });
  expect(refused.error?.issues.map(({ path }) => path)).toEqual([["action"]]);
});

test("a turn between preview and eviction keeps the session's volume", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "first" });
  const judged = await planEviction(ctx, sessionId);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "second" });
  await endRun(held);
  const order = () => inTx(ctx, (ctx) => orderGuardedEviction(ctx, judged, null));
  await expect(order()).rejects.toMatchObject({ reason: "volume-kept" });
  expect(await readNote(ctx, sessionId)).toBe("second");
});

test("a volume that could not be removed is removed by the repair, and its eviction counts as done", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "gone" });
  const volumes = Object.assign(Object.create(ctx.volumes), { remove: () => Promise.reject(new Error("no answer")) });
  const input: CreateBulkInput = { kind: "session", action: "evict", ids: [sessionId], confirmCount: 1 };
  const { bulk } = await doBulk({ ...ctx, volumes }, input);
  expect(bulk).toMatchObject({ state: "completed", done: 1 });
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "deleting" });
  await repairStorage(ctx);
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted" });
  expect(await readBack(ctx, sessionId)).toBe("gone");
});

test.each(["executor-unavailable", "archive-unavailable", "volume-going"] as const)(
  "an action that needs an unavailable service waits, and delays no other: %s",
  async (reason) => {
    await using store = await createTestStore();
    const ctx = store.as();
    const stuck = await makeStoredSession(ctx);
    const other = await makeStoredSession(ctx);
    const away = awayFor(ctx, stuck, new UnavailableError(reason, "it is away"));
    const evict = (id: string) => createBulk(ctx, { kind: "session", action: "evict", ids: [id], confirmCount: 1 });
    const [first, second] = [await evict(stuck), await evict(other)];
    expect(await runBulkActions({ ...away, actor: SYSTEM })).toBe(1);
    expect(await getBulk(ctx, { bulkId: first.id })).toMatchObject({ endedAt: null, done: 0 });
    expect(await getBulk(ctx, { bulkId: second.id })).toMatchObject({ state: "completed", done: 1 });
  },
);

test("an overload error fails the pass, which is repeated later", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const { id: bulkId } = await createBulk(ctx, { kind: "session", action: "evict", ids: [sessionId], confirmCount: 1 });
  const away = awayFor(ctx, sessionId, new UnavailableError("overloaded", "too many tasks wait"));
  await expect(runBulkActions({ ...away, actor: SYSTEM })).rejects.toMatchObject({ reason: "overloaded" });
  expect(await endOf(ctx, bulkId)).toMatchObject({ bulk: { state: "completed", done: 1 } });
});

test("approvals can be denied with a reason, once, and cannot be accepted", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const held = await claimSession(ctx, "ses_asks");
  const turn = await createCommand(ctx, { runId: held.runId, type: "turn", payload: { text: "go" } });
  await ackCommand(held.runner, { commandId: turn.id, leaseEpoch: held.leaseEpoch });
  const ask = async (requestKey: string) =>
    (await requestApproval(held.runner, { ...held, requestKey, kind: "command", command: `rm ${requestKey}` }))
      .approvalId;
  const [one, two] = [await ask("one"), await ask("two")];
  const preview = await previewBulk(ctx, { kind: "approval", action: "deny", filter: { status: "pending" } });
  expect(preview.items.map(({ title }) => title).sort()).toEqual(["rm one", "rm two"]);
  const later = await ask("later");
  await ctx.db
    .update(approvals)
    .set({ createdAt: sql`clock_timestamp() + interval '1 minute'` })
    .where(eq(approvals.id, later));
  const input: CreateBulkInput = {
    ...{ kind: "approval", action: "deny", filter: { status: "pending" }, reason: "not on main" },
  };
  const first = await createBulk(ctx, { ...input, asOf: preview.asOf });
  const both = await createBulk(ctx, { kind: "approval", action: "deny", ids: [one, two] });
  await runAll(ctx);
  expect(await getBulk(ctx, { bulkId: first.id })).toMatchObject({ done: 2, total: 2 });
  expect(await getBulk(ctx, { bulkId: both.id })).toMatchObject({ unchanged: 2 });
  const rows = await ctx.db.select().from(approvals);
  expect(rows.map(({ id, decision, decisionReason }) => [id, decision, decisionReason]).sort()).toEqual(
    [
      [one, "decline", "not on main"],
      [two, "decline", "not on main"],
      [later, null, null],
    ].sort(),
  );
});

test("the same key returns one action, also concurrently; other content is refused", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { id } = await createRun(ctx, { backendProfile: "codex" });
  const input: CreateBulkInput = { kind: "run", action: "cancel", ids: [id], idempotencyKey: "press-1" };
  const made = await Promise.all([
    createBulk(ctx, input),
    createBulk(store.as(), input),
    createBulk(store.as(), input),
  ]);
  expect(new Set(made.map((bulk) => bulk.id)).size).toBe(1);
  expect(await ctx.db.select().from(audit).where(eq(audit.action, "bulk.create"))).toHaveLength(1);
  await expect(createBulk(ctx, { ...input, reason: "another" })).rejects.toMatchObject({
    reason: "idempotency-conflict",
  });
  // Another tenant's idempotency keys are its own.
  const acme = { ...ctx, actor: tenantOperator("acme") };
  expect((await createBulk(acme, input)).total).toBe(0);
});

test("limits a tenant's open actions, and an ended action makes room", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db.execute(sql`
    insert into agentrun_bulk_actions (id, kind, tenant_id, action, total, created_by)
    select 'bulk_' || number, 'run', 'acme', 'cancel', 1, 'operator:ann' from generate_series(1, 50) number`);
  const acme = { ...ctx, actor: tenantOperator("acme") };
  const input: CreateBulkInput = { kind: "run", action: "cancel", ids: ["run_none"] };
  await expect(createBulk(acme, input)).rejects.toMatchObject({ reason: "rate-limited", details: { max: 50 } });
  await createBulk(ctx, input);
  await abortBulk(acme, { bulkId: "bulk_7" });
  await createBulk(acme, input);
});

test("an action covers what the list shows for the same filter", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const db = ctx.db as Db;
  const mine = await makeSession(db, { projectId: "many" });
  await makeSession(db);
  const run = await makeRun(db, { projectId: "many", sessionId: mine.sessionId });
  await makeRun(db);
  const page = { projectId: "many", tenantId: "default" };
  const ofSessions: CreateBulkInput = { kind: "session", action: "pin", filter: { ...page, state: "all" } };
  const ofRuns: CreateBulkInput = { kind: "run", action: "cancel", filter: { ...page, status: "pending" } };
  expect((await previewBulk(ctx, ofSessions)).items.map(({ id }) => id)).toEqual([mine.sessionId]);
  expect((await previewBulk(ctx, ofRuns)).items.map(({ id }) => id)).toEqual([run.id]);
  for (const [filter, list] of [
    [BULK_FILTERS.session, ListSessionsInput.omit({ sessionIds: true })],
    [BULK_FILTERS.run, ListRunsInput.omit({ runIds: true })],
    [BULK_FILTERS.volume, ListStorageInput.omit({ sort: true })],
    [BULK_FILTERS.runner, ListRunnersInput],
    [BULK_FILTERS.approval, ListApprovalsInput.omit({ sort: true })],
  ] as const)
    expect([...Object.keys(filter.shape), "cursor", "limit"].sort()).toEqual(Object.keys(list.shape).sort());
});

test("a token's scopes limit which actions it may make and see", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { id } = await createRun(ctx, { backendProfile: "codex" });
  const bulk = await createBulk(ctx, { kind: "run", action: "cancel", ids: [id] });
  const scoped = (...scopes: string[]): ServiceContext => ({
    ...ctx,
    actor: { ...ctx.actor, scopes } as Actor,
  });
  const sessionsOnly = scoped("bulk", "sessions");
  await expect(createBulk(sessionsOnly, { kind: "run", action: "cancel", ids: [id] })).rejects.toMatchObject({
    reason: "forbidden",
  });
  await expect(createBulk(sessionsOnly, { kind: "session", action: "pin", ids: ["s"] })).rejects.toMatchObject({
    reason: "forbidden",
  });
  await expect(getBulk(sessionsOnly, { bulkId: bulk.id })).rejects.toMatchObject({ reason: "not-found" });
  expect((await listBulk(sessionsOnly, { limit: 10 })).items).toEqual([]);
  expect((await listBulk(scoped("bulk", "runs"), { kind: "run", limit: 10 })).items).toHaveLength(1);
  expect((await listBulk(ctx, { kind: "session", limit: 10 })).items).toEqual([]);
});

test("retries each run once although workers are killed", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const ids: string[] = [];
  for (let index = 0; index < 30; index += 1) {
    const run = await makeRun(ctx.db as Db, { status: "failed", terminalStatus: "failed", failureKind: "timeout" });
    await makeCommand(ctx.db as Db, run.id, { payload: { text: `do ${index}` }, state: "failed" });
    ids.push(run.id);
  }
  const { id: bulkId } = await createBulk(ctx, { kind: "run", action: "retry", ids });
  const dealt = async () => (await getBulk(ctx, { bulkId })).done;
  const killer = await store.database.connect();
  let kills = 0;
  for (const upTo of [3, 10, 18]) {
    const name = `victim-${upTo}`;
    await using victim = testContext({ url: `${store.database.url}?application_name=${name}` });
    const pass = runBulkActions(victim).then(
      () => "ended",
      () => "killed",
    );
    await expect.poll(dealt, { interval: 1 }).toBeGreaterThanOrEqual(upTo);
    await killer.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [name]);
    if ((await pass) === "killed") kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  // Two workers that both believe that they lead.
  await Promise.all([runAll(store.as()), runAll(store.as())]);
  await runAll(ctx);
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "completed", done: 30, refused: 0 });
  const { items } = await listBulkResults(ctx, { bulkId, limit: 200 });
  const made = items.map(({ madeId }) => madeId);
  expect(new Set(made).size).toBe(30);
  const waiting = await ctx.db.select({ id: runs.id }).from(runs).where(eq(runs.status, "pending"));
  expect(waiting.map(({ id }) => id).sort()).toEqual([...made].sort());
});
