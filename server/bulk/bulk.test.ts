import { eq, like, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { type BulkTaskFilter, CreateBulkInput } from "@/contract/bulk";
import { takeMatching } from "@/db/queries/bulk";
import { audit, bulkActions, bulkResults, queueTasks } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { createTestQueue, type TestQueue } from "@/server/dispatcher/test/queue";
import { getTask, updateAttempt } from "@/server/queue";
import { SYSTEM, tenantOperator } from "@/server/storage/test/context";
import { testContext } from "@/server/test/context";
import {
  abortBulk,
  createBulk,
  getBulk,
  listBulk,
  listBulkResults,
  previewBulk,
  removeEndedBulk,
  runBulkActions,
} from ".";
import { sourceOf } from "./create";

/** Runs passes until no action is open. */
async function runAll(ctx: ServiceContext): Promise<void> {
  while ((await runBulkActions(ctx)) > 0);
}

async function addMany(queue: TestQueue, count: number, more = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push(await queue.add({ queue: "q", ...more }));
  return ids;
}

/** Returns the tasks to which something was done more than once, according to the audit log. */
async function doneTwice(ctx: ServiceContext, action: string): Promise<string[]> {
  const rows = await ctx.db
    .select({ taskId: audit.targetId })
    .from(audit)
    .where(eq(audit.action, action))
    .groupBy(audit.targetId)
    .having(sql`count(*) > 1`);
  return rows.map(({ taskId }) => taskId);
}

async function cancelledOf(ctx: ServiceContext): Promise<number> {
  return (await ctx.db.select({ id: queueTasks.id }).from(queueTasks).where(eq(queueTasks.state, "cancelled"))).length;
}

test("an action covers the tasks that matched, with one outcome each and the caller's name", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [waiting = "", running = "", done = "", gone = ""] = await addMany(queue, 4, { lane: "slow" });
  const other = await queue.add({ queue: "q", lane: "fast" });
  await updateAttempt(ctx, { taskId: running, state: "running", latestAttempt: null });
  await updateAttempt(ctx, { taskId: done, state: "completed", latestAttempt: null });
  await updateAttempt(ctx, { taskId: gone, state: "cancelled", latestAttempt: null });
  const ann: ServiceContext = { ...ctx, actor: { ...tenantOperator("default"), name: "ann" } as typeof ctx.actor };
  const bulk = await createBulk(ann, {
    kind: "task",
    action: "cancel",
    filter: { queue: "q", lane: "slow" },
    reason: "too slow",
  });
  expect(bulk).toMatchObject({ state: "pending", total: 4, done: 0, createdBy: "operator:ann", tenantId: "default" });
  const late = await queue.add({ queue: "q", lane: "slow" });

  await runAll({ ...ctx, actor: SYSTEM });
  expect(await getBulk(ann, { bulkId: bulk.id })).toMatchObject({
    ...{ state: "completed", total: 4, done: 2, unchanged: 1, refused: 1 },
    endedAt: expect.any(String),
  });
  const { items } = await listBulkResults(ann, { bulkId: bulk.id, limit: 50 });
  const outcomes = Object.fromEntries(items.map(({ targetId, outcome }) => [targetId, outcome]));
  expect(outcomes).toEqual({ [waiting]: "done", [running]: "done", [done]: "refused", [gone]: "unchanged" });
  expect(items.find(({ outcome }) => outcome === "refused")?.message).toContain("is completed, which is final");
  expect(await getTask(ctx, { taskId: waiting })).toMatchObject({ state: "cancelled", cancelReason: "too slow" });
  for (const taskId of [late, other]) expect(await getTask(ctx, { taskId })).toMatchObject({ state: "pending" });
  const rows = await ctx.db.select().from(audit).where(eq(audit.action, "queue.cancelTask"));
  expect(rows.map(({ actor, targetId }) => [actor, targetId]).sort()).toEqual(
    [waiting, running].map((id) => ["operator:ann", id]).sort(),
  );
});

