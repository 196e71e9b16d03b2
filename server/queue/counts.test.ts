import { spawn } from "node:child_process";
import { once } from "node:events";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { recountTasks } from "@/db/queries/queue/verify";
import { queueCounts, queueMinutes, queueTasks } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { createTestQueue, playRun } from "@/server/dispatcher/test/queue";
import { tenantOperator } from "@/server/storage/test/context";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb } from "@/server/test/web";
import {
  cancelTask,
  foldCounts,
  getTask,
  queueHistory,
  queueStats,
  recordMinute,
  retryTask,
  updateAttempt,
  updateTask,
  verifyCounts,
} from ".";

test("a recount finds each wrong counter, and nothing else", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  for (const lane of ["a", "a", "b"]) await queue.add({ lane });
  expect(await verifyCounts(ctx)).toEqual({ isEqual: true, tasks: 3, kinds: 2, differing: 0, differences: [] });
  await foldCounts(ctx);
  expect(await verifyCounts(ctx)).toMatchObject({ isEqual: true, kinds: 2 });
  const kind = { tenantId: "default", projectId: "default", queue: "default", backendProfile: "demo" };
  await ctx.db.update(queueCounts).set({ tasks: 5 }).where(sql`lane = 'a'`);
  // One counter without tasks, and one that missed a change because its trigger was off.
  await ctx.db.insert(queueCounts).values({ ...kind, lane: "c", state: "failed", tasks: 1 });
  await ctx.db.execute(sql`alter table agentrun_queue_tasks disable trigger agentrun_queue_tasks_count_removed`);
  await ctx.db.delete(queueTasks).where(sql`lane = 'b'`);
  expect(await verifyCounts(ctx)).toEqual({
    ...{ isEqual: false, tasks: 2, kinds: 3, differing: 3 },
    differences: [
      { ...kind, lane: "a", state: "pending", counted: 5, inTable: 2 },
      { ...kind, lane: "b", state: "pending", counted: 1, inTable: 0 },
      { ...kind, lane: "c", state: "failed", counted: 1, inTable: 0 },
    ],
  });
});

/** Changes tasks at random, many times, as callers and runners do. */
async function write(ctx: ServiceContext, writer: number, steps: number, add: () => Promise<string>): Promise<void> {
  const mine: string[] = [];
  for (let step = 0; step < steps; step += 1) {
    const taskId = mine[Math.floor(Math.random() * mine.length)] ?? "";
    const choice = Math.floor(Math.random() * 6);
    if (taskId === "" || choice < 2) mine.push(await add());
    else await change(ctx, taskId, { choice, lane: `lane${(writer + step) % 3}` });
  }
}

async function change(ctx: ServiceContext, taskId: string, { choice, lane }: { choice: number; lane: string }) {
  const { state } = await getTask(ctx, { taskId });
  const isOver = state === "completed" || state === "failed" || state === "cancelled";
  if (isOver) await retryTask(ctx, { taskId });
  else if (choice === 2) await cancelTask(ctx, { taskId });
  else if (choice === 3 && state === "pending") await updateTask(ctx, { taskId, lane });
  else if (choice === 4) await updateAttempt(ctx, { taskId, state: "running", latestAttempt: null });
  else await updateAttempt(ctx, { taskId, state: "completed", latestAttempt: null });
}

test("counters equal the table at every moment under concurrent writes and folds", {
  timeout: 120_000,
}, async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  let isOver = false;
  let looks = 0;
  const watch = async () => {
    const watcher = queue.other();
    for (; !isOver || looks < 20; looks += 1) {
      const { differences } = await recountTasks(watcher.db, 100);
      expect(differences).toEqual([]);
    }
  };
  const fold = async () => {
    const folder = queue.other();
    while (!isOver) await foldCounts(folder);
  };
  const writers = Promise.all(
    [0, 1, 2, 3].map((writer) => write(queue.other(), writer, 60, () => queue.add({ lane: `lane${writer % 3}` }))),
  ).finally(() => {
    isOver = true;
  });
  await Promise.all([writers, watch(), watch(), fold(), fold()]);
  await foldCounts(ctx);
  expect(await verifyCounts(ctx)).toMatchObject({ isEqual: true, tasks: (await queueStats(ctx, {})).total });
  expect(looks).toBeGreaterThanOrEqual(20);

  // The check finds a counter that is written in another transaction than its task, however soon after.
  await ctx.db.execute(sql`alter table agentrun_queue_tasks disable trigger agentrun_queue_tasks_count_added`);
  await queue.add();
  expect((await recountTasks(ctx.db, 100)).differences).toHaveLength(1);
});

