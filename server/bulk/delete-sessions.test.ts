import { eq, isNull, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateBulkInput } from "@/contract/bulk";
import type { Db } from "@/db/client";
import { audit, bulkActions, sessions } from "@/db/schema";
import { makeSession } from "@/db/test/factories";
import type { Actor, ServiceContext } from "@/server/context";
import { createTestQueue } from "@/server/dispatcher/test/queue";
import { getTask } from "@/server/queue";
import { createRun, getRun } from "@/server/runs";
import { deleteSession, getSession, listSessions } from "@/server/sessions";
import { pinStorage } from "@/server/storage";
import { createTestStore, SYSTEM, tenantOperator } from "@/server/storage/test/context";
import { claimSession, endRun } from "@/server/storage/test/volume";
import { testContext } from "@/server/test/context";
import {
  abortBulk,
  createBulk,
  getBulk,
  listBulkResults,
  previewBulk,
  readBulkOutcomes,
  retryBulk,
  runBulkActions,
  undoBulk,
} from ".";

async function runAll(ctx: ServiceContext): Promise<void> {
  while ((await runBulkActions({ ...ctx, actor: SYSTEM })) > 0);
}

const makeMany = async (ctx: ServiceContext, count: number, more: Parameters<typeof makeSession>[1] = {}) => {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push((await makeSession(ctx.db as Db, more)).sessionId);
  return ids;
};

/** The sessions that are not deleted. */
const leftOf = async (ctx: ServiceContext): Promise<string[]> => {
  const rows = await ctx.db.select({ id: sessions.sessionId }).from(sessions).where(isNull(sessions.deletedAt));
  return rows.map(({ id }) => id).sort();
};

const deletionsOf = (ctx: ServiceContext) =>
  ctx.db.select().from(audit).where(eq(audit.action, "sessions.delete")).orderBy(audit.id);

async function becameOf(ctx: ServiceContext, bulkId: string) {
  const { items } = await listBulkResults(ctx, { bulkId, limit: 200 });
  return Object.fromEntries(items.map((item) => [item.targetId, item.message ?? item.outcome]));
}

test("many sessions are deleted as one is: with what waits for them, pinned or not, and none whose run is live", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const [idle = "", pinned = "", gone = ""] = await makeMany(ctx, 3, { storageKind: "pvc", storageState: "live" });
  await pinStorage(ctx, { sessionId: pinned });
  const waiting = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_waiting" } });
  const live = await claimSession(ctx, "ses_live");
  const ids = [idle, pinned, gone, "ses_waiting", "ses_live"];
  const input = { kind: "session", action: "delete", ids } as const;

  const preview = await previewBulk(ctx, input);
  expect(preview).toMatchObject({ total: 5, skipped: 1, reasons: [{ reason: "a run of it is live", count: 1 }] });
  expect(CreateBulkInput.safeParse(input).error?.issues).toMatchObject([
    { path: ["confirmCount"], message: "is needed to delete" },
  ]);
  await expect(createBulk(ctx, { ...input, confirmCount: 5 })).rejects.toMatchObject({
    reason: "confirmation-mismatch",
    details: { count: 4 },
  });
  expect(await ctx.db.select().from(bulkActions)).toEqual([]);

  const { id: bulkId } = await createBulk(ctx, { ...input, confirmCount: 4, reason: "of an old project" });
  // Somebody else deletes one before the worker comes to it, and the run that was live ends.
  await deleteSession(ctx, { sessionId: gone });
  await endRun(live);
  await runAll(ctx);
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "completed", done: 3, unchanged: 1, refused: 1 });
  // Only what was confirmed is deleted, though nothing keeps the other any more.
  expect(await becameOf(ctx, bulkId)).toEqual({
    [idle]: "done",
    [pinned]: "done",
    [gone]: "unchanged",
    ses_waiting: "done",
    ses_live: "a run of it is live",
  });
  expect(await leftOf(ctx)).toEqual(["ses_live"]);
  expect((await listSessions(ctx, { state: "all", limit: 10 })).items).toHaveLength(1);
  expect(await getRun(ctx, { runId: waiting.id })).toMatchObject({ status: "cancelled" });
  const rows = await deletionsOf(ctx);
  expect(rows.filter(({ details }) => (details as { reason?: string }).reason === "of an old project")).toHaveLength(3);
  expect(rows.map(({ targetId }) => targetId).sort()).toEqual([idle, pinned, gone, "ses_waiting"].sort());

  // What was refused was not confirmed, and nothing brings the others back.
  await expect(retryBulk(ctx, { bulkId })).rejects.toMatchObject({ reason: "confirmation-mismatch" });
  await expect(undoBulk(ctx, { bulkId })).rejects.toMatchObject({ reason: "already-terminal" });
  expect(await getSession(ctx, { sessionId: "ses_live" })).toMatchObject({ sessionId: "ses_live" });
});

