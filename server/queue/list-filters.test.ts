import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { ListTasksInput } from "@/contract/queue";
import type { ServiceContext } from "@/server/context";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { countTasks, listTasks, markTaskRead, queueStats } from ".";

/** Adds numbered tasks: every third has a session, failed ones have kinds, every tenth is parked. */
async function fill(ctx: ServiceContext, count: number): Promise<void> {
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
      backend_profile, payload, payload_hash, session_id, failure_kind, metadata, not_before, parked_at, parked_until)
    select 'qt_' || n, 'tenant' || n % 2, 'project' || n % 2, 'queue', 'lane' || n % 3, 'Task ' || n, n % 5,
      case when n % 4 = 0 then 'failed' else 'pending' end, nextval('agentrun_queue_version_seq'),
      'profile' || n % 2, '{}', '', case when n % 3 = 0 then 'ses_' || n % 6 end,
      case when n % 4 = 0 then 'backend-failed' end,
      case when n % 7 = 0 then jsonb_build_object('concurrencyKey', 'key') else '{}'::jsonb end,
      case when n % 4 <> 0 and n % 10 = 1 then '9999-12-31 00:00:00+00'::timestamptz
        when n % 4 <> 0 and n % 10 = 2 then now() + interval '1 hour' end,
      case when n % 10 = 1 then now() end, null
    from generate_series(1, ${count}::int) n`);
}

async function allPages(ctx: ServiceContext, filter: Partial<ListTasksInput>, limit = 100): Promise<number[]> {
  const found: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listTasks(ctx, { ...filter, limit, ...(cursor ? { cursor } : {}) });
    found.push(...page.items.map(({ title }) => Number(title.slice("Task ".length))));
    cursor = page.cursor;
  }
  return found;
}

const numbers = (count: number, isMatch: (n: number) => boolean): number[] =>
  Array.from({ length: count }, (_, index) => index + 1).filter(isMatch);
const sorted = (list: number[]): number[] => [...list].sort((a, b) => a - b);

test("each condition finds exactly the matching tasks, each once", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await fill(ctx, 240);
  const check = async (filter: Partial<ListTasksInput>, isMatch: (n: number) => boolean) => {
    const expected = numbers(240, isMatch);
    expect(expected.length, JSON.stringify(filter)).toBeGreaterThan(0);
    expect(sorted(await allPages(ctx, filter, 7)), JSON.stringify(filter)).toEqual(expected);
    expect(await countTasks(ctx, { limit: 50, ...filter }, 1_000)).toEqual({ count: expected.length, hasMore: false });
  };
  const isParked = (n: number) => n % 4 !== 0 && n % 10 === 1;
  await check({ backendProfile: "profile1" }, (n) => n % 2 === 1);
  await check({ sessionId: "ses_3" }, (n) => n % 6 === 3);
  await check({ failureKind: "backend-failed" }, (n) => n % 4 === 0);
  await check({ concurrencyKey: "key" }, (n) => n % 7 === 0);
  await check({ metadata: { concurrencyKey: "key" } }, (n) => n % 7 === 0);
  await check({ metadata: { concurrencyKey: "key" }, lane: "lane1" }, (n) => n % 7 === 0 && n % 3 === 1);
  await check({ metadata: { concurrencyKey: "key" }, sort: "updatedAt" }, (n) => n % 7 === 0);
  await check({ parked: true }, isParked);
  await check({ parked: true, lane: "lane1" }, (n) => isParked(n) && n % 3 === 1);
  await check({ parked: false }, (n) => !isParked(n));
  const own = store.as(tenantOperator("tenant1"));
  expect(sorted(await allPages(own, { parked: true }))).toEqual(numbers(240, (n) => isParked(n) && n % 2 === 1));
  const of = store.as(tenantOperator("tenant0"));
  expect(await allPages(of, { parked: true })).toEqual([]);
});

test("compares metadata by type, and a text with whatever is written like it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await fill(ctx, 12);
  const own = ["7", '"7"', "7.0", '"7.0"', "true", '"true"', "null", '"null"', "[7]", '{"a":7}', '"\\ud83d\\ude00"'];
  for (const [index, value] of own.entries())
    await ctx.db.execute(sql`update agentrun_queue_tasks set metadata = ${`{"x":${value},"__proto__":${index}}`}::jsonb
      where id = ${`qt_${index + 1}`}`);
  const found = async (metadata: ListTasksInput["metadata"]) => sorted(await allPages(ctx, { metadata }, 5));
  expect(await found({ x: 7 })).toEqual([1, 3]);
  expect(await found({ x: "7" })).toEqual([1, 2, 3]);
  expect(await found({ x: "7.0" })).toEqual([4]);
  expect(await found({ x: true })).toEqual([5]);
  expect(await found({ x: "true" })).toEqual([5, 6]);
  expect(await found({ x: null })).toEqual([7]);
  expect(await found({ x: "null" })).toEqual([7, 8]);
  expect(await found({ x: "😀" })).toEqual([11]);
  // No filter matches a list or an object.
  expect(await found({ "": "7" })).toEqual([]);
  expect(await found(JSON.parse('{"x":"7","__proto__":1}') as ListTasksInput["metadata"])).toEqual([2]);
});

test("unread is per reader, and needs a reader", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await fill(ctx, 9);
  for (const taskId of ["qt_2", "qt_5"]) await markTaskRead(ctx, { taskId, readerId: "ann" });
  await ctx.db.execute(
    sql`update agentrun_queue_tasks set title = 'Task 5' || '', version = version + 100 where id = 'qt_5'`,
  );
  expect(sorted(await allPages(ctx, { unread: false, readerId: "ann" }))).toEqual([2]);
  expect(sorted(await allPages(ctx, { unread: true, readerId: "ann" }))).toEqual([1, 3, 4, 5, 6, 7, 8, 9]);
  expect(await allPages(ctx, { unread: true, readerId: "bob" })).toHaveLength(9);
  await expect(listTasks(ctx, { unread: true, limit: 5 })).rejects.toMatchObject({ reason: "invalid-input" });
});

test("finds parked tasks among more delayed tasks than one sort covers", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await fill(ctx, 40);
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
      backend_profile, payload, payload_hash, not_before)
    select 'qt_later' || n, 'tenant0', 'p', 'later', 'l', 'Later ' || n, 9, 'pending', n, 'codex', '{}', '',
      now() + interval '1 day' from generate_series(1, 2100) n`);
  expect(sorted(await allPages(ctx, { parked: true }))).toEqual(numbers(40, (n) => n % 4 !== 0 && n % 10 === 1));
});

