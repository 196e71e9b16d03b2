import { expect, test } from "vitest";
import { MARKED_MAX, MarkTasksReadInput } from "@/contract/queue";
import { createTestQueue } from "@/server/dispatcher/test/queue";
import { tenantOperator } from "@/server/test/context";
import { createTasks, getTask, listTasks, markTasksRead, updateTask } from ".";

const READER = "ann";

test("marks many tasks read in one call, each at its seen version, and moves no mark back", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [one, two, three] = [await queue.add(), await queue.add(), await queue.add()];
  const seen = await getTask(ctx, { taskId: one });
  const changed = await updateTask(ctx, { taskId: one, priority: 3 });
  const answer = await markTasksRead(ctx, {
    readerId: READER,
    tasks: [
      { taskId: one, version: seen.version },
      { taskId: two },
      { taskId: two, version: 0 },
      { taskId: three, version: Number.MAX_SAFE_INTEGER },
      { taskId: "qt_none" },
    ],
  });
  expect(answer.hasMore).toBe(false);
  expect(new Map(answer.items.map(({ taskId, taskVersion }) => [taskId, taskVersion]))).toEqual(
    new Map([
      [one, seen.version],
      [two, (await getTask(ctx, { taskId: two })).version],
      // Nobody can have read further than the task's version.
      [three, (await getTask(ctx, { taskId: three })).version],
    ]),
  );
  const isUnread = async (taskId: string) => (await getTask(ctx, { taskId, readerId: READER })).unread;
  expect([await isUnread(one), await isUnread(two), await isUnread(three)]).toEqual([true, false, false]);
  await markTasksRead(ctx, { readerId: READER, tasks: [{ taskId: one }] });
  const back = await markTasksRead(ctx, { readerId: READER, tasks: [{ taskId: one, version: 0 }] });
  expect(back.items[0]?.taskVersion).toBe(changed.version);
  // Another reader's marks are separate.
  expect((await getTask(ctx, { taskId: two, readerId: "bob" })).unread).toBe(true);
});

test("marks all tasks of a filter over several calls, and none of another tenant", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const task = { title: "t", backendProfile: "demo", payload: {} };
  for (const count of [MARKED_MAX, 200]) await createTasks(ctx, { tasks: Array.from({ length: count }, () => task) });
  await queue.add({ tenantId: "other", queue: "theirs" });
  const unread = async (queueName?: string) =>
    (await listTasks(ctx, { unread: true, readerId: READER, queue: queueName, limit: 200 })).items.length;
  const bound = { ...ctx, actor: tenantOperator("other") };
  expect((await markTasksRead(bound, { readerId: READER, filter: { readerId: READER } })).items).toHaveLength(1);
  const first = await markTasksRead(ctx, { readerId: READER, filter: { readerId: READER } });
  expect([first.items.length, first.hasMore]).toEqual([MARKED_MAX, true]);
  const second = await markTasksRead(ctx, { readerId: READER, filter: { readerId: READER } });
  expect([second.items.length, second.hasMore]).toEqual([200, false]);
  expect(await unread()).toBe(0);
  await queue.add({ queue: "new" });
  expect((await markTasksRead(ctx, { readerId: READER, filter: { unread: false } })).items).toEqual([]);
  expect((await markTasksRead(ctx, { readerId: READER, filter: { queue: "elsewhere" } })).items).toEqual([]);
  expect(await unread("new")).toBe(1);
});

test("requires either tasks or a filter, and limits the tasks of a call", () => {
  const tasks = Array.from({ length: MARKED_MAX + 1 }, () => ({ taskId: "qt_a" }));
  for (const input of [{}, { tasks: [] }, { tasks: [{ taskId: "qt_a" }], filter: {} }, { tasks }])
    expect(MarkTasksReadInput.safeParse({ readerId: "r", ...input }).success).toBe(false);
});