test("a run that is claimed after the confirmation keeps its session, with the words of a single deletion", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeSession(ctx.db as Db, { sessionId: "ses_used" });
  const input = { kind: "session", action: "delete", filter: { state: "all" }, confirmCount: 1 } as const;
  const { id: bulkId } = await createBulk(ctx, input);
  const { runId } = await claimSession(ctx, "ses_used");
  await runAll(ctx);
  expect(await becameOf(ctx, bulkId)).toEqual({
    ses_used: `run ${runId} of session ses_used is live: cancel it and wait for its end`,
  });
  expect((await readBulkOutcomes(ctx, { bulkId })).reasons).toMatchObject([{ outcome: "refused", count: 1 }]);
  expect(await leftOf(ctx)).toEqual(["ses_used"]);
});

test("all that match the list's filter are deleted, and nothing that was created since it was looked at", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const old = await makeMany(ctx, 3, { projectId: "old", createdAt: sql`now() - interval '1 hour'` as never });
  const [other = ""] = await makeMany(ctx, 1, { projectId: "other" });
  const asOf = new Date(Date.now() - 60_000).toISOString();
  const [late = ""] = await makeMany(ctx, 1, { projectId: "old" });
  const input = { kind: "session", action: "delete", filter: { projectId: "old", state: "all" }, asOf } as const;
  expect(await previewBulk(ctx, input)).toMatchObject({ total: 3, skipped: 0 });
  const { id: bulkId } = await createBulk(ctx, { ...input, confirmCount: 3 });
  await runAll(ctx);
  expect(Object.keys(await becameOf(ctx, bulkId)).sort()).toEqual([...old].sort());
  expect(await leftOf(ctx)).toEqual([late, other].sort());
});

test("sessions are deleted by those who may delete one: never by a viewer, or of another tenant", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const [theirs = ""] = await makeMany(ctx, 1, { tenantId: "acme" });
  const [ours = ""] = await makeMany(ctx, 1, { tenantId: "ours" });
  const input: CreateBulkInput = { kind: "session", action: "delete", ids: [theirs, ours], confirmCount: 1 };
  const as = (more: object): ServiceContext => ({ ...ctx, actor: { ...tenantOperator("acme"), ...more } as Actor });
  await expect(createBulk(as({ role: "viewer" }), input)).rejects.toMatchObject({ reason: "forbidden" });
  await expect(previewBulk(as({ role: "viewer" }), input)).rejects.toMatchObject({ reason: "forbidden" });
  for (const scopes of [["bulk"], ["bulk", "storage"]])
    await expect(createBulk(as({ scopes }), input)).rejects.toMatchObject({ reason: "forbidden" });
  // As for one session: the scope `sessions` is enough.
  const { id: bulkId, total } = await createBulk(as({ scopes: ["bulk", "sessions"] }), input);
  expect(total).toBe(1);
  for (const act of [getBulk, abortBulk])
    await expect(act({ ...ctx, actor: tenantOperator("ours") }, { bulkId })).rejects.toMatchObject({
      reason: "not-found",
    });
  await runAll(ctx);
  expect(await leftOf(ctx)).toEqual([ours]);
  expect(await deletionsOf(ctx)).toMatchObject([{ targetId: theirs, tenantId: "acme" }]);
});

