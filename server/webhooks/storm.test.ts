import path from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CreateWebhookInput } from "@/contract/webhook";
import type { Db } from "@/db/client";
import { webhookDeliveries, webhookEvents } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { testContext } from "@/server/test/context";
import { trials } from "@/server/test/faults/trials";
import { buildStormProgram, type StormProgram } from "@/server/test/storm-program";
import { createWebhook } from ".";
import { startReceiver } from "./test/receiver";
import type { StormJob } from "./test/storm-child";

const EVENTS = trials({ suite: 400, long: 20_000 });
const KILLS = trials({ suite: 8, long: 200 });
const SENDERS = 3;
const BATCH = 10;

let program: StormProgram<StormJob>;
beforeAll(async () => {
  program = await buildStormProgram(path.resolve(import.meta.dirname, "test/storm-child.ts"));
});
afterAll(() => program[Symbol.asyncDispose]());

test(`${SENDERS} senders, ${KILLS} kills and a faulty receiver: each of ${EVENTS} events arrives as one message`, {
  timeout: 600_000,
}, async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const db = ctx.db as Db;
  /** Messages by their run: each has one id, however often it came. */
  const taken = new Map<string, Set<string>>();
  const offered = new Map<string, Set<string>>();
  await using receiver = await startReceiver(({ headers, body }, response) => {
    const note = (notes: Map<string, Set<string>>) => {
      const runId = String(body.data.runId);
      notes.set(runId, (notes.get(runId) ?? new Set()).add(String(headers["webhook-id"])));
    };
    note(offered);
    const chance = Math.random();
    if (chance < 0.1) return response.destroy();
    if (chance < 0.2) return response.writeHead(500).end();
    // Silent for now: some of its senders are killed meanwhile.
    if (chance < 0.3) return setTimeout(() => response.destroy(), 200);
    note(taken);
    // Accepted, but the answer is lost.
    if (chance < 0.4) return response.destroy();
    return response.writeHead(204).end();
  });
  await createWebhook(ctx, CreateWebhookInput.parse({ name: "storm", url: receiver.url, events: ["run.completed"] }));
  await db.execute(sql`
    insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy, status)
    select 'run_' || n, 'default', 'default', '{}', 'p', 'demo', '{}', 'pending' from generate_series(1, ${EVENTS}::int) n`);

  const job = { databaseUrl: database.url, leaseMs: 1_000, pauseMs: 20 };
  const senders = Array.from({ length: SENDERS }, () => program.start(job));
  const said: string[] = [];
  let ended = 0;
  const endSome = async () => {
    const ids = Array.from({ length: BATCH }, (_, index) => `run_${ended + index + 1}`);
    ended += BATCH;
    await db.execute(sql`update agentrun_runs set status = 'completed' where id in ${ids}`);
  };
  const arrived = (count: number) =>
    expect.poll(() => taken.size, { timeout: 120_000, interval: 20 }).toBeGreaterThanOrEqual(count);
  for (let kills = 0; ended < EVENTS; ) {
    await endSome();
    // Whenever one is killed, many messages are under way.
    await arrived(ended - 3 * BATCH);
    if (ended < ((kills + 1) * EVENTS) / (KILLS + 1)) continue;
    const victim = kills % SENDERS;
    await senders[victim]?.kill();
    said.push(senders[victim]?.errors() ?? "");
    senders[victim] = program.start(job);
    kills += 1;
  }
  await arrived(EVENTS);
  await expect
    .poll(() => db.$count(webhookDeliveries, sql`state <> 'delivered'`), { timeout: 120_000, interval: 100 })
    .toBe(0);
  for (const sender of senders) said.push(sender.errors());
  expect(said.join("")).toBe("");
  expect(await db.$count(webhookEvents)).toBe(0);
  expect(await db.$count(webhookDeliveries)).toBe(EVENTS);
  expect([...offered.values()].filter((ids) => ids.size !== 1)).toEqual([]);
  expect(new Set([...offered.values()].flatMap((ids) => [...ids])).size).toBe(EVENTS);
});
