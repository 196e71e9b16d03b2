import path from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "@/db/client";
import { queueTasks, scheduleFirings } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { testContext } from "@/server/test/context";
import { trials } from "@/server/test/faults/trials";
import { buildStormProgram, type StormProgram } from "@/server/test/storm-program";
import type { StormJob } from "./test/storm-child";

const SCHEDULES = trials({ suite: 400, long: 10_000 });
const KILLS = trials({ suite: 12, long: 200 });
const WORKERS = 3;

let program: StormProgram<StormJob>;
beforeAll(async () => {
  program = await buildStormProgram(path.resolve(import.meta.dirname, "test/storm-child.ts"));
});
afterAll(() => program[Symbol.asyncDispose]());

/** Yearly plans: the only time at which each fires is the one set here. */
const DUE = sql`
  insert into agentrun_schedules (id, tenant_id, project_id, name, cron, time_zone, overlap, catch_up_ms, task, next_at, created_by)
  select 'sch_' || n, 'default', 'default', n::text, '@yearly', 'UTC', 'skip', 604800000,
    '{"title": "Triage", "backendProfile": "codex", "payload": {"text": "Triage."}}',
    date_trunc('minute', clock_timestamp()), 'system:test'
  from generate_series(1, ${SCHEDULES}::int) n`;

test(`${WORKERS} workers and ${KILLS} kills: each of ${SCHEDULES} times fires once, with its task and the next time`, {
  timeout: 600_000,
}, async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const db = ctx.db as Db;
  await db.execute(DUE);
  const left = () => db.$count(sql`agentrun_schedules where next_at <= clock_timestamp()`);

  const job = { databaseUrl: database.url };
  const workers = Array.from({ length: WORKERS }, () => program.start(job));
  const said: string[] = [];
  for (let kills = 0; kills < KILLS; kills += 1) {
    // Between two kills the children must do their share before the next one.
    const goal = SCHEDULES - ((kills + 1) * SCHEDULES) / (KILLS + 1);
    await expect.poll(left, { timeout: 120_000, interval: 2 }).toBeLessThanOrEqual(goal);
    const victim = kills % WORKERS;
    await workers[victim]?.kill();
    said.push(workers[victim]?.errors() ?? "");
    workers[victim] = program.start(job);
  }
  await expect.poll(left, { timeout: 120_000, interval: 20 }).toBe(0);
  for (const worker of workers) said.push(worker.errors());
  expect(said.join("")).toBe("");

  const firings = await db.select().from(scheduleFirings);
  expect(firings).toHaveLength(SCHEDULES);
  expect(firings.filter(({ outcome, missed }) => outcome !== "created" || missed !== 0)).toEqual([]);
  const tasks = await db.select({ id: queueTasks.id, metadata: queueTasks.metadata }).from(queueTasks);
  const pairs = (rows: { of: unknown; task: unknown }[]) => rows.map(({ of, task }) => `${of} ${task}`).sort();
  expect(pairs(tasks.map(({ id, metadata }) => ({ of: metadata.scheduleId, task: id })))).toEqual(
    pairs(firings.map(({ scheduleId, taskId }) => ({ of: scheduleId, task: taskId }))),
  );
});
