import { performance } from "node:perf_hooks";
import pg from "pg";
import type { ListSessionsInput } from "@/contract/session";
import type { ServiceContext } from "@/server/context";
import { listEvents, searchEvents } from "@/server/events";
import { listTasks, queueCommander } from "@/server/queue";
import { listSessions } from "@/server/sessions";
import { tenantOperator, testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";

// Lists of sessions with each filter while the table grows, and pages of events of a long run. A filter is only good
// when its rare matches are as near as its common ones, so the rare ones are the oldest rows.
const SIZES = (process.env.BENCH_SIZES ?? "1000,10000,100000,1000000").split(",").map(Number);
const SAMPLES = Number(process.env.BENCH_SAMPLES ?? 300);
const RARE = 7;
/** Enough that a planner who thinks them spread evenly reads the whole list to find a page of them. */
const OLD = 4_000;

const FILTERS: Record<string, Partial<ListSessionsInput> & { as?: string; isDeep?: boolean }> = {
  "first page": { state: "all" },
  "default, with a reader": { state: "default", readerId: "ann" },
  "deep page": { state: "all", isDeep: true },
  running: { state: "running" },
  "unread, the rest read": { state: "unread", readerId: "bob" },
  "a rare profile": { state: "all", backendProfile: "minimax-m3" },
  "a rare storage kind": { state: "all", storageKind: "none" },
  "a small tenant": { state: "all", as: "small" },
  "a large tenant": { state: "all", as: "large" },
  "a small project": { state: "all", projectId: "small" },
  "an old project": { state: "all", projectId: "old" },
  "an old profile": { state: "all", backendProfile: "old" },
  "running, of a rare profile": { state: "running", backendProfile: "minimax-m3" },
  "search for a rare word": { state: "all", search: "needle" },
  "search for nothing": { state: "all", search: "is-nowhere" },
};

await using database = await startBenchDatabase();
await using ctx = testContext(database);
const loader = new pg.Client({ connectionString: database.url });
await loader.connect();
await loader.query("set statement_timeout = 0");

const table = new Map<string, string[]>(Object.keys(FILTERS).map((name) => [name, []]));
let loaded = 0;
for (const size of SIZES) {
  await load(loaded, size);
  loaded = size;
  for (const [name, filter] of Object.entries(FILTERS)) table.get(name)?.push(await sampleFilter(filter));
}
console.log(`sessions.list, 50 rows, p50 / p99 ms of ${SAMPLES} samples, rows returned`);
console.log(`${"".padEnd(28)}${SIZES.map((size) => String(size).padStart(24)).join("")}`);
for (const [name, cells] of table) console.log(`${name.padEnd(28)}${cells.map((cell) => cell.padStart(24)).join("")}`);

await eventPages();
await tasks();
await loader.end();

async function sampleFilter({
  as,
  isDeep,
  ...filter
}: Partial<ListSessionsInput> & { as?: string; isDeep?: boolean }): Promise<string> {
  const caller = as === undefined ? ctx : ctx.as(tenantOperator(as));
  const input = { limit: 50, state: "all" as const, ...filter };
  let cursor: string | undefined;
  for (let page = 0; isDeep && page < 10; page += 1)
    cursor = (await listSessions(caller, { ...input, ...(cursor ? { cursor } : {}) })).cursor ?? undefined;
  return sample(async () => (await listSessions(caller, { ...input, ...(cursor ? { cursor } : {}) })).items.length);
}

async function sample(once: () => Promise<number>): Promise<string> {
  try {
    const rows = await once();
    for (let index = 0; index < 10; index += 1) await once();
    const latencies: number[] = [];
    for (let index = 0; index < SAMPLES; index += 1) {
      const startedAt = performance.now();
      await once();
      latencies.push(performance.now() - startedAt);
      // A filter that is out of bounds shows it in fewer samples.
      if (index > 20 && (latencies.at(-1) ?? 0) > 200) break;
    }
    latencies.sort((left, right) => left - right);
    return `${quantile(latencies, 0.5).toFixed(2)} / ${quantile(latencies, 0.99).toFixed(2)} (${rows})`;
  } catch (error) {
    return `failed: ${String(error).slice(0, 12)}`;
  }
}

/** Row n is older the smaller n is; the first few of all are the rare ones. */
async function load(from: number, to: number): Promise<void> {
  await loader.query("alter table agentrun_sessions disable trigger user");
  await loader.query(
    `insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, version, execution_state,
       storage_kind, storage_state, storage_evicted_at, created_at, updated_at, change_xid)
     select 'ses_' || lpad(n::text, 8, '0'), case when n <= ${RARE} then 'small' when n % 3 = 0 then 'large' else 'tenant_' || n % 100 end,
       case when n <= ${RARE} then 'small' when n <= ${OLD} then 'old' else 'project_' || n % 20 end,
       case when n <= ${RARE} then 'minimax-m3' when n <= ${OLD} then 'old' when n % 4 = 0 then 'deepseek' else 'codex' end,
       case when n <= ${RARE} then 'a needle in it' else 'Mend the thing number ' || n end, n,
       case when n % 1000 = 1 then 'running' when n % 3 = 0 then 'idle' else 'terminal' end,
       case when n <= ${RARE} then 'none' when n % 2 = 0 then 'evicted' else 'pvc' end,
       case when n <= ${RARE} then 'none' when n % 2 = 0 then 'evicted' else 'live' end,
       case when n % 2 = 0 then now() - interval '30 days' end,
       now() - interval '400 days' + n * interval '30 seconds', now() - interval '400 days' + n * interval '30 seconds', '1'
     from generate_series($1::int + 1, $2::int) n`,
    [from, to],
  );
  await loader.query(
    `insert into agentrun_session_read_cursors (session_id, reader_id, session_version)
     select 'ses_' || lpad(n::text, 8, '0'), 'bob', n from generate_series($1::int + 1, $2::int) n where n > ${RARE}`,
    [from, to],
  );
  await loader.query(
    `insert into agentrun_session_read_cursors (session_id, reader_id, session_version)
     select 'ses_' || lpad(n::text, 8, '0'), 'ann', n - n % 2 from generate_series($1::int + 1, $2::int) n where n % 3 = 0`,
    [from, to],
  );
  await loader.query("alter table agentrun_sessions enable trigger user");
  await loader.query("vacuum analyze agentrun_sessions, agentrun_session_read_cursors");
}

async function eventPages(): Promise<void> {
  const events = Math.max(...SIZES);
  await loader.query(
    `insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy, status, last_event_seq)
     values ('run_long', 'default', 'default', '{}', 'default', 'codex', '{}', 'claimed', $1)`,
    [events],
  );
  await loader.query(
    `insert into agentrun_events (id, run_id, seq, type, payload)
     select 'evt_' || n, 'run_long', n, 'assistant_message', jsonb_build_object('itemId', 'item_' || n, 'text', repeat('x', 250))
     from generate_series(1, $1::int) n`,
    [events],
  );
  await loader.query("vacuum analyze agentrun_events");
  console.log(`\nevents.list, 500 of ${events}, p50 / p99 ms`);
  for (const afterSeq of [0, Math.floor(events / 2), events - 500]) {
    console.log(
      `  after ${String(afterSeq).padEnd(10)} ${await sample(async () => (await listEvents(ctx, { runId: "run_long", afterSeq, limit: 500 })).items.length)}`,
    );
  }
  console.log(`\nevents.search, a page of ${events} that finds nothing, p50 / p99 ms`);
  for (const [name, asked] of [
    ["by text", { text: "nowhere" }],
    ["failures", { isFailed: true }],
  ] as const) {
    const input = { runId: "run_long", order: "newest", limit: 100, ...asked } as const;
    console.log(`  ${name.padEnd(16)} ${await sample(async () => (await searchEvents(ctx, input)).items.length)}`);
  }
}

async function tasks(): Promise<void> {
  const count = Math.max(...SIZES);
  await loader.query("alter table agentrun_queue_tasks disable trigger user");
  await loader.query(
    `insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version, backend_profile, payload, payload_hash, change_xid)
     select 'qt_' || n, 'default', 'default', 'queue_' || n % 4, 'lane_' || n % 8, 'Task ' || n, n % 10,
       (array['completed','failed','cancelled','completed','pending'])[1 + n % 5], n, 'codex', '{}', 'hash', '1' from generate_series(1, $1::int) n`,
    [count],
  );
  await loader.query("alter table agentrun_queue_tasks enable trigger user");
  await loader.query("vacuum analyze agentrun_queue_tasks");
  console.log(`\nqueue, ${count} tasks, p50 / p99 ms`);
  console.log(
    `  first page            ${await sample(async () => (await listTasks(ctx, { limit: 50 })).items.length)}`,
  );
  console.log(
    `  pending of one queue  ${await sample(async () => (await listTasks(ctx, { limit: 50, queue: "queue_1", state: "pending" })).items.length)}`,
  );
  console.log(`  commander             ${await sample(() => commanderItems(ctx))}`);
}

async function commanderItems(caller: ServiceContext): Promise<number> {
  return (await queueCommander(caller, {})).items.length;
}
