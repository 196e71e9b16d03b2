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
  { name: "a bare table, 1,000 a statement, 4 at once", fill: fillBare, drain: drainBare },
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

/** What lies below all of them: rows without keys, texts, retries or events, and one of an attempt for each. */
await ctx.pool.query(
  "create table bare (id bigint generated always as identity primary key, state text, at timestamptz)",
);
await ctx.pool.query("create index on bare (id) where state = 'waits'");
await ctx.pool.query("create table bare_attempts (id bigint, at timestamptz)");

function fillBare(count: number) {
  return ctx.pool.query("insert into bare (state) select 'waits' from generate_series(1, $1::int)", [count]);
}

async function drainBare(): Promise<void> {
  const claim = `
    with chosen as (select id from bare where state = 'waits' order by id limit 1000 for update skip locked),
      claimed as (update bare set state = 'runs', at = now() from chosen where bare.id = chosen.id returning bare.id)
    insert into bare_attempts select id, now() from claimed returning id`;
  const takers = Array.from({ length: 4 }, async () => {
    for (;;) {
      const { rows } = await ctx.pool.query<{ id: string }>(claim);
      if (rows.length === 0) return;
      await ctx.pool.query("update bare set state = 'done' where id = any($1)", [rows.map(({ id }) => id)]);
    }
  });
  await Promise.all(takers);
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
const peer = medians.find(({ name }) => name.startsWith("graphile"))?.rate;
for (const { name, rate } of medians)
  console.log(`  ${name.padEnd(44)} ${Math.round(rate).toString().padStart(8)}/s ${(rate / (peer ?? 1)).toFixed(2)} x`);
