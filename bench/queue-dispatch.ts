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
/** A worker that has just been started is still compiling what it does: it does so once, and for months. */
const WARM_UPS = 40;

/** When the last dispatch had chosen and locked its tasks: as it sends the statement that makes their runs. */
let lockedAt = 0;
const send = pg.Client.prototype.query as (...args: unknown[]) => unknown;
Object.assign(pg.Client.prototype, {
  query(this: pg.Client, ...args: unknown[]) {
    const [asked] = args as [string | pg.QueryConfig];
    if (typeof asked === "object" && asked.text?.includes("new_sessions as")) lockedAt = performance.now();
    return send.apply(this, args);
  },
});

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
  return { waiting, client, ctx, latencies: [] as number[], locks: [] as number[] };
}
type Queue = Awaited<ReturnType<typeof openQueue>>;

/** One dispatch of a batch, timed; what it dispatched is then over, so that the next finds as many slots free. */
async function once({ client, ctx, latencies, locks }: Queue): Promise<void> {
  lockedAt = 0;
  const startedAt = performance.now();
  const dispatched = await dispatchTasks(ctx, { runnersMax: BATCH, batch: BATCH + 1 });
  latencies.push(performance.now() - startedAt);
  locks.push(lockedAt - startedAt);
  if (dispatched !== BATCH) throw new Error(`${dispatched} tasks were dispatched, not ${BATCH}`);
  await client.query("begin");
  await client.query("update agentrun_queue_attempts set state = 'completed', ended_at = now() where ended_at is null");
  await client.query("update agentrun_queue_tasks set state = 'completed' where state = 'dispatched'");
  await client.query("update agentrun_runs set status = 'completed' where status = 'pending'");
  await client.query("update agentrun_sessions set execution_state = 'terminal' where execution_state = 'running'");
  await client.query("commit");
}

for (const queue of queues) {
  for (let batch = 0; batch < WARM_UPS; batch += 1) await once(queue);
  queue.latencies.length = 0;
  queue.locks.length = 0;
}
for (let round = 0; round < ROUNDS; round += 1) {
  for (const queue of queues) for (let batch = 0; batch < BATCHES_PER_ROUND; batch += 1) await once(queue);
}
console.log(`\none dispatch of ${BATCH}, with lane limits, weights, fairness and priority`);
for (const { waiting, latencies, locks } of queues) {
  const quantiles = (samples: number[]) => {
    const sorted = [...samples].sort((left, right) => left - right);
    return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
  };
  const words = ({ p50Ms, p99Ms }: ReturnType<typeof quantiles>) =>
    `p50 ${p50Ms.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms`;
  const whole = quantiles(latencies);
  const rate = Math.round((BATCH * 1_000) / whole.p50Ms);
  console.log(
    `  ${String(waiting).padStart(9)} waiting  ${words(whole)}  ${rate} tasks/s at the median; until the ${BATCH} are locked ${words(quantiles(locks))}`,
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
