import { asc, desc, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { ListTasksInput, TaskState } from "@/contract/queue";
import { queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import {
  cancelTask,
  countTasks,
  createTask,
  getTask,
  listTasks,
  markTaskRead,
  queueCommander,
  queueStats,
  updateAttempt,
} from ".";

async function makeTask(ctx: ServiceContext, values: Partial<typeof queueTasks.$inferInsert>): Promise<string> {
  const [row] = await ctx.db
    .insert(queueTasks)
    .values({
      id: `qt_${Math.random().toString(36).slice(2)}`,
      tenantId: "default",
      projectId: "default",
      queue: "default",
      lane: "default",
      title: "task",
      priority: 0,
      state: "pending",
      version: 0,
      backendProfile: "codex",
      payload: {},
      payloadHash: "",
      ...values,
    })
    .returning();
  return row?.id ?? "";
}

/** The order in which the screen lists tasks. */
const LIST_ORDER = [desc(queueTasks.priority), asc(queueTasks.createdAt), asc(queueTasks.id)];

async function allPages(ctx: ServiceContext, filter: Partial<ListTasksInput>, limit = 3): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listTasks(ctx, { ...filter, limit, ...(cursor ? { cursor } : {}) });
    ids.push(...page.items.map((task) => task.id));
    cursor = page.cursor;
  }
  return ids;
}

test("pages ordered by priority, age and id hold every match once", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const at = new Date("2026-01-01T00:00:00Z");
  const later = new Date("2026-01-02T00:00:00Z");
  for (const id of ["qt_b", "qt_a", "qt_c", "qt_d"]) await makeTask(ctx, { id, createdAt: at, priority: 1 });
  await makeTask(ctx, { id: "qt_urgent", createdAt: later, priority: 9, queue: "q2" });
  await makeTask(ctx, { id: "qt_late", createdAt: later, priority: 1, state: "running" });
  for (const id of ["qt_x", "qt_y"]) await makeTask(ctx, { id, createdAt: at, priority: -1, lane: "slow" });
  const order = ["qt_urgent", "qt_a", "qt_b", "qt_c", "qt_d", "qt_late", "qt_x", "qt_y"];
  expect(await allPages(ctx, {})).toEqual(order);
  expect(await allPages(ctx, { queue: "q2" })).toEqual(["qt_urgent"]);
  expect(await allPages(ctx, { lane: "slow" })).toEqual(["qt_x", "qt_y"]);
  expect(await allPages(ctx, { state: "running" })).toEqual(["qt_late"]);
  expect(await allPages(ctx, { state: "failed" })).toEqual([]);
});

test("refuses a cursor with another filter, and a forged one", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  for (let index = 0; index < 3; index += 1) await makeTask(ctx, {});
  const { cursor } = await listTasks(ctx, { limit: 1 });
  expect(cursor).not.toBeNull();
  const given = cursor ?? "";
  await expect(listTasks(ctx, { limit: 1, queue: "default", cursor: given })).rejects.toMatchObject({
    reason: "invalid-cursor",
  });
  await expect(listTasks(ctx, { limit: 1, cursor: given.slice(2) })).rejects.toMatchObject({
    reason: "invalid-cursor",
  });
});

test("searches titles literally, including wildcards, and ids", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeTask(ctx, { id: "qt_1", title: "Mend 100% of it" });
  await makeTask(ctx, { id: "qt_2", title: "mend 1000 things" });
  expect(await allPages(ctx, { search: "100%" })).toEqual(["qt_1"]);
  expect(await allPages(ctx, { search: "MEND" })).toHaveLength(2);
  expect(await allPages(ctx, { search: "qt_2" })).toEqual(["qt_2"]);
});

test("a task is unread until its reader has read its version, and a mark never moves back", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const task = await createTask(ctx, { title: "t", backendProfile: "codex", payload: {} });
  const reader = { taskId: task.id, readerId: "ann" };
  expect((await getTask(ctx, reader)).unread).toBe(true);
  await markTaskRead(ctx, reader);
  expect((await getTask(ctx, reader)).unread).toBe(false);
  const changed = await updateAttempt(ctx, { taskId: task.id, state: "running", latestAttempt: { n: 1 } });
  expect(changed.version).toBeGreaterThan(task.version);
  expect((await listTasks(ctx, { limit: 50, readerId: "ann" })).items[0]?.unread).toBe(true);
  await markTaskRead(ctx, reader);
  expect(await markTaskRead(ctx, { ...reader, version: task.version })).toMatchObject({ taskVersion: changed.version });
  await expect(markTaskRead(ctx, { ...reader, version: changed.version + 1 })).rejects.toMatchObject({
    reason: "version-conflict",
  });
  expect((await getTask(ctx, { taskId: task.id, readerId: "bob" })).unread).toBe(true);
  expect((await getTask(ctx, { taskId: task.id })).unread).toBe(false);
});