test("orders by latest change, page by page, for few and many tasks", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await fill(ctx, 40);
  const newest = (filter: Partial<ListTasksInput>, limit?: number) =>
    allPages(ctx, { ...filter, sort: "updatedAt" }, limit);
  await ctx.db.execute(sql`update agentrun_queue_tasks set state = 'completed', title = title where id = 'qt_4'`);
  await ctx.db.execute(sql`update agentrun_queue_tasks set state = 'completed', title = title where id = 'qt_2'`);
  await ctx.db.execute(sql`update agentrun_queue_tasks set state = 'completed', title = title where id = 'qt_3'`);
  expect(await newest({ state: "completed" })).toEqual([3, 2, 4]);
  expect(await newest({ state: "completed", lane: "lane1" })).toEqual([4]);
  expect((await newest({}, 7)).slice(0, 3)).toEqual([3, 2, 4]);
  expect(sorted(await newest({}, 7))).toEqual(numbers(40, () => true));
  // More than are sorted at once.
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
      backend_profile, payload, payload_hash)
    select 'qt_more' || n, 'tenant0', 'p', 'q', 'l', 'Task ' || 1000 + n, 9, 'completed',
      nextval('agentrun_queue_version_seq'), 'codex', '{}', '' from generate_series(1, 2500) n`);
  await ctx.db.execute(sql`update agentrun_queue_tasks set title = title, state = 'cancelled' where id = 'qt_7'`);
  await ctx.db.execute(sql`update agentrun_queue_tasks set title = title, state = 'completed' where id = 'qt_7'`);
  const completed = await newest({ state: "completed" }, 200);
  expect(completed.slice(0, 2)).toEqual([7, 3_500]);
  expect(completed.slice(-4)).toEqual([1_001, 3, 2, 4]);
  expect(completed).toHaveLength(2_504);
  expect(await newest({ state: "pending", lane: "lane1" })).toEqual(expect.arrayContaining([1, 10, 13]));
  const own = store.as(tenantOperator("tenant1"));
  expect(sorted(await allPages(own, { sort: "updatedAt" }, 9))).toEqual(numbers(40, (n) => n % 2 === 1));
  const { cursor } = await listTasks(ctx, { sort: "updatedAt", limit: 1 });
  await expect(listTasks(ctx, { limit: 1, cursor: cursor ?? "" })).rejects.toMatchObject({ reason: "invalid-cursor" });
});

test("counts a lane's tasks by state", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await fill(ctx, 24);
  const { byState, total } = await queueStats(ctx, { queue: "queue", lane: "lane0" });
  expect({ byState, total }).toEqual({ byState: { failed: 2, pending: 6 }, total: 8 });
});
