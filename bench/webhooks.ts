import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { testContext } from "@/server/test/context";
import { createWebhook, deleteWebhook, WebhookSender } from "@/server/webhooks";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";

// What a run's end and a new session cost more where webhooks may be told of them, and how fast messages leave.
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const ENDS = 2_000;
const MESSAGES = 2_000;

await using server = await startBenchDatabase();
const url = await server.create();
await using ctx = testContext({ url });
const client = new pg.Client({ connectionString: url });
await client.connect();
await client.query(
  `insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy, status)
   select 'run_' || n, 'default', 'default', '{}', 'p', 'demo', '{}', 'pending' from generate_series(1, $1::int) n`,
  [(ROUNDS * 4 + 1) * ENDS + 2 * MESSAGES],
);
await client.query("vacuum analyze agentrun_runs");
let ended = 0;

async function endOneByOne(): Promise<number> {
  const startedAt = performance.now();
  for (let count = 0; count < ENDS; count += 1) {
    ended += 1;
    await client.query("update agentrun_runs set status = 'completed' where id = $1", [`run_${ended}`]);
  }
  return ((performance.now() - startedAt) * 1_000) / ENDS;
}

const make = (address: string, event: "run.completed" | "run.failed" | "session.created") =>
  createWebhook(ctx, { name: address, url: address, events: [event], projectIds: [], queues: [], format: "json" });
const ways: [string, () => Promise<() => Promise<unknown>>][] = [
  [
    "without the trigger",
    async () => {
      await client.query("alter table agentrun_runs disable trigger agentrun_runs_tell");
      return () => client.query("alter table agentrun_runs enable trigger agentrun_runs_tell");
    },
  ],
  ["no webhook", async () => async () => undefined],
  ["one that asks for something else", () => made("run.failed")],
  ["one that is told", () => made("run.completed")],
];

async function made(event: "run.completed" | "run.failed" | "session.created"): Promise<() => Promise<unknown>> {
  const { id: webhookId } = await make("http://127.0.0.1:9/", event);
  return async () => {
    await client.query("truncate agentrun_webhook_events");
    await deleteWebhook(ctx, { webhookId });
  };
}

const costs = new Map<string, number[]>(ways.map(([name]) => [name, []]));
await endOneByOne();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, begin] of ways) {
    const undo = await begin();
    costs.get(name)?.push(await endOneByOne());
    await undo();
  }
}
console.log(`\nthe end of a run, one after another, microseconds, median of ${ROUNDS} rounds of ${ENDS}`);
for (const [name, seen] of costs) console.log(`  ${name.padEnd(36)} ${medianOf(seen)}`);

function medianOf(seen: number[]): string {
  return quantile(
    seen.sort((a, b) => a - b),
    0.5,
  ).toFixed(0);
}

/** Sessions as they are made one by one, and as the dispatcher makes them, with and without webhooks to be told of them. */
async function measureSessions(title: string, each: number): Promise<void> {
  const insert = `insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile)
    select gen_random_uuid()::text, 'default', 'default', 'demo' from generate_series(1, ${each})`;
  const trigger = (act: string) =>
    client.query(`alter table agentrun_sessions ${act} trigger agentrun_sessions_tell_new`);
  const begin: Record<string, () => Promise<() => Promise<unknown>>> = {
    "without the trigger": async () => {
      await trigger("disable");
      return () => trigger("enable");
    },
    "no webhook": async () => async () => undefined,
    "one that asks for something else": () => made("run.failed"),
    "one that is told": () => made("session.created"),
  };
  const seen = new Map<string, number[]>(Object.keys(begin).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS * 2; round += 1) {
    for (const [name, prepare] of Object.entries(begin)) {
      const undo = await prepare();
      const startedAt = performance.now();
      for (let count = 0; count < ENDS; count += each) await client.query(insert);
      // The first warms up.
      if (round > 0) seen.get(name)?.push(((performance.now() - startedAt) * 1_000) / ENDS);
      await undo();
      await client.query("truncate agentrun_sessions cascade");
    }
  }
  console.log(`\na new session, ${title}, microseconds, median of ${ROUNDS * 2} rounds of ${ENDS}`);
  for (const [name, costs] of seen) console.log(`  ${name.padEnd(36)} ${medianOf(costs)}`);
}
await measureSessions("one after another", 1);
await measureSessions("a hundred a statement", 100);

console.log(`\n${MESSAGES} messages, each signed, sent, answered and settled`);
for (const receivers of [1, 8]) {
  let arrived = 0;
  const receiver = createServer((request, response) => {
    request.resume().once("end", () => {
      arrived += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  const webhooks = [];
  for (let index = 0; index < receivers; index += 1)
    webhooks.push(await make(`http://127.0.0.1:${port}/${index}`, "run.completed"));
  await client.query("update agentrun_runs set status = 'completed' where id = any($1)", [
    Array.from({ length: MESSAGES / receivers }, (_, index) => `run_${ended + index + 1}`),
  ]);
  ended += MESSAGES / receivers;
  const sender = new WebhookSender({ ctx });
  const startedAt = performance.now();
  while (arrived < MESSAGES) {
    await sender.pass();
    await pause(1);
  }
  console.log(`  to ${receivers}: ${((MESSAGES * 1_000) / (performance.now() - startedAt)).toFixed(0)}/s`);
  await sender.close();
  for (const { id: webhookId } of webhooks) await deleteWebhook(ctx, { webhookId });
  receiver.close();
}
await client.end();