test("an attempt may set any state until one is terminal", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { id: taskId } = await createTask(ctx, { title: "t", backendProfile: "codex", payload: {} });
  const states: TaskState[] = ["running", "dispatched", "pending", "failed"];
  for (const state of states) {
    expect(await updateAttempt(ctx, { taskId, state, latestAttempt: { state }, sessionPath: "/s" })).toMatchObject({
      state,
      sessionPath: "/s",
    });
  }
  await expect(updateAttempt(ctx, { taskId, state: "pending", latestAttempt: null })).rejects.toMatchObject({
    reason: "already-terminal",
    failureKind: "schema-invalid",
  });
});

test("cancelling is idempotent, and a cancelled task stays cancelled", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const { id: taskId } = await createTask(ctx, { title: "t", backendProfile: "codex", payload: {} });
  const cancelled = await cancelTask(ctx, { taskId });
  expect(cancelled).toMatchObject({ state: "cancelled", cancelReason: "cancel requested" });
  expect(await cancelTask(ctx, { taskId, reason: "again" })).toEqual(cancelled);
  await expect(updateAttempt(ctx, { taskId, state: "running", latestAttempt: null })).rejects.toMatchObject({
    reason: "already-terminal",
    failureKind: "cancelled",
  });
  const done = await makeTask(ctx, { state: "completed" });
  await expect(cancelTask(ctx, { taskId: done })).rejects.toMatchObject({ reason: "already-terminal" });
});

test("of a concurrent cancel and attempt end one wins, and the other is refused", async () => {
  await using store = await createTestStore();
  const [one, two] = [store.as(), store.as()];
  for (let round = 0; round < 20; round += 1) {
    const taskId = await makeTask(one, {});
    const outcomes = await Promise.allSettled([
      cancelTask(one, { taskId }),
      updateAttempt(two, { taskId, state: "completed", latestAttempt: null }),
    ]);
    const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
    expect(won).toHaveLength(1);
    const { state } = await getTask(one, { taskId });
    expect(state).toBe(outcomes[0].status === "fulfilled" ? "cancelled" : "completed");
  }
});

test("stats and commander count one queue, or all", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await makeTask(ctx, { queue: "a", lane: "l1", state: "running" });
  await makeTask(ctx, { queue: "a", lane: "l2", backendProfile: "deepseek" });
  for (let index = 0; index < 25; index += 1) await makeTask(ctx, { queue: "b", priority: index });
  expect(await queueStats(ctx, {})).toMatchObject({
    queue: null,
    total: 27,
    byState: { pending: 26, running: 1 },
    byQueue: { a: 2, b: 25 },
    byLane: { default: 25, l1: 1, l2: 1 },
    byBackendProfile: { codex: 26, deepseek: 1 },
  });
  const one = await queueCommander(ctx, { queue: "b" });
  expect(one).toMatchObject({ queue: "b", stats: { queue: "b", total: 25 } });
  expect(one.items.map((task) => task.priority)).toEqual(Array.from({ length: 20 }, (_, index) => 24 - index));
  expect((await queueStats(ctx, { projectId: "other" })).total).toBe(0);
});