test("each lane's minute counts tasks added, started and ended, and those left at its end", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const ids = [];
  for (const lane of ["a", "a", "a", "b"]) ids.push(await queue.add({ lane }));
  await foldCounts(ctx);
  await queue.dispatch(2);
  await foldCounts(ctx);
  const [first = "", second = "", third = "", outside = ""] = ids;
  await playRun(ctx, (await getTask(ctx, { taskId: first })).runId ?? "");
  await cancelTask(ctx, { taskId: third });
  // Another program runs it, so it was never dispatched.
  await updateAttempt(ctx, { taskId: outside, state: "running", latestAttempt: null });
  await foldCounts(ctx);
  expect(await getTask(ctx, { taskId: second })).toMatchObject({ state: "dispatched" });
  const { items, stepMinutes } = await queueHistory(ctx, { minutes: 60 });
  expect(stepMinutes).toBe(1);
  // The minute may have changed meanwhile, so events are added up, and the last step says what is left.
  const lane = (name: string) => items.filter((item) => item.lane === name);
  const sum = (name: string, what: "added" | "started" | "completed" | "cancelled") =>
    lane(name).reduce((total, item) => total + item[what], 0);
  expect([sum("a", "added"), sum("a", "started"), sum("a", "completed"), sum("a", "cancelled")]).toEqual([3, 2, 1, 1]);
  expect([sum("b", "added"), sum("b", "started")]).toEqual([1, 1]);
  expect(lane("a").at(-1)).toMatchObject({ waiting: 0, running: 1 });
  expect(lane("b").at(-1)).toMatchObject({ waiting: 0, running: 1 });
});

test("history covers steps, whole lanes and the caller's tenant, up to its retention", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const minuteAgo = (minutes: number) => sql`date_trunc('minute', now()) - ${minutes} * interval '1 minute'`;
  const place = { queue: "q", lane: "l" };
  for (const [minutes, waiting] of [
    [600, 1],
    [301, 2],
    [300, 3],
    [2, 4],
  ] as const)
    await ctx.db
      .insert(queueMinutes)
      .values({ ...place, tenantId: "acme", minute: minuteAgo(minutes), waiting, added: 2 });
  await ctx.db.insert(queueMinutes).values({ ...place, tenantId: "ours", minute: minuteAgo(2), waiting: 10, added: 5 });
  const waits = async (caller: ServiceContext, input: Parameters<typeof queueHistory>[1]) =>
    (await queueHistory(caller, input)).items.map(({ waiting, added }) => [waiting, added]);
  expect(await waits(ctx, { minutes: 60 })).toEqual([[14, 7]]);
  // Steps are six minutes long: 301 and 300 minutes ago may fall into one or two of them.
  const { stepMinutes, items } = await queueHistory(ctx, { minutes: 1_440 });
  expect(stepMinutes).toBe(6);
  expect(items.reduce((sum, { added }) => sum + added, 0)).toBe(13);
  expect(items.map(({ waiting }) => waiting).slice(-2)).toEqual([3, 14]);
  const acme: ServiceContext = { ...ctx, actor: tenantOperator("acme") };
  expect(await waits(acme, { minutes: 60 })).toEqual([[4, 2]]);
  expect(await waits(acme, { minutes: 60, tenantId: "ours" })).toEqual([]);
  expect(await waits(ctx, { minutes: 60, tenantId: "ours" })).toEqual([[10, 5]]);
  expect(await waits(ctx, { minutes: 60, queue: "q", lane: "other" })).toEqual([]);
  await ctx.db.insert(queueMinutes).values({ ...place, tenantId: "acme", minute: minuteAgo(7 * 1_440 + 2) });
  await recordMinute(ctx);
  expect(await ctx.db.select().from(queueMinutes)).toHaveLength(5);
});

test("lists the busiest lanes, and counts the rest", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await ctx.db.execute(sql`
    insert into agentrun_queue_minutes (minute, tenant_id, queue, lane, added)
    select date_trunc('minute', now()), 'default', 'q', 'lane' || n, n from generate_series(1, 25) n`);
  const { items, lanesLeftOut } = await queueHistory(ctx, { minutes: 1 });
  expect(lanesLeftOut).toBe(5);
  expect(items.map(({ added }) => added).sort((left, right) => left - right)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 6),
  );
});

test("the command prints a recount's findings, and its exit code says whether there were any", {
  timeout: 60_000,
}, async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = async (token: string) => {
    const env = { PATH: process.env.PATH ?? "", NODE_ENV: "test" as const, AGENTRUN_TOKEN: token };
    const child = spawn(process.execPath, ["scripts/verify-queue.mjs", web.url], { env });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
    const [code] = await once(child, "close");
    return { code, said };
  };
  const made = await web.call("POST", "/api/v1/queue/tasks", {
    body: { title: "t", backendProfile: "codex", payload: {} },
  });
  expect(made.status).toBe(200);
  expect(await run(ADMIN_TOKEN)).toEqual({ code: 0, said: "1 tasks of 1 kinds, 0 kinds counted wrong\n" });
  await web.as(ADMIN).db.execute(sql`update agentrun_queue_count_changes set entered = 7`);
  expect(await run(ADMIN_TOKEN)).toEqual({
    code: 1,
    said: `default / default / default / default / codex / pending: the counters say 7, the table 1
1 tasks of 1 kinds, 1 kinds counted wrong\n`,
  });
  expect(await run("nobody")).toMatchObject({ code: 2, said: expect.stringContaining("answered 401") });
});
