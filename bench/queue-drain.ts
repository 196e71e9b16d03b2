import { performance } from "node:perf_hooks";
import { Logger, runOnce } from "graphile-worker";
import pg from "pg";
import { ackCommand, finishCommand } from "@/server/commands";
import { dispatchTasks } from "@/server/dispatcher";
import { createTasks } from "@/server/queue";
import { claimRun, finishRun } from "@/server/runs";
import { testContext } from "@/server/test/context";
import { loadPast, startBenchDatabase } from "./database";
import { BOSS_QUEUE, GRAPHILE_TASK, PAYLOAD, startPeers } from "./queue-peers";

/** Of each contender, in as many rounds as they take turns. */
const TASKS = Number(process.env.BENCH_TASKS ?? 100_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const PER_ROUND = Math.ceil(TASKS / ROUNDS);
const BATCH = 100;
const CONCURRENCY = 32;

await using server = await startBenchDatabase();
const database = { ...server, url: await server.create() };
const loader = new pg.Client({ connectionString: database.url });
await loader.connect();
await loadPast(loader);
await loader.end();
await using ctx = testContext(database, { poolMax: CONCURRENCY, settings: { executor: "local", runnersMax: BATCH } });
await using peers = await startPeers(database, CONCURRENCY);

/** Tasks that do nothing: made, then taken and ended as fast as each can. */
type Drain = { name: string; fill(count: number): Promise<unknown>; drain(): Promise<unknown> };

const drains: Drain[] = [
  {
    name: "graphile-worker, concurrency 32",
    fill: (count) => peers.graphileMany(count),
    drain: () =>
      runOnce({
        pgPool: peers.pool,
        concurrency: CONCURRENCY,
        noHandleSignals: true,
        logger: new Logger(() => () => undefined),
        taskList: { [GRAPHILE_TASK]: async () => undefined },
      }),
  },
  { name: "pg-boss, fetch of 100, 4 at once", fill: (count) => peers.bossMany(count), drain: drainBoss },
  {
    name: "AgentRun: dispatch, run, end of each run",
    fill: (count) => createTasks(ctx, { tasks: Array.from({ length: count }, nextTask) }),
    drain: drainProduct,
  },
];

function nextTask() {
  return { title: "Mend the roof", backendProfile: "codex", payload: PAYLOAD };
}

async function drainBoss(): Promise<void> {
  const fetchers = Array.from({ length: 4 }, async () => {
    for (;;) {
      const jobs = await peers.boss.fetch(BOSS_QUEUE, { batchSize: 100 });
      if (jobs.length === 0) return;
      await peers.boss.complete(
        BOSS_QUEUE,
        jobs.map(({ id }) => id),
      );
    }
  });
  await Promise.all(fetchers);
}

type Dispatched = { runId: string; commandId: string };

/** Every run that was dispatched is claimed and ended by the verbs that its runner does so by, one by one. */
async function drainProduct(): Promise<void> {
  for (;;) {
    if ((await dispatchTasks(ctx, { runnersMax: BATCH, batch: BATCH + 1 })) === 0) return;
    const { rows: open } = await ctx.pool.query<Dispatched>(
      `select run_id as "runId", command_id as "commandId" from agentrun_queue_attempts where ended_at is null`,
    );
    const players = Array.from({ length: CONCURRENCY }, async () => {
      for (let run = open.pop(); run !== undefined; run = open.pop()) await play(run);
    });
    await Promise.all(players);
  }
}

async function play({ runId, commandId }: Dispatched): Promise<void> {
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: `runner-of-${runId}` });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed" });
  await finishRun(ctx, { runId, leaseEpoch, terminalStatus: "completed" });
}

const rates = new Map<string, number[]>(drains.map(({ name }) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { name, fill, drain } of drains) {
    for (let left = PER_ROUND; left > 0; left -= 1_000) await fill(Math.min(left, 1_000));
    const startedAt = performance.now();
    await drain();
    rates.get(name)?.push((PER_ROUND * 1_000) / (performance.now() - startedAt));
  }
}
console.log(`\ndraining ${TASKS} tasks that do nothing, in ${ROUNDS} rounds`);
const medians = [...rates].map(([name, seen]) => {
  return { name, rate: [...seen].sort((left, right) => left - right)[Math.floor(seen.length / 2)] ?? Number.NaN };
});
for (const { name, rate } of medians)
  console.log(
    `  ${name.padEnd(44)} ${Math.round(rate).toString().padStart(8)}/s ${(rate / (medians[0]?.rate ?? 1)).toFixed(2)} x`,
  );
