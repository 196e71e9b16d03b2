import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { GRAPH_COUNTED_MAX, GRAPH_TASKS_MAX } from "@/contract/queue-graph";
import { createTestQueue, playRun, type TestQueue } from "@/server/dispatcher/test/queue";
import { tenantOperator } from "@/server/storage/test/context";
import { cancelTask, getTask, setControlState, taskGraph } from ".";

const after = (...ids: string[]) => ({ dependsOn: ids.map((taskId) => ({ taskId })) });

/** Returns the titles of the tasks in the graph, each with the titles of its direct dependencies. */
async function shownOf({ ctx }: Pick<TestQueue, "ctx">, taskId: string): Promise<Record<string, string[]>> {
  const { tasks } = await taskGraph(ctx, { taskId });
  const titles = new Map(tasks.map((task) => [task.taskId, task.title]));
  return Object.fromEntries(tasks.map((task) => [task.title, task.dependsOn.map((id) => titles.get(id) ?? id).sort()]));
}

test("returns a task with everything connected to it, in topological order", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const build = await queue.add({ title: "build" });
  const lint = await queue.add({ title: "lint" });
  const unit = await queue.add({ title: "unit", ...after(build) });
  const pack = await queue.add({ title: "pack", ...after(build, unit), onDependencyFailed: "fail" });
  const notes = await queue.add({ title: "notes" });
  const release = await queue.add({ title: "release", ...after(pack, lint, notes) });
  const announce = await queue.add({ title: "announce", ...after(notes) });
  const alone = await queue.add({ title: "alone" });
  const whole = {
    ...{ build: [], unit: ["build"], pack: ["build", "unit"], lint: [], notes: [] },
    ...{ release: ["lint", "notes", "pack"], announce: ["notes"] },
  };
  for (const from of [build, unit, pack, release, notes, announce]) expect(await shownOf(queue, from)).toEqual(whole);
  expect(await shownOf(queue, alone)).toEqual({ alone: [] });

  const { tasks, isTruncated, taskId } = await taskGraph(ctx, { taskId: unit });
  expect([taskId, isTruncated]).toEqual([unit, false]);
  const layers = Object.fromEntries(tasks.map(({ title, layer }) => [title, layer]));
  // A task without dependencies is placed directly before the first that waits for it.
  expect(layers).toEqual({ build: 0, unit: 1, pack: 2, lint: 2, notes: 0, announce: 1, release: 3 });
  const policies = Object.fromEntries(tasks.map(({ title, onDependencyFailed }) => [title, onDependencyFailed]));
  expect(policies).toMatchObject({ build: null, pack: "fail", release: "hold" });
});

test("each task has its state, since when, and what it waits for", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add({ title: "first" });
  const done = await queue.add({ title: "done" });
  const both = await queue.add({ title: "both", ...after(first, done) });
  const held = await queue.add({ title: "held", ...after(both), lane: "held" });
  await queue.dispatch();
  for (const taskId of [first, done]) {
    const { runId } = await getTask(ctx, { taskId });
    const end = taskId === first ? ({ terminalStatus: "failed", failureKind: "backend-failed" } as const) : undefined;
    await playRun(ctx, runId ?? "", end);
  }
  await setControlState(ctx, { queue: "default", lane: "paused" }, "paused");
  const paused = await queue.add({ title: "paused", lane: "paused", ...after(done) });
  const dropped = await queue.add({ title: "dropped", ...after(held) });
  await cancelTask(ctx, { taskId: dropped });
  await queue.dispatch();
  const { tasks } = await taskGraph(ctx, { taskId: held });
  const byTitle = Object.fromEntries(tasks.map((task) => [task.title, task]));
  const instant = expect.stringMatching(/^\d{4}-.*Z$/);
  expect(byTitle).toMatchObject({
    first: { taskId: first, state: "failed", failureKind: "backend-failed", startedAt: instant, endedAt: instant },
    done: { taskId: done, state: "completed", blocker: null, startedAt: instant, endedAt: instant },
    both: { taskId: both, state: "pending", startedAt: null, endedAt: null },
    held: { taskId: held, lane: "held", blocker: { kind: "dependency", dependencyCount: 1 } },
    paused: { taskId: paused, blocker: { kind: "paused", dependencyCount: null } },
    dropped: { taskId: dropped, state: "cancelled", startedAt: null, endedAt: instant },
  });
  expect(byTitle.both?.blocker).toMatchObject({ kind: "dependency-failed", dependencyCount: 1, until: null });
  expect(byTitle.both?.blocker).not.toHaveProperty("holders");
});

test("another tenant's task is not found, and its tasks are not shown", async () => {
  await using queue = await createTestQueue();
  const { ctx, store } = queue;
  const theirs = await queue.add({ title: "theirs", tenantId: "theirs" });
  const own = await queue.add({ title: "own" });
  const mine = store.as(tenantOperator("default"));
  for (const taskId of [theirs, "qt_none"])
    await expect(taskGraph(mine, { taskId })).rejects.toMatchObject({ reason: "not-found" });
  expect(await shownOf({ ctx: store.as(tenantOperator("theirs")) }, theirs)).toEqual({ theirs: [] });
  // No call makes such a row; if there were one, it would not be returned.
  await ctx.db.execute(sql`
    insert into agentrun_queue_dependencies (task_id, depends_on_id, on_failed) values (${own}, ${theirs}, 'hold')`);
  expect(await shownOf({ ctx: mine }, own)).toEqual({ own: [] });
  expect(await shownOf(queue, own)).toEqual({ own: [] });
});

