import { performance } from "node:perf_hooks";
import pg from "pg";
import type { ListTasksInput } from "@/contract/queue";
import { loadTasks } from "@/db/test/load-tasks";
import { listTasks } from "@/server/queue";
import { tenantOperator, testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";

const SIZE = Number(process.env.BENCH_TASKS ?? 1_000_000);
const SAMPLES = Number(process.env.BENCH_SAMPLES ?? 200);
/** As it is after a while: most of them are over. */
const STATES = ["completed", "completed", "completed", "failed", "cancelled", "pending", "completed"];

await using server = await startBenchDatabase();
const database = { url: await server.create() };
const client = new pg.Client({ connectionString: database.url });
await client.connect();
await loadTasks(client, SIZE, STATES);
// The rare: states and places that few tasks have, none of them near the front.
await client.query(`update agentrun_queue_tasks set state = 'running', priority = -5 where id like '%00077'`);
await client.query(`update agentrun_queue_tasks set lane = 'rare', priority = -5 where id like '%000033'`);
await client.query(`update agentrun_queue_tasks set tenant_id = 'small', priority = -5 where id like '%000044'`);
await client.query(`update agentrun_queue_tasks set project_id = 'small', priority = -5 where id like '%000055'`);
await client.query("vacuum analyze agentrun_queue_tasks");
await using ctx = testContext(database, { poolMax: 2 });
const own = ctx.as(tenantOperator("small"));

const filters: [string, Partial<ListTasksInput>][] = [
  ["none", {}],
  ["a queue", { queue: "queue_1" }],
  ["a state", { state: "failed" }],
  ["a rare state", { state: "running" }],
  ["a state that none has", { state: "dispatched" }],
  ["a queue and a state", { queue: "queue_1", state: "pending" }],
  ["a queue and a rare state", { queue: "queue_1", state: "running" }],
  ["a lane", { lane: "lane_3" }],
  ["a rare lane", { lane: "rare" }],
  ["a lane that is not there", { lane: "nowhere" }],
  ["a queue, a lane and a state", { queue: "queue_1", lane: "lane_1", state: "pending" }],
  ["a tenant", { tenantId: "tenant_3" }],
  ["a small tenant", { tenantId: "small" }],
  ["a small project", { projectId: "small" }],
  ["what changed of late", { updatedAfter: SIZE - 20 }],
  ["search for a rare word", { search: `Task ${SIZE - 7}` }],
  ["search for nothing", { search: "no task has this" }],
];

async function sample(caller: typeof own, filter: Partial<ListTasksInput>): Promise<string> {
  const latencies: number[] = [];
  let rows = 0;
  for (let index = 0; index < SAMPLES; index += 1) {
    const startedAt = performance.now();
    try {
      rows = (await listTasks(caller, { ...filter, limit: 50 })).items.length;
    } catch (error) {
      return `failed: ${String(error).slice(0, 60)}`;
    }
    latencies.push(performance.now() - startedAt);
    // A filter that is out of bounds shows it in fewer samples.
    if (index > 3 && (latencies.at(-1) ?? 0) > 300) break;
  }
  latencies.sort((left, right) => left - right);
  return `${quantile(latencies, 0.5).toFixed(2)} / ${quantile(latencies, 0.99).toFixed(2)} (${rows} rows)`;
}

console.log(`\nqueue.listTasks, pages of 50 of ${SIZE} tasks, p50 / p99 ms`);
for (const [name, filter] of filters) console.log(`  ${name.padEnd(30)} ${await sample(ctx, filter)}`);
console.log(`  ${"a small tenant's own".padEnd(30)} ${await sample(own, {})}`);
await client.end();
