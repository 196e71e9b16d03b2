import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { CreateTaskInput, CreateTasksResult } from "@/contract/queue";
import { queueDependencies } from "@/db/schema";
import { createTestQueue } from "@/server/dispatcher/test/queue";
import { createTask, createTasks, getTask, setControlState } from ".";

function keyed(idempotencyKey: string, keys: string[] = [], input: Partial<CreateTaskInput> = {}): CreateTaskInput {
  const dependsOn = keys.map((key) => ({ idempotencyKey: key }));
  const task = { title: "t", backendProfile: "demo", payload: { text: "do" }, idempotencyKey };
  return { ...task, ...(keys.length === 0 ? {} : { dependsOn }), ...input };
}

const DRAINED = { queue: "drained" };

const reasonsOf = ({ items }: CreateTasksResult) => items.map((item) => ("error" in item ? item.error.reason : "task"));

test("a dependency's key never refers to a later task of the same call, so no cycle arises", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControlState(ctx, DRAINED, "draining");
  const circle = await createTasks(ctx, { tasks: [keyed("a", [], DRAINED), keyed("b", ["a"]), keyed("a", ["b"])] });
  expect(reasonsOf(circle)).toEqual(["queue-draining", "not-found", "not-found"]);
  await ctx.db.execute(sql`insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile)
    values ('theirs', 'default', 'other', 'demo')`);
  const misfit = await createTasks(ctx, {
    tasks: [keyed("c", [], { sessionId: "theirs" }), keyed("d", ["c"]), keyed("c", ["d"])],
  });
  expect(reasonsOf(misfit)).toEqual(["session-boundary", "not-found", "not-found"]);
  expect(await ctx.db.select().from(queueDependencies)).toEqual([]);
  // The first “a” is refused, so “b” comes after the second, which took the key.
  const line = await createTasks(ctx, { tasks: [keyed("a", [], DRAINED), keyed("a"), keyed("b", ["a"])] });
  expect(reasonsOf(line)).toEqual(["queue-draining", "task", "task"]);
});

test("dependents of a refused task are refused, although another task has its key", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const old = await createTask(ctx, keyed("x"));
  const refused = await createTasks(ctx, {
    tasks: [keyed("x", [], { title: "new" }), keyed("y", ["x"]), keyed("z", ["y"])],
  });
  expect(reasonsOf(refused)).toEqual(["idempotency-conflict", "not-found", "not-found"]);
  const answered = await createTasks(ctx, { tasks: [keyed("x", [], { title: "new" }), keyed("x"), keyed("y", ["x"])] });
  expect(reasonsOf(answered)).toEqual(["idempotency-conflict", "task", "task"]);
  const last = answered.items[2];
  const { dependsOn } = await getTask(ctx, { taskId: last && "task" in last ? last.task.id : "" });
  expect(dependsOn.map(({ taskId }) => taskId)).toEqual([old.id]);
});

test("a batch is tried twice, however many tasks depend on a refused one", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await setControlState(ctx, DRAINED, "draining");
  await ctx.db.execute(sql`create sequence tries`);
  await ctx.db.execute(sql`create function count_try() returns trigger language plpgsql as
    $$ begin perform nextval('tries'); return null; end $$`);
  await ctx.db.execute(sql`create trigger count_try after insert on agentrun_queue_tasks
    for each statement execute function count_try()`);
  const few = Array.from({ length: 30 }, (_, index) => keyed(`b${index}`, [index % 2 === 0 ? "a" : "z"]));
  const chain = Array.from({ length: 10 }, (_, index) => keyed(`c${index}`, [index === 0 ? "b0" : `c${index - 1}`]));
  const tasks = [keyed("a", [], DRAINED), keyed("z", [], DRAINED), ...few, ...chain, keyed("free")];
  const reasons = reasonsOf(await createTasks(ctx, { tasks }));
  expect(reasons.slice(0, 2)).toEqual(["queue-draining", "queue-draining"]);
  expect(new Set(reasons.slice(2, -1))).toEqual(new Set(["not-found"]));
  expect(reasons.at(-1)).toBe("task");
  const { rows } = await ctx.db.execute<{ tries: string }>(sql`select last_value as tries from tries`);
  expect(Number(rows[0]?.tries)).toBe(2);
});