test("pages of every filter hold every match once and in order, with many kinds of tasks", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
      backend_profile, payload, payload_hash, created_at)
    select 'qt_' || md5(n::text), 'tenant' || n % 3, 'project' || n % 2, 'queue' || n % 4, 'lane' || n % 700,
      'Task ' || n, n % 5, (array['pending', 'completed', 'failed'])[1 + n % 3], n, 'codex', '{}', '',
      '2026-01-01'::timestamptz + n % 50 * interval '1 second'
    from generate_series(1, 2500) n`);
  const all = await ctx.db
    .select()
    .from(queueTasks)
    .orderBy(...LIST_ORDER);
  const check = async (filter: Partial<ListTasksInput>, isMatch: (task: (typeof all)[number]) => boolean) => {
    const expected = all.filter(isMatch).map(({ id }) => id);
    expect(expected.length, JSON.stringify(filter)).toBeGreaterThan(0);
    expect(await allPages(ctx, filter, 200), JSON.stringify(filter)).toEqual(expected);
  };
  await check({}, () => true);
  await check({ queue: "queue1" }, (task) => task.queue === "queue1");
  await check({ lane: "lane7" }, (task) => task.lane === "lane7");
  await check({ state: "failed" }, (task) => task.state === "failed");
  await check({ tenantId: "tenant2" }, (task) => task.tenantId === "tenant2");
  await check({ projectId: "project1" }, (task) => task.projectId === "project1");
  const both = { tenantId: "tenant1", queue: "queue2" };
  await check(both, (task) => task.tenantId === "tenant1" && task.queue === "queue2");
  await check({ ...both, lane: "lane10" }, ({ lane, queue, tenantId }) =>
    [lane, queue, tenantId].every((name, index) => name === ["lane10", "queue2", "tenant1"][index]),
  );
  await check({ search: "task 2499" }, (task) => task.title === "Task 2499");
  await check({ search: "1", projectId: "project0" }, (t) => t.projectId === "project0" && t.title.includes("1"));
  const since = "2026-01-01T00:00:10Z";
  const until = "2026-01-01T00:00:12Z";
  const isBetween = ({ createdAt }: (typeof all)[number]) =>
    createdAt >= new Date(since) && createdAt < new Date(until);
  await check({ since, until }, isBetween);
  await check(
    { ...both, since, until },
    (task) => task.tenantId === "tenant1" && task.queue === "queue2" && isBetween(task),
  );
  await check({ state: "failed", search: "1", until }, (task) =>
    [task.state === "failed", task.title.includes("1"), task.createdAt < new Date(until)].every(Boolean),
  );
  await check({ olderThanMinutes: 60 }, () => true);
  expect(await allPages(ctx, { withinMinutes: 60 }, 200)).toEqual([]);
  const counted = (filter: Partial<ListTasksInput>, max: number) => countTasks(ctx, { limit: 50, ...filter }, max);
  const ofTenant = all.filter(({ tenantId, queue }) => tenantId === "tenant1" && queue === "queue2").length;
  expect(await counted(both, 1_000)).toEqual({ count: ofTenant, hasMore: false });
  expect(await counted(both, 100)).toEqual({ count: 100, hasMore: true });
  expect(await counted({ lane: "lane7", olderThanMinutes: 60 }, 100)).toMatchObject({ hasMore: false });
  // What no index can answer is counted among as many rows as a page reads.
  expect(await counted({ olderThanMinutes: 60 }, 2_000)).toEqual({ count: 1_000, hasMore: true });
  await check({ updatedAfter: 2_400, state: "pending" }, (task) => task.version > 2_400 && task.state === "pending");
});

test("a tenant with many lanes pages through its own tasks, and sees no positions of others", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
      backend_profile, payload, payload_hash)
    select 'qt_' || tenant || n, tenant, 'p', 'q', case tenant when 'acme' then 'lane' || n else 'lane' end, 'Task ' || n,
      case tenant when 'acme' then 0 else 5 end, 'pending', n, 'codex', '{}', ''
    from generate_series(1, 1100) n, (values ('acme'), ('umbrella')) tenants (tenant) where tenant = 'umbrella' or n <= 600`);
  const own = store.as(tenantOperator("acme"));
  const page = await listTasks(own, { limit: 200, search: "Task 77" });
  expect(page.items.map(({ title }) => title)).toEqual(["Task 77"]);
  expect(page.cursor).toBeNull();
  expect(await allPages(own, { state: "pending" }, 200)).toHaveLength(600);
});

test("a whole id is looked up directly, wherever its task stands in the order", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
      backend_profile, payload, payload_hash)
    select 'qt_' || md5(n::text), 'default', 'p', 'q', 'l', 'Task ' || n, -n, 'pending', n, 'codex', '{}', ''
    from generate_series(1, 1100) n`);
  const [last] = await ctx.db.select().from(queueTasks).where(sql`title = 'Task 1100'`);
  const found = async (filter: Partial<ListTasksInput>) =>
    (await listTasks(ctx, { limit: 50, search: last?.id, ...filter })).items.map(({ title }) => title);
  expect(await found({})).toEqual(["Task 1100"]);
  expect(await found({ state: "pending" })).toEqual(["Task 1100"]);
  expect(await found({ state: "failed" })).toEqual([]);
});