test("retry, reprioritise and move have the same effect as on a single task", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [failed = "", waiting = ""] = await addMany(queue, 2);
  await updateAttempt(ctx, { taskId: failed, state: "failed", latestAttempt: null });
  const run = async (input: CreateBulkInput) => {
    const { id } = await createBulk(ctx, input);
    await runAll(ctx);
    return getBulk(ctx, { bulkId: id });
  };
  expect(await run({ kind: "task", action: "retry", ids: [failed, waiting, "qt_none"] })).toMatchObject({
    ...{ total: 2, done: 1, unchanged: 1 },
  });
  expect(await getTask(ctx, { taskId: failed })).toMatchObject({ state: "pending" });
  await run({ kind: "task", action: "reprioritise", filter: { queue: "q" }, priority: 7 });
  await run({ kind: "task", action: "move", filter: { state: "pending" }, lane: "fast" });
  for (const taskId of [failed, waiting])
    expect(await getTask(ctx, { taskId })).toMatchObject({ priority: 7, lane: "fast", queue: "q" });
  expect(await run({ kind: "task", action: "cancel", filter: { queue: "nowhere" } })).toMatchObject({
    state: "completed",
    total: 0,
  });
});

test("refuses an action without a condition or a required argument", async () => {
  for (const input of [
    { kind: "task", action: "cancel", filter: {} },
    { kind: "task", action: "cancel" },
    { kind: "task", action: "cancel", filter: { queue: "q" }, ids: ["qt_a"] },
    { kind: "task", action: "cancel", filter: { storageKind: "pvc" } },
    { kind: "task", action: "cancel", filter: { metadata: {} } },
    { kind: "session", action: "delete", filter: { state: "all", metadata: {} } },
    { kind: "task", action: "evict", ids: ["qt_a"] },
    { kind: "approval", action: "accept", ids: ["apr_a"] },
    { kind: "session", action: "evict", ids: ["ses_a"] },
    { kind: "session", action: "read", ids: ["ses_a"] },
    { kind: "session", action: "extend", ids: ["ses_a"] },
    { kind: "task", action: "reprioritise", filter: { queue: "q" } },
    { kind: "task", action: "move", filter: { queue: "q" } },
  ])
    expect([input, CreateBulkInput.safeParse(input).success]).toEqual([input, false]);
});

test("an action with a time filter skips tasks created outside it", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [old = "", young = ""] = await addMany(queue, 2, { lane: "slow" });
  const until = "2026-01-01T00:00:00Z";
  await ctx.db.execute(sql`update agentrun_queue_tasks set created_at = '2025-12-31' where id = ${old}`);
  const { total } = await createBulk(ctx, { kind: "task", action: "cancel", filter: { until } });
  expect(total).toBe(1);
  await runAll({ ...ctx, actor: SYSTEM });
  expect(await getTask(ctx, { taskId: old })).toMatchObject({ state: "cancelled" });
  expect(await getTask(ctx, { taskId: young })).toMatchObject({ state: "pending" });
});

