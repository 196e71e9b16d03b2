import { sql } from "drizzle-orm";
import type pg from "pg";
import { expect, test } from "vitest";
import { settleDependencies } from "@/server/dispatcher";
import { createTestQueue, type TestQueue } from "@/server/dispatcher/test/queue";
import { cancelTask, createTask, getTask, recordMinute, retryTask, updateTask } from ".";

const task = { title: "t", backendProfile: "demo", payload: { text: "do" } };
const after = (taskId: string) => ({ dependsOn: [{ taskId }] });
const END = "update agentrun_queue_tasks set state = 'completed' where id = $1";

const LOCKED = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/** Waits until so many connections wait for a lock, or the work is done. */
async function untilLocked(client: pg.Client, work: Promise<unknown>, count = 1): Promise<void> {
  let isDone = false;
  const end = () => {
    isDone = true;
  };
  work.then(end, end);
  while (!isDone && ((await client.query(LOCKED)).rowCount ?? 0) < count);
}

/** Returns whether a task is dispatched once everything is settled. */
async function hasStarted(queue: TestQueue, taskId: string): Promise<boolean> {
  await queue.dispatch();
  return (await getTask(queue.ctx, { taskId })).state === "dispatched";
}

test("a task added while its dependency ends waits for that end and follows it", async () => {
  await using queue = await createTestQueue();
  const first = await queue.add();
  const [ender, watcher] = [await queue.store.database.connect(), await queue.store.database.connect()];
  await ender.query("begin");
  await ender.query(END, [first]);
  const adding = createTask(queue.other(), { ...task, ...after(first) });
  await untilLocked(watcher, adding);
  await ender.query("commit");
  expect(await hasStarted(queue, (await adding).id)).toBe(true);
});

test("a task that ends while a dependent is added waits for it and records its end", async () => {
  await using queue = await createTestQueue();
  const first = await queue.add();
  const [gate, ender, watcher] = [
    await queue.store.database.connect(),
    await queue.store.database.connect(),
    await queue.store.database.connect(),
  ];
  // The call adds the task, and then stops before its dependencies.
  await gate.query("begin");
  await gate.query("lock table agentrun_queue_dependencies in share row exclusive mode");
  const adding = createTask(queue.other(), { ...task, ...after(first) });
  await untilLocked(watcher, adding);
  const ending = ender.query(END, [first]);
  await untilLocked(watcher, ending, 2);
  await gate.query("commit");
  await ending;
  expect(await hasStarted(queue, (await adding).id)).toBe(true);
});

test("a dependent that is locked is released once the lock is gone", async () => {
  await using queue = await createTestQueue();
  const first = await queue.add();
  const last = await queue.add(after(first));
  const editor = await queue.store.database.connect();
  await editor.query("begin");
  await editor.query("select from agentrun_queue_tasks where id = $1 for no key update", [last]);
  await queue.ctx.db.execute(sql`update agentrun_queue_tasks set state = 'completed' where id = ${first}`);
  expect(await hasStarted(queue, last)).toBe(false);
  await editor.query("commit");
  expect(await hasStarted(queue, last)).toBe(true);
});

test("a dependent retried while its dependency ends is released, in either order", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [gate, ender, watcher] = [
    await queue.store.database.connect(),
    await queue.store.database.connect(),
    await queue.store.database.connect(),
  ];
  const addCancelled = async (first: string) => {
    const last = await queue.add(after(first));
    await ctx.db.execute(sql`update agentrun_queue_tasks set state = 'cancelled' where id = ${last}`);
    return last;
  };
  const first = await queue.add();
  const last = await addCancelled(first);
  await ender.query("begin");
  await ender.query(END, [first]);
  await retryTask(ctx, { taskId: last });
  expect(await hasStarted(queue, last)).toBe(false);
  await ender.query("commit");
  expect(await hasStarted(queue, last)).toBe(true);

  const second = await queue.add();
  const behind = await addCancelled(second);
  // The retry is done except for its audit entry.
  await gate.query("begin");
  await gate.query("lock table agentrun_audit in share row exclusive mode");
  const retrying = retryTask(queue.other(), { taskId: behind });
  await untilLocked(watcher, retrying);
  await ender.query(END, [second]);
  await settleDependencies(ctx);
  await gate.query("commit");
  await retrying;
  expect(await hasStarted(queue, behind)).toBe(true);
});

test("after a judge dies the next one judges its tasks, and other tasks are dispatched meanwhile", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  const last = await queue.add(after(first));
  await ctx.db.execute(sql`update agentrun_queue_tasks set state = 'completed' where id = ${first}`);
  const client = await queue.store.database.connect();
  await client.query(`create function die() returns trigger language plpgsql as $$ begin raise 'died'; end $$;
    create trigger die before update of not_before on agentrun_queue_tasks for each row execute function die()`);
  const other = await queue.add();
  expect(await settleDependencies(ctx)).toBe(false);
  expect(await hasStarted(queue, other)).toBe(true);
  expect((await getTask(ctx, { taskId: last })).state).toBe("pending");
  await client.query("drop trigger die on agentrun_queue_tasks");
  expect(await hasStarted(queue, last)).toBe(false);
  await client.query("update agentrun_queue_dependency_doubts set retry_at = clock_timestamp()");
  expect(await hasStarted(queue, last)).toBe(true);
});

