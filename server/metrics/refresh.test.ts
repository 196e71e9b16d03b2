import { expect, test } from "vitest";
import { CreateTaskInput } from "@/contract/queue";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import type { Actor } from "@/server/context";
import { cancelTask, createTask } from "@/server/queue";
import { startTestWeb } from "@/server/test/web";

const SYSTEM: Actor = { kind: "system", name: "test", tenantId: null };

test("counts open runs and tasks of every state, over all tenants", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const read = async () =>
    String((await web.call("GET", "/metrics")).body)
      .split("\n")
      .filter((line) => /^agentrun_(runs|queue_tasks|orphan_jobs)[{ ]/.test(line));
  const told = (runs: [number, number], pending: number, cancelled: number) => [
    `agentrun_runs{status="pending"} ${runs[0]}`,
    `agentrun_runs{status="claimed"} ${runs[1]}`,
    `agentrun_queue_tasks{state="pending"} ${pending}`,
    ...['agentrun_queue_tasks{state="dispatched"} 0', 'agentrun_queue_tasks{state="running"} 0'],
    ...['agentrun_queue_tasks{state="completed"} 0', 'agentrun_queue_tasks{state="failed"} 0'],
    `agentrun_queue_tasks{state="cancelled"} ${cancelled}`,
    "agentrun_orphan_jobs 0",
  ];
  expect(await read()).toEqual(expect.arrayContaining(told([0, 0], 0, 0)));

  const { db } = web.wiring.database;
  for (const tenantId of ["one", "other"]) await makeRun(db, { tenantId });
  await makeRun(db, { status: "claimed", leaseEpoch: 1 });
  await makeRun(db, { status: "completed" });
  const ctx = web.as(SYSTEM);
  const add = (tenantId: string) =>
    createTask(ctx, CreateTaskInput.parse({ tenantId, title: "Work", backendProfile: "codex", payload: {} }));
  await add("one");
  await add("other");
  await cancelTask(ctx, { taskId: (await add("one")).id });
  const lines = await read();
  expect(lines).toEqual(expect.arrayContaining(told([2, 1], 2, 1)));
  expect(lines).toHaveLength(told([0, 0], 0, 0).length);
});
