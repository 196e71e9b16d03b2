import { expect, test } from "vitest";
import { dispatchTasks } from ".";
import { createTestQueue } from "./test/queue";

test("takes a whole batch from the most urgent lane, however few heads are read at first", async () => {
  await using queue = await createTestQueue();
  const urgent: string[] = [];
  for (let index = 0; index < 25; index += 1) {
    for (const lane of ["a", "b", "c", "d"]) {
      const id = await queue.add({ lane, priority: lane === "c" ? 5 : 0 });
      if (lane === "c") urgent.push(id);
    }
  }
  expect(await dispatchTasks(queue.ctx, { runnersMax: 20, batch: 21 })).toBe(20);
  const { rows } = await queue.ctx.pool.query<{ id: string }>(
    "select id from agentrun_queue_tasks where state = 'dispatched' order by created_at, id",
  );
  expect(rows.map(({ id }) => id)).toEqual(urgent.slice(0, 20));
});

test("finds tasks behind many that wait for their key in the same pass", async () => {
  await using queue = await createTestQueue();
  for (let index = 0; index < 30; index += 1) await queue.add({ metadata: { concurrencyKey: "house" }, priority: 1 });
  const free = await queue.add();
  expect(await queue.dispatch()).toBe(2);
  const { rows } = await queue.ctx.pool.query("select state from agentrun_queue_tasks where id = $1", [free]);
  expect(rows).toEqual([{ state: "dispatched" }]);
});
