import { performance } from "node:perf_hooks";
import pg from "pg";
import type { QueueScopeInput } from "@/contract/queue";
import { queueCommander, queueHistory, queueStats, verifyCounts } from "@/server/queue";
import { tenantOperator, testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";

// The commander's view and the counters with a million tasks, for all and for one queue or tenant, large and small; and
// how each of its statements is planned. Goals: p50 2 ms, p99 10 ms, equal to a recount, no growth of memory.
const TASKS = Number(process.env.BENCH_TASKS ?? 1_000_000);
const SAMPLES = Number(process.env.BENCH_SAMPLES ?? 1_000);
const SCOPES: Record<string, QueueScopeInput & { as?: string }> = {
  all: {},
  "one queue": { queue: "queue_1" },
  "one tenant": { as: "tenant_3" },
  "one tenant's queue": { as: "tenant_3", queue: "queue_1" },
  "a small tenant": { as: "small" },
  "a small tenant's queue": { as: "small", queue: "queue_1" },
};

await using database = await startBenchDatabase();
await using ctx = testContext(database);
await load();

const recount = await verifyCounts(ctx);
console.log(`${recount.tasks} tasks of ${recount.kinds} kinds; the counters equal a recount: ${recount.isEqual}`);
for (const [name, { as, ...scope }] of Object.entries(SCOPES)) {
  const caller = as === undefined ? ctx : ctx.as(tenantOperator(as));
  console.log(`${name.padEnd(24)} commander ${await sample(() => queueCommander(caller, scope))}`);
  console.log(`${"".padEnd(24)} stats     ${await sample(() => queueStats(caller, scope))}`);
}
console.log(`${"history, a day".padEnd(24)}           ${await sample(() => queueHistory(ctx, { minutes: 1_440 }))}`);

const before = process.memoryUsage();
for (let call = 0; call < 5_000; call += 1) await queueCommander(ctx, {});
const after = process.memoryUsage();
const grown = (what: "rss" | "heapUsed") => `${((after[what] - before[what]) / 1024 ** 2).toFixed(1)} MB`;
console.log(`memory after 5,000 calls: ${grown("rss")} resident, ${grown("heapUsed")} of heap`);
await explainAll();

async function sample(once: () => Promise<unknown>): Promise<string> {
  for (let call = 0; call < 20; call += 1) await once();
  const latencies: number[] = [];
  for (let call = 0; call < SAMPLES; call += 1) {
    const startedAt = performance.now();
    await once();
    latencies.push(performance.now() - startedAt);
  }
  latencies.sort((left, right) => left - right);
  return `p50 ${quantile(latencies, 0.5).toFixed(2)} ms  p99 ${quantile(latencies, 0.99).toFixed(2)} ms`;
}

/** Every statement of a call as it is sent, planned and run, with what each read. */
async function explainAll(): Promise<void> {
  for (const [name, { as, ...scope }] of Object.entries(SCOPES)) {
    const sent: { text: string; values: unknown[] }[] = [];
    const { pool } = ctx.database;
    const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    Object.assign(pool, {
      query(config: { text: string; values?: unknown[] }, values?: unknown[]) {
        // Named statements bring their values with them.
        sent.push({ text: config.text, values: values ?? config.values ?? [] });
        return query(config, values);
      },
    });
    await queueCommander(as === undefined ? ctx : ctx.as(tenantOperator(as)), scope);
    Object.assign(pool, { query });
    console.log(`\n${name}`);
    for (const { text, values } of sent) {
      const { rows } = await ctx.pool.query(`explain (analyze, buffers, format text) ${text}`, values);
      const plan = rows.map((row) => String(row["QUERY PLAN"]));
      const shown = process.env.BENCH_PLANS
        ? plan
        : plan.filter((line) => /Seq Scan|^(Planning|Execution) Time/.test(line));
      console.log(`  ${text.replace(/\s+/g, " ").trim().slice(0, 90)}\n    ${shown.join("\n    ")}`);
    }
  }
}

/** Nine of ten tasks are over; one tenant has a few. Written past the triggers, as if all of it were long folded. */
async function load(): Promise<void> {
  const loader = new pg.Client({ connectionString: database.url });
  await loader.connect();
  await loader.query("set statement_timeout = 0");
  await loader.query("alter table agentrun_queue_tasks disable trigger user");
  await loader.query(
    `insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
       backend_profile, payload, payload_hash, change_xid, created_at, updated_at, ready_at, dead_letter, not_before,
       parked_at, blocked_on, attempt_count)
     select 'qt_' || lpad(n::text, 8, '0'), tenant, 'default', 'queue_' || n % 4, 'lane_' || n % 8, 'Task ' || n, n % 10,
       state, n, 'codex', '{"text": "go"}', 'hash', '1', at, at, at, case when state = 'failed' then 'not-retryable' end,
       case when state = 'pending' and n % 1000 = 1 then timestamptz '9999-12-31 00:00:00+00' end,
       case when state = 'pending' and n % 1000 = 1 then at end,
       case when state = 'pending' and n % 500 = 2 then '["session","ses_' || n % 300 || '"]' end, 1
     from (select n, case when n % 5000 = 3 then 'small' else 'tenant_' || n % 20 end as tenant,
       case when n % 2000 = 0 then 'running' when n % 10 = 9 then 'failed' when n % 10 in (1, 2, 3) then 'pending'
         when n % 10 = 4 then 'cancelled' else 'completed' end as state,
       now() - interval '10 days' + n * interval '10 days' / ${TASKS} as at from generate_series(1, ${TASKS}) n) made`,
  );
  await loader.query("alter table agentrun_queue_tasks enable trigger user");
  await loader.query(
    `insert into agentrun_queue_attempts (task_id, attempt, tenant_id, project_id, queue, lane, state, ready_at,
       dispatched_at, started_at, ended_at)
     select id, 1, tenant_id, project_id, queue, lane, state, created_at, created_at + random() * interval '1 minute',
       created_at + interval '1 minute', case when state <> 'running' then created_at + interval '2 minutes' end
     from agentrun_queue_tasks where state not in ('pending', 'cancelled')`,
  );
  await loader.query(
    `insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, execution_state, storage_state)
     select 'ses_' || n, 'tenant_' || n % 20, 'default', 'codex', 'idle', case when n < 30 then 'evicted' else 'live' end
     from generate_series(0, 299) n`,
  );
  await loader.query(
    `insert into agentrun_queue_counts
     select tenant_id, project_id, queue, lane, backend_profile, state, count(*) from agentrun_queue_tasks group by 1, 2, 3, 4, 5, 6`,
  );
  await loader.query(
    `insert into agentrun_queue_minutes (minute, tenant_id, queue, lane, waiting, running, started, completed)
     select date_trunc('minute', now()) - n * interval '1 minute', tenant_id, queue, lane, 10, 1, 3, 2
     from generate_series(0, 1439) n cross join (select distinct tenant_id, queue, lane from agentrun_queue_counts) lanes`,
  );
  await loader.query("vacuum analyze");
  await loader.end();
}