test("every condition of a task filter excludes tasks that do not meet it", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const meant = { queue: "q", lane: "fast", backendProfile: "deepseek", title: "the needle" };
  await queue.add(meant);
  const conditions: Record<keyof typeof BulkTaskFilter.shape, [filter: object, other: object]> = {
    queue: [{ queue: "q" }, { queue: "r" }],
    lane: [{ lane: "fast" }, { lane: "slow" }],
    backendProfile: [{ backendProfile: "deepseek" }, { backendProfile: "codex" }],
    search: [{ search: "needle" }, { title: "hay" }],
    state: [{ state: "failed" }, {}],
    projectId: [{ projectId: "default" }, { projectId: "another" }],
    sessionId: [{ sessionId: "ses_a" }, {}],
    failureKind: [{ failureKind: "timeout" }, {}],
    concurrencyKey: [{ concurrencyKey: "k" }, { metadata: { concurrencyKey: "other" } }],
    dependsOn: [{ dependsOn: "qt_a" }, {}],
    parked: [{ parked: true }, {}],
    metadata: [{ metadata: { ticket: 7 } }, { metadata: { ticket: 8 } }],
    unread: [{ unread: false, readerId: "ann" }, {}],
    readerId: [{ unread: false, readerId: "bob" }, {}],
    since: [{ since: "2999-01-01T00:00:00Z" }, {}],
    until: [{ until: "1999-01-01T00:00:00Z" }, {}],
    withinHours: [{ withinHours: 1 }, {}],
    withinMinutes: [{ withinMinutes: 1 }, {}],
    olderThanMinutes: [{ olderThanMinutes: 1 }, {}],
  };
  for (const [name, [filter, other]] of Object.entries(conditions)) {
    const otherId = await queue.add({ ...meant, ...other });
    const isAge = name.startsWith("within");
    if (isAge)
      await ctx.db.execute(
        sql`update agentrun_queue_tasks set created_at = now() - interval '2 days' where id = ${otherId}`,
      );
    const { items } = await previewBulk(ctx, { kind: "task", action: "cancel", filter });
    expect([name, items.some(({ id }) => id === otherId)]).toEqual([name, false]);
  }
});

test("refuses an action that matches more than its maximum", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await addMany(queue, 4);
  const bulk = {
    ...{ id: "bulk_x", kind: "task" as const, tenantId: null, projectId: null, action: "cancel" as const },
    ...{ filter: { queue: "q" }, params: {}, reason: null, sourceId: null, createdBy: "operator:admin" },
    ...{ idempotencyKey: null, payloadHash: null },
  };
  const source = sourceOf(ctx, { kind: "task", action: "cancel", filter: { queue: "q" } });
  const take = (max: number) => inTx(ctx, (ctx) => takeMatching(ctx.db, bulk, { source, max, isJudged: false }));
  expect(await take(3)).toMatchObject({ total: 4, isMade: false });
  expect(await ctx.db.select().from(bulkActions)).toEqual([]);
  expect(await ctx.db.select().from(bulkResults)).toEqual([]);
  expect(await take(4)).toMatchObject({ total: 4, isMade: true });
  expect(await ctx.db.select().from(bulkResults)).toHaveLength(4);
});

test("a tenant's operator neither changes nor sees another tenant's actions", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [theirs = ""] = await addMany(queue, 1, { tenantId: "acme" });
  const [ours = ""] = await addMany(queue, 1, { tenantId: "ours" });
  const acme: ServiceContext = { ...ctx, actor: tenantOperator("acme") };
  const bulk = await createBulk(acme, { kind: "task", action: "cancel", ids: [theirs, ours] });
  const all = await createBulk(ctx, { kind: "task", action: "cancel", filter: { queue: "q" } });
  expect([bulk.total, all.total]).toEqual([1, 2]);
  const bob: ServiceContext = { ...ctx, actor: tenantOperator("ours") };
  for (const hidden of [bulk, all]) {
    for (const call of [getBulk, abortBulk])
      await expect(call(bob, { bulkId: hidden.id })).rejects.toMatchObject({ reason: "not-found" });
    await expect(listBulkResults(bob, { bulkId: hidden.id, limit: 1 })).rejects.toMatchObject({ reason: "not-found" });
  }
  expect((await listBulk(acme, { limit: 10 })).items.map(({ id }) => id)).toEqual([bulk.id]);
  const first = await listBulk(ctx, { limit: 1 });
  const second = await listBulk(ctx, { limit: 1, cursor: first.cursor ?? "" });
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([all.id, bulk.id]);
  await expect(
    createBulk(acme, { tenantId: "ours", kind: "task", action: "cancel", filter: { queue: "q" } }),
  ).rejects.toMatchObject({
    reason: "forbidden",
  });
});