test("a dependent that can never be judged does not keep others from being judged", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  const dependents: string[] = [];
  for (let count = 0; count < 9; count += 1) dependents.push(await queue.add(after(first)));
  const [broken = "", ...good] = dependents.sort();
  const second = await queue.add();
  const behind = await queue.add(after(second));
  const client = await queue.store.database.connect();
  await client.query(`create function refuse() returns trigger language plpgsql as $$ begin
      if new.id = '${broken}' then raise exception 'never' using errcode = '54000'; end if; return new; end $$;
    create trigger refuse before update of not_before on agentrun_queue_tasks for each row execute function refuse()`);
  for (const id of [first, second])
    await ctx.db.execute(sql`update agentrun_queue_tasks set state = 'completed' where id = ${id}`);
  while (await settleDependencies(ctx));
  for (const id of [...good, behind]) expect(await hasStarted(queue, id)).toBe(true);
  expect((await getTask(ctx, { taskId: broken })).state).toBe("pending");
  // It is tried again later, and less and less often.
  const doubts = "select task_id, tries, retry_at > clock_timestamp() as waits from agentrun_queue_dependency_doubts";
  expect((await client.query(doubts)).rows).toEqual([{ task_id: broken, tries: 1, waits: true }]);
  const due = "update agentrun_queue_dependency_doubts set retry_at = clock_timestamp()";
  await client.query(due);
  expect(await settleDependencies(ctx)).toBe(false);
  expect((await client.query(doubts)).rows).toEqual([{ task_id: broken, tries: 2, waits: true }]);
  await client.query(`drop trigger refuse on agentrun_queue_tasks; ${due}`);
  expect(await hasStarted(queue, broken)).toBe(true);
});

test("dependents of a deleted task are released", async () => {
  await using queue = await createTestQueue();
  const first = await queue.add();
  const last = await queue.add(after(first));
  await queue.ctx.db.execute(sql`delete from agentrun_queue_tasks where id = ${first}`);
  expect(await hasStarted(queue, last)).toBe(true);
});

test("judges many dependents of one task in steps, each once", { timeout: 60_000 }, async () => {
  await using queue = await createTestQueue(5_000);
  const { ctx } = queue;
  const first = await queue.add();
  const other = await queue.add();
  await ctx.db.execute(sql`
    insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version, backend_profile,
      payload, payload_hash, not_before)
    select 'many_' || n, tenant_id, project_id, queue, lane, 't', 0, 'pending', 0, backend_profile, '{}', '', '9999-12-30 00:00:00+00'
    from agentrun_queue_tasks, generate_series(1, 2500) n where id = ${first}`);
  await ctx.db.execute(sql`
    insert into agentrun_queue_dependencies select 'many_' || n, ${first}, 'hold' from generate_series(1, 2500) n
    union all select 'many_' || n, ${other}, 'hold' from generate_series(1, 300) n`);
  await ctx.db.execute(sql`update agentrun_queue_tasks set state = 'completed' where id = ${first}`);
  while (await settleDependencies(ctx));
  const { rows } = await ctx.db.execute<{ held: number; ready: number; ends: number }>(sql`
    select count(*) filter (where not_before is not null)::int as held,
      count(*) filter (where not_before is null)::int as ready,
      (select count(*)::int from agentrun_queue_dependency_doubts) as ends
    from agentrun_queue_tasks where id like 'many%'`);
  expect(rows[0]).toEqual({ held: 300, ready: 2_200, ends: 0 });
  await updateTask(ctx, { taskId: "many_1", dependsOn: [] });
  expect((await getTask(ctx, { taskId: "many_1" })).blocker?.kind).toBe("next");
});

test("a dependency that somebody locks delays only its own dependents", { timeout: 30_000 }, async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [held, free] = [await queue.add(), await queue.add({ tenantId: "theirs" })];
  const [editor, watcher] = [await queue.store.database.connect(), await queue.store.database.connect()];
  await editor.query("begin");
  await editor.query("select from agentrun_queue_tasks where id = $1 for no key update", [held]);
  // Both are in one commit, which cannot go through.
  const waiting = [createTask(ctx, { ...task, ...after(held) })];
  const beside = createTask(ctx, { ...task, ...after(free), tenantId: "theirs" });
  for (let count = 1; count < 5; count += 1) {
    await untilLocked(watcher, waiting[0] ?? beside);
    waiting.push(createTask(ctx, { ...task, ...after(held) }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const first = (work: Promise<unknown>) => Promise.race([work.then(() => "done"), ...waiting.map(isOver)]);
  expect(await first(createTask(ctx, task))).toBe("done");
  expect(await first(beside)).toBe("done");
  await editor.query("commit");
  expect(await Promise.all(waiting)).toHaveLength(5);
});

test("clearing a failure while the task fails again records the new failure", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const first = await queue.add();
  await queue.add(after(first));
  await cancelTask(ctx, { taskId: first });
  while (await settleDependencies(ctx));
  await retryTask(ctx, { taskId: first });
  const [gate, watcher] = [await queue.store.database.connect(), await queue.store.database.connect()];
  // The call has seen that the task is pending, and stops there.
  await gate.query(`create function wait() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(1); return old; end $$;
    create trigger wait before delete on agentrun_queue_failed_dependencies for each row execute function wait();
    select pg_advisory_lock(1)`);
  const forgetting = recordMinute(queue.other());
  await untilLocked(watcher, forgetting);
  await cancelTask(ctx, { taskId: first });
  const settling = settleDependencies(ctx);
  await untilLocked(watcher, settling, 2);
  await gate.query("select pg_advisory_unlock(1)");
  await Promise.all([forgetting, settling]);
  expect((await ctx.db.execute(sql`select from agentrun_queue_failed_dependencies`)).rowCount).toBe(1);
});

/** Reports when some work is over, however it ended. */
const isOver = (work: Promise<unknown>) =>
  work.then(
    () => "others were first",
    () => "others were first",
  );
