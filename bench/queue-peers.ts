import { createHash } from "node:crypto";
import { makeWorkerUtils } from "graphile-worker";
import pg from "pg";
import PgBoss from "pg-boss";
import { newId } from "@/server/ids";
import type { BenchDatabase } from "./database";

export const BOSS_QUEUE = "bench";
export const GRAPHILE_TASK = "bench";
export const PAYLOAD = { text: "mend the roof of the old house by the river before the rain comes", order: 4_711 };

/** What tasks are given to for comparison, each on tables of its own in one server. */
export type Peers = AsyncDisposable & {
  graphileOne(key: string): Promise<unknown>;
  graphileMany(keys: string[] | number): Promise<unknown>;
  bossOne(key: string): Promise<unknown>;
  bossMany(count: number): Promise<unknown>;
  oldOne(key: string): Promise<unknown>;
  boss: PgBoss;
  pool: pg.Pool;
};

export async function startPeers(database: BenchDatabase, callers = 32): Promise<Peers> {
  const pool = new pg.Pool({ connectionString: database.url, max: callers });
  const oldPool = new pg.Pool({ connectionString: await database.createV01(), max: callers });
  // graphile-worker takes its own listener off as it is released, and a connection that ends after that has nobody.
  pool.on("error", (error) => console.error("graphile-worker's pool:", error.message));
  const utils = await makeWorkerUtils({ pgPool: pool });
  await utils.migrate();
  const boss = new PgBoss({ connectionString: database.url, max: callers, supervise: false, schedule: false });
  boss.on("error", (error) => console.error("pg-boss:", error.message));
  await boss.start();
  await boss.createQueue(BOSS_QUEUE);
  return {
    boss,
    pool,
    graphileOne: (key) => utils.addJob(GRAPHILE_TASK, PAYLOAD, { jobKey: key }),
    graphileMany: (keys) => {
      const specs = Array.from({ length: typeof keys === "number" ? keys : keys.length }, (_, index) => ({
        identifier: GRAPHILE_TASK,
        payload: PAYLOAD,
        ...(typeof keys === "number" ? {} : { jobKey: keys[index] }),
      }));
      // As its own addJobs does, which 0.16 has for workers alone.
      return pool.query({
        name: "graphile-many",
        text: `select id from graphile_worker.add_jobs(
          (select array_agg((r.identifier, r.payload, null, null, null, r."jobKey", null, null)::graphile_worker.job_spec)
           from json_to_recordset($1::json) as r (identifier text, payload json, "jobKey" text)), false)`,
        values: [JSON.stringify(specs)],
      });
    },
    bossOne: (key) => boss.send(BOSS_QUEUE, PAYLOAD, { singletonKey: key }),
    bossMany: (count) =>
      boss.insert(
        Array.from({ length: count }, () => ({ name: BOSS_QUEUE, data: PAYLOAD, singletonKey: newId("task") })),
      ),
    oldOne: (key) => createOldTask(oldPool, key),
    async [Symbol.asyncDispose]() {
      await boss.stop({ graceful: false, wait: true });
      await utils.release();
      await pool.end();
      await oldPool.end();
    },
  };
}

/** v0.1's statements, in its order. */
async function createOldTask(pool: pg.Pool, key: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(
      "select * from agentrun_queue_tasks where tenant_id = $1 and project_id = $2 and idempotency_key = $3",
      ["default", "default", key],
    );
    const payload = JSON.stringify(PAYLOAD);
    await client.query(
      `insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
         backend_profile, provider_id, payload, payload_hash, idempotency_key)
       values ($1, 'default', 'default', 'default', 'default', 'Mend the roof', 0, 'pending',
         nextval('agentrun_queue_version_seq'), 'codex', 'default', $2, $3, $4) returning *`,
      [newId("task"), payload, createHash("sha256").update(payload).digest("hex"), key],
    );
    await client.query("commit");
  } finally {
    client.release();
  }
}