test("a task's waiting run ends with its session, whose lock waits for the task's", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const taskId = await queue.add();
  await queue.dispatch();
  const { runId, sessionId } = await getTask(ctx, { taskId });
  if (runId === null || sessionId === null) throw new Error("the task was not dispatched");
  const { id: bulkId } = await createBulk(ctx, {
    ...{ kind: "session", action: "delete", ids: [sessionId], confirmCount: 1 },
  });
  const other = await queue.store.database.connect();
  await other.query("begin");
  await other.query("select from agentrun_queue_tasks where id = $1 for update", [taskId]);
  const pass = runAll(queue.other());
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await ctx.db.execute(sql.raw(waiting))).rowCount).toBe(1);
  // Whoever has the task may go on to its session: this would fail where the deletion had locked it already.
  await other.query("select from agentrun_sessions where session_id = $1 for update nowait", [sessionId]);
  await other.query("commit");
  await pass;
  expect(await becameOf(ctx, bulkId)).toEqual({ [sessionId]: "done" });
  expect(await getRun(ctx, { runId })).toMatchObject({ status: "cancelled" });
  expect(await getTask(ctx, { taskId })).toMatchObject({ state: "cancelled" });
});

test("once an abort has answered no further session is deleted", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeMany(ctx, 30);
  const { id: bulkId } = await createBulk(ctx, {
    ...{ kind: "session", action: "delete", filter: { state: "all" }, confirmCount: 30 },
  });
  const pass = runAll(store.as());
  await expect.poll(async () => (await leftOf(ctx)).length, { interval: 1 }).toBeLessThan(28);
  const aborted = await abortBulk(ctx, { bulkId });
  const left = await leftOf(ctx);
  await pass;
  expect(aborted).toMatchObject({ state: "aborted", done: 30 - left.length });
  expect(left.length).toBeGreaterThan(0);
  expect(await leftOf(ctx)).toEqual(left);
  expect(await deletionsOf(ctx)).toHaveLength(30 - left.length);
});

test("each session is deleted once, whatever becomes of the workers that do it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const ids = await makeMany(ctx, 30);
  const { id: bulkId } = await createBulk(ctx, { kind: "session", action: "delete", ids, confirmCount: 30 });
  const killer = await store.database.connect();
  let kills = 0;
  for (const upTo of [3, 10, 18]) {
    // To the database, a process whose connections are all cut in the middle of their work is a killed one.
    const name = `victim-${upTo}`;
    await using victim = testContext({ url: `${store.database.url}?application_name=${name}` });
    const pass = runBulkActions(victim).then(
      () => "ended",
      () => "killed",
    );
    await expect.poll(async () => (await getBulk(ctx, { bulkId })).done, { interval: 1 }).toBeGreaterThanOrEqual(upTo);
    await killer.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [name]);
    if ((await pass) === "killed") kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  await Promise.all([runAll(store.as()), runAll(store.as())]);
  await runAll(ctx);
  // Nothing was found deleted already: an outcome is never lost after its session.
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "completed", done: 30, unchanged: 0, refused: 0 });
  expect((await deletionsOf(ctx)).map(({ targetId }) => targetId).sort()).toEqual([...ids].sort());
});

test("a session that the database has no time for stays to be deleted, and holds up no other", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const [slow = "", other = ""] = await makeMany(ctx, 2);
  const client = await store.database.connect();
  await client.query(`create function out_of_time() returns trigger language plpgsql as $$ begin
      if new.session_id = '${slow}' then raise exception 'too slow' using errcode = '57014'; end if; return new; end $$;
    create trigger out_of_time before update on agentrun_sessions for each row execute function out_of_time()`);
  const input = { kind: "session", action: "delete" } as const;
  const { id: bulkId } = await createBulk(ctx, { ...input, ids: [slow, other], confirmCount: 2 });
  const [third = ""] = await makeMany(ctx, 1, { tenantId: "theirs" });
  const theirs = await createBulk(ctx, { ...input, ids: [third], tenantId: "theirs", confirmCount: 1 });
  await runAll(ctx);
  expect(await leftOf(ctx)).toEqual([slow]);
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "running", done: 1, refused: 0 });
  expect(await getBulk(ctx, { bulkId: theirs.id })).toMatchObject({ state: "completed", done: 1 });
  await client.query("drop trigger out_of_time on agentrun_sessions");
  await runAll(ctx);
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "completed", done: 2 });
});