/** Inserts tasks and dependencies without going through the queue; `edges` selects pairs of their numbers. */
async function plant({ ctx }: TestQueue, model: string, count: number, edges: ReturnType<typeof sql>): Promise<void> {
  const { rows } = await ctx.db.execute<{ names: string }>(sql`
    select string_agg(quote_ident(column_name), ', ') as names from information_schema.columns
    where table_name = 'agentrun_queue_tasks' and is_generated = 'NEVER' and column_name not in ('id', 'title')`);
  const names = sql.raw(rows[0]?.names ?? "");
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, title, ${names})
    select 'qt_' || lpad(place::text, 8, '0'), 'place ' || place, ${names}
    from agentrun_queue_tasks cross join generate_series(0, ${count - 1}::int) place where id = ${model}`);
  await ctx.db.execute(sql`
    insert into agentrun_queue_dependencies (task_id, depends_on_id, on_failed)
    select 'qt_' || lpad(later::text, 8, '0'), 'qt_' || lpad(earlier::text, 8, '0'), 'hold'
    from (${edges}) edge (later, earlier)`);
  await ctx.db.execute(sql`analyze agentrun_queue_tasks`);
  await ctx.db.execute(sql`analyze agentrun_queue_dependencies`);
}
const idOf = (place: number) => `qt_${String(place).padStart(8, "0")}`;

/** Counts the rows that one call reads from the table of dependencies and its indexes. */
async function countReads({ ctx }: TestQueue, call: () => Promise<unknown>): Promise<number> {
  const read = async () => {
    await ctx.db.execute(sql`select pg_stat_force_next_flush()`);
    const { rows } = await ctx.db.execute<{ reads: string }>(sql`
      select (sum(idx_tup_read) + (select coalesce(seq_tup_read, 0) from pg_stat_user_tables
        where relname = 'agentrun_queue_dependencies'))::text as reads
      from pg_stat_user_indexes where relname = 'agentrun_queue_dependencies'`);
    return Number(rows[0]?.reads);
  };
  const before = await read();
  await call();
  return (await read()) - before;
}

test("bounds the dependents of a task with thousands, counts the rest, and does not read all", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const model = await queue.add();
  const dependents = 20_000;
  // 2 depends on 0 and 1; thousands depend on 2, and 3 on one of those.
  await plant(
    queue,
    model,
    dependents + 4,
    sql`values (2, 1), (1, 0) union all select later, 2 from generate_series(4, ${dependents + 3}::int) later
      union all values (3, 10000)`,
  );
  const { tasks, isTruncated } = await taskGraph(ctx, { taskId: idOf(2) });
  const titles = new Set(tasks.map(({ title }) => title));
  expect([tasks.length, isTruncated]).toEqual([GRAPH_TASKS_MAX, true]);
  expect(["place 0", "place 1", "place 2"].every((title) => titles.has(title))).toBe(true);
  expect(tasks.find(({ taskId }) => taskId === idOf(2))).toMatchObject({ moreBefore: 0, moreAfter: GRAPH_COUNTED_MAX });
  // Seen from 3, the way to it comes before the other neighbours of that way.
  const { tasks: ofLast } = await taskGraph(ctx, { taskId: idOf(3) });
  expect(ofLast.map(({ title }) => title)).toEqual(
    expect.arrayContaining(["place 0", "place 1", "place 2", "place 10000", "place 3"]),
  );
  expect(ofLast).toHaveLength(GRAPH_TASKS_MAX);
  for (const place of [0, 2, 3, 10_000])
    expect(await countReads(queue, () => taskGraph(ctx, { taskId: idOf(place) }))).toBeLessThan(8_000);
});

test("shows the nearest part of a long chain on both sides, and every layer of a dense graph", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const model = await queue.add();
  await plant(queue, model, 1_000, sql`select place, place - 1 from generate_series(1, 999) place`);
  const placesOf = async (place: number) =>
    (await taskGraph(ctx, { taskId: idOf(place) })).tasks.map(({ taskId }) => Number(taskId.slice(3)));
  const run = (from: number) => Array.from({ length: GRAPH_TASKS_MAX }, (_, step) => from + step);
  expect(await placesOf(500)).toEqual(run(400));
  expect(await placesOf(30)).toEqual(run(0));
  expect(await placesOf(990)).toEqual(run(800));
  const { tasks } = await taskGraph(ctx, { taskId: idOf(500) });
  expect(tasks.filter(({ moreBefore, moreAfter }) => moreBefore + moreAfter > 0)).toMatchObject([
    { taskId: idOf(400), layer: 0, moreBefore: 1, moreAfter: 0 },
    { taskId: idOf(599), layer: 199, moreBefore: 0, moreAfter: 1 },
  ]);
  expect(await countReads(queue, () => placesOf(500))).toBeLessThan(2_000);
});
