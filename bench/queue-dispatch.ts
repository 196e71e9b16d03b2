import { performance } from "node:perf_hooks";
import pg from "pg";
import { LANES, loadTasks } from "@/db/test/load-tasks";
import { dispatchTasks } from "@/server/dispatcher";
import { createTask, setControl } from "@/server/queue";
import { testContext } from "@/server/test/context";
import { loadPast, startBenchDatabase } from "./database";
import { quantile } from "./measure";

const SIZES = [10_000, Number(process.env.BENCH_TASKS ?? 1_000_000)];
const BATCH = 20;
/** As many as the smaller queue has tasks for: of a hundred samples the 99th percentile would be the worst but one. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 20);
const BATCHES_PER_ROUND = 20;

await using database = await startBenchDatabase();
const queues = await Promise.all(SIZES.map((size) => openQueue(size)));

/** A queue of so many waiting tasks, with limits and weights of its lanes. */
async function openQueue(waiting: number) {
  const url = await database.create();
  const client = new pg.Client({ connectionString: url });
  // Where something fails the server stops first: the failure is to be told, and not that.
  client.on("error", () => undefined);
  await client.connect();
  await loadPast(client);
  await loadTasks(client, waiting);
  const ctx = testContext({ url }, { settings: { executor: "local", runnersMax: BATCH } });
  for (let lane = 0; lane < LANES; lane += 1) {
    const place = { queue: `queue_${lane % 4}`, lane: `lane_${lane}` };
    await setControl(ctx, { ...place, tenantId: "*", maxRunning: 4, weight: 1 + (lane % 3) });
  }
  await client.query("analyze");
  return { waiting, client, ctx, latencies: [] as number[] };
}
type Queue = Awaited<ReturnType<typeof openQueue>>;

/** One dispatch of a batch, timed; what it dispatched is then over, so that the next finds as many slots free. */
async function once({ client, ctx, latencies }: Queue): Promise<void> {
  const startedAt = performance.now();
  const dispatched = await dispatchTasks(ctx, { runnersMax: BATCH, batch: BATCH + 1 });
  latencies.push(performance.now() - startedAt);
  if (dispatched !== BATCH) throw new Error(`${dispatched} tasks were dispatched, not ${BATCH}`);
  await client.query("begin");
  await client.query("update agentrun_queue_attempts set state = 'completed', ended_at = now() where ended_at is null");
  await client.query("update agentrun_queue_tasks set state = 'completed' where state = 'dispatched'");
  await client.query("update agentrun_runs set status = 'completed' where status = 'pending'");
  await client.query("update agentrun_sessions set execution_state = 'terminal' where execution_state = 'running'");
  await client.query("commit");
}

for (const queue of queues) for (let batch = 0; batch < 5; batch += 1) await once(queue);
for (const queue of queues) queue.latencies.length = 0;
for (let round = 0; round < ROUNDS; round += 1) {
  for (const queue of queues) for (let batch = 0; batch < BATCHES_PER_ROUND; batch += 1) await once(queue);
}
console.log(`\none dispatch of ${BATCH}, with lane limits, weights, fairness and priority`);
for (const { waiting, latencies } of queues) {
  const sorted = [...latencies].sort((left, right) => left - right);
  const p50Ms = quantile(sorted, 0.5);
  console.log(
    `  ${String(waiting).padStart(9)} waiting  p50 ${p50Ms.toFixed(2)} ms  p99 ${quantile(sorted, 0.99).toFixed(2)} ms  ${Math.round((BATCH * 1_000) / p50Ms)} tasks/s at the median`,
  );
}

/** From the call that adds a task to its run, in an idle process that is woken as a worker is. */
const [small] = queues;
if (small) {
  await small.client.query("update agentrun_queue_tasks set state = 'completed' where state = 'pending'");
  await small.client.query("vacuum analyze agentrun_queue_tasks");
  const latencies: number[] = [];
  for (let count = 0; count < 100; count += 1) {
    const startedAt = performance.now();
    await createTask(small.ctx, { title: "Mend", backendProfile: "codex", payload: { text: "mend" } });
    await dispatchTasks(small.ctx, { runnersMax: 1_000 });
    latencies.push(performance.now() - startedAt);
  }
  latencies.sort((left, right) => left - right);
  console.log(
    `\nenqueue to run created, idle: p50 ${quantile(latencies, 0.5).toFixed(2)} ms  p99 ${quantile(latencies, 0.99).toFixed(2)} ms`,
  );
}
for (const { client, ctx } of queues) {
  await client.end();
  await ctx[Symbol.asyncDispose]();
}