test("handles each task once although its worker dies repeatedly", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await addMany(queue, 40);
  const { id: bulkId } = await createBulk(ctx, { kind: "task", action: "cancel", filter: { queue: "q" } });
  const killer = await queue.store.database.connect();
  let kills = 0;
  for (const upTo of [3, 9, 16, 24, 31]) {
    // To the database, a process whose connections are all cut in the middle of their work is a killed one.
    const name = `victim-${upTo}`;
    await using victim = testContext({ url: `${queue.store.database.url}?application_name=${name}` });
    const pass = runBulkActions(victim).then(
      () => "ended",
      () => "killed",
    );
    await expect
      .poll(async () => dealtOf(await getBulk(ctx, { bulkId })), { interval: 1 })
      .toBeGreaterThanOrEqual(upTo);
    await killer.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", [name]);
    if ((await pass) === "killed") kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  await runAll(ctx);
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "completed", total: 40, done: 40 });
  expect(await cancelledOf(ctx)).toBe(40);
  expect(await doneTwice(ctx, "queue.cancelTask")).toEqual([]);

  // Shows that the test would find the fault: an outcome that was lost after its task was done.
  const [result] = await ctx.db.select().from(bulkResults).limit(1);
  await ctx.db.update(bulkResults).set({ outcome: null });
  await ctx.db.update(bulkActions).set({ state: "running", endedAt: null, done: 0 });
  await ctx.db
    .update(queueTasks)
    .set({ state: "pending" })
    .where(eq(queueTasks.id, result?.targetId ?? ""));
  await runAll(ctx);
  expect(await doneTwice(ctx, "queue.cancelTask")).toEqual([result?.targetId]);
});

function dealtOf({ done, unchanged, refused }: { done: number; unchanged: number; refused: number }): number {
  return done + unchanged + refused;
}

test("two workers that both believe to lead handle each task once", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await addMany(queue, 20);
  const { id: bulkId } = await createBulk(ctx, { kind: "task", action: "cancel", filter: { queue: "q" } });
  await Promise.all([runAll(queue.other()), runAll(queue.other()), runAll(ctx)]);
  await runAll(ctx);
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "completed", done: 20, unchanged: 0, refused: 0 });
  expect(await doneTwice(ctx, "queue.cancelTask")).toEqual([]);
});

test("an abort stops all further steps, and finished steps are counted", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await addMany(queue, 30);
  const { id: bulkId } = await createBulk(ctx, { kind: "task", action: "cancel", filter: { queue: "q" } });
  const pass = runAll(queue.other());
  await expect.poll(() => cancelledOf(ctx), { interval: 1 }).toBeGreaterThan(2);
  const aborted = await abortBulk(ctx, { bulkId });
  const cancelled = await cancelledOf(ctx);
  await pass;
  expect(aborted).toMatchObject({ state: "aborted", done: cancelled });
  expect(cancelled).toBeLessThan(30);
  expect(await cancelledOf(ctx)).toBe(cancelled);
  expect(await getBulk(ctx, { bulkId })).toEqual(aborted);
  expect(await abortBulk(ctx, { bulkId })).toEqual(aborted);
  expect((await listBulkResults(ctx, { bulkId, limit: 200 })).items).toHaveLength(cancelled);
  const rows = await ctx.db.select().from(audit).where(like(audit.action, "bulk.%"));
  expect(rows.map(({ action }) => action).sort()).toEqual(["bulk.abort", "bulk.create"]);
});

test("removes bulk actions and their results some time after they ended", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await addMany(queue, 2);
  const { id: bulkId } = await createBulk(ctx, { kind: "task", action: "cancel", filter: { queue: "q" } });
  await runAll(ctx);
  expect(await getBulk(ctx, { bulkId })).toMatchObject({ state: "completed" });
  await ctx.db.update(bulkActions).set({ endedAt: sql`clock_timestamp() - interval '31 days'` });
  await removeEndedBulk(ctx);
  expect(await ctx.db.select().from(bulkActions)).toEqual([]);
  expect(await ctx.db.select().from(bulkResults)).toEqual([]);
});
