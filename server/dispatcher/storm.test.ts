import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "@/db/migrate";
import { isLong, trials } from "@/server/test/faults/trials";
import { buildStormProgram, type StormProgram } from "@/server/test/storm-program";
import { type PostgresServer, startPostgres } from "@/supervisor/postgres/cluster";
import { checkHistory } from "./test/check-history";
import { readHistory, recordHistory } from "./test/history";
import type { StormJob } from "./test/storm-child";

const TASKS = trials({ suite: 300, long: 100_000 });
const KILLS = trials({ suite: 6, long: 200 });
const RESTARTS = trials({ suite: 1, long: 5 });
const DISPATCHERS = 8;
const RUNNERS_MAX = 40;
const LANES = ["a", "b", "c", "d"];
/** The last hexadecimal digits of run ids, divided among the players. */
const LETTERS = ["0123", "4567", "89ab", "cdef"];

let program: StormProgram<StormJob>;
let folder: string;
let server: PostgresServer | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "agentrun-storm-"));
  program = await buildStormProgram(path.resolve(import.meta.dirname, "test/storm-child.ts"));
});
afterAll(async () => {
  await program[Symbol.asyncDispose]();
  await server?.stop(5_000);
  await rm(folder, { recursive: true, force: true });
});

test(`${DISPATCHERS} dispatchers over ${TASKS} tasks, with ${KILLS} kills and ${RESTARTS} restarts of PostgreSQL, exceed no limit, run nothing twice and lose nothing`, {
  timeout: isLong ? 7_200_000 : 600_000,
}, async () => {
  const options = { dataDir: folder, password: "storm", logFile: path.join(folder, "pg.log"), isDurable: isLong };
  server = await startPostgres(options);
  const { port } = server;
  const databaseUrl = server.databaseUrl("postgres");
  await migrate(databaseUrl);
  let client = await connect(databaseUrl);
  await recordHistory(client);
  await fill(client);
  const common = { databaseUrl, dataDir: folder, runnersMax: RUNNERS_MAX };
  const start = (index: number) =>
    program.start({
      ...common,
      role: index < DISPATCHERS ? "dispatcher" : "player",
      letters: LETTERS[index - DISPATCHERS] ?? "",
    });
  const workers = Array.from({ length: DISPATCHERS + LETTERS.length }, (_, index) => start(index));
  const said: string[] = [];
  for (let disasters = 1; disasters <= KILLS + RESTARTS; disasters += 1) {
    const share = disasters / (KILLS + RESTARTS + 1);
    await until(client, share);
    if (disasters % Math.ceil((KILLS + RESTARTS) / RESTARTS) === 0) {
      await client.end();
      await server.stop(5_000);
      server = await startPostgres({ ...options, port });
      client = await connect(databaseUrl);
    }
    const victim = disasters % workers.length;
    await workers[victim]?.kill();
    said.push(workers[victim]?.errors() ?? "");
    workers[victim] = start(victim);
  }
  await until(client, 1);
  for (const worker of workers) await worker.kill();
  expect([...said, ...workers.map((worker) => worker.errors())].join("")).toBe("");

  const history = await readHistory(client);
  expect(checkHistory(history)).toEqual([]);
  expect(await one(client, "select count(*) from agentrun_queue_attempts where ended_at is null")).toBe(0);
  expect(await one(client, "select count(*) from agentrun_runs where status in ('pending', 'claimed')")).toBe(0);
  // There are exactly as many runs as attempts.
  const runs = await one(client, "select count(*) from agentrun_runs");
  const attempts = await one(client, "select count(*) from agentrun_queue_attempts");
  const counted = await one(client, "select sum(attempt_count) from agentrun_queue_tasks");
  expect({ attempts, counted }).toEqual({ attempts: runs, counted: runs });
  expect(await differences(client)).toEqual([]);
  await client.end();
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function one(client: pg.Client, query: string): Promise<number> {
  const { rows } = await client.query(query);
  return Number(Object.values(rows[0] ?? {})[0] ?? 0);
}

/** Adds tasks of three tenants in four lanes, some of which share a key or a session, and the limits. */
async function fill(client: pg.Client): Promise<void> {
  await client.query(
    `insert into agentrun_queue_controls (tenant_id, queue, lane, max_running, key_max_running)
     values ('*', 'q', '', 30, 2), ('*', 'q', 'a', 3, null), ('t1', 'q', 'b', 2, null), ('*', 'q', 'c', 12, null)`,
  );
  await client.query(
    `insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
       backend_profile, payload, payload_hash, metadata, session_id, retry_policy)
     select 'qt_' || n, 't' || (n % 3), 'p', 'q', ($2::text[])[1 + n % 4], 'task ' || n, n % 5, 'pending', 0, 'demo',
       '{"text": "work"}', '', case when n % 7 = 0 then jsonb_build_object('concurrencyKey', 'key ' || n % 4) else '{}' end,
       case when n % 13 = 0 then 'ses_' || (n % 3) || '_' || n % 5 end, '{"maxAttempts": 3, "backoffMs": 0}'
     from generate_series(1, $1::int) n`,
    [TASKS, LANES],
  );
}

/** Waits until a share of the tasks has ended. */
async function until(client: pg.Client, share: number): Promise<void> {
  const ended = () =>
    one(client, "select count(*) from agentrun_queue_tasks where state in ('completed', 'failed', 'cancelled')");
  await expect
    .poll(ended, { timeout: isLong ? 3_600_000 : 300_000, interval: isLong ? 1_000 : 50 })
    .toBeGreaterThanOrEqual(Math.floor(TASKS * share));
}

/** Returns where the counters differ from a count of the table. */
async function differences(client: pg.Client): Promise<unknown[]> {
  const { rows } = await client.query(`
    select tenant_id, lane, state, sum(tasks) as tasks from (
      select tenant_id, lane, state, tasks from agentrun_queue_counts
      union all select tenant_id, lane, state, entered - gone from agentrun_queue_count_changes
      union all select tenant_id, lane, state, -count(*) from agentrun_queue_tasks group by 1, 2, 3) counted
    group by 1, 2, 3 having sum(tasks) <> 0`);
  return rows;
}
