import { performance } from "node:perf_hooks";
import pg from "pg";
import type { GcReport } from "@/contract/storage";
import type { ServiceContext } from "@/server/context";
import { collectGarbage, listStorage } from "@/server/storage";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";

// One pass of the collection over a table of many sessions. Its volumes and archives are names alone: what is measured
// is what a pass costs the database, by the database's own account of its active time, and this process in memory.
const SESSIONS = Number(process.env.BENCH_SESSIONS ?? 100_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
/** Expired, and kept by a pin or by a run that waits: looked at in every pass. */
const KEPT = SESSIONS / 20;
const TAKEN_PER_PASS = 50;
/** Expired, and their archives ordered long ago: as many as there may be, with those that failed. */
const ORDERED = Math.min(1_000, SESSIONS / 20);
const SYSTEM = { kind: "system", name: "storage-gc", tenantId: null } as const;

await using database = await startBenchDatabase();
const reader = new pg.Client({ connectionString: database.url });
await reader.connect();
await reader.query("set statement_timeout = 0");

console.log(`one pass over ${SESSIONS} sessions, median of ${ROUNDS}`);
console.log(
  `${"".padEnd(44)}${["database ms", "wall ms", "RSS MB", "took", "kept"].map((head) => head.padStart(12)).join("")}`,
);
await load({ kept: 0, taken: 0 });
await yardstick();
await passes("nothing has expired", {});
await passes("nothing has expired or is idle", { idleTtlMs: 86_400_000 });
await load({ kept: KEPT, taken: TAKEN_PER_PASS * (ROUNDS + 1) });
await passes(`${KEPT} are kept, ${TAKEN_PER_PASS} go`, {});
await passes(`${KEPT} are kept, none goes`, {});
await load({ kept: 0, taken: 0, ordered: ORDERED });
await passes(`${ORDERED} wait for their archiver`, {}, "kubernetes");
await load({ kept: KEPT, taken: SESSIONS / 4 });
await passes("a quarter has expired: the breaker", {});
await lists();
await reader.end();

/** What everything here is to be compared with on this machine at this hour. */
async function yardstick(): Promise<void> {
  const before = await activeMs();
  for (let round = 0; round < ROUNDS; round += 1) {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("select count(*) from agentrun_sessions where metadata is not null");
    await client.end();
  }
  const ms = ((await activeMs()) - before) / ROUNDS;
  console.log(`${"reading every row of the table".padEnd(44)}${ms.toFixed(0).padStart(12)}`);
}

type Measured = { databaseMs: number; wallMs: number; rssBytes: number; report: GcReport };

type Settings = ServiceContext["settings"];

async function passes(
  name: string,
  storage: Partial<Settings["storage"]>,
  executor: Settings["executor"] = "none",
): Promise<void> {
  const measured: Measured[] = [];
  // The first one warms up.
  for (let round = 0; round <= ROUNDS; round += 1) measured.push(await pass(storage, executor));
  const [median] = measured
    .slice(1)
    .sort((left, right) => left.databaseMs - right.databaseMs)
    .slice(Math.floor(ROUNDS / 2));
  if (!median) return;
  const { report } = median;
  const cells = [
    median.databaseMs.toFixed(0),
    median.wallMs.toFixed(0),
    (median.rssBytes / 2 ** 20).toFixed(1),
    String(report.evicted.length),
    String(report.kept.length),
  ];
  console.log(`${name.padEnd(44)}${cells.map((cell) => cell.padStart(12)).join("")}`);
}

async function pass(storage: Partial<Settings["storage"]>, executor: Settings["executor"]): Promise<Measured> {
  const before = await activeMs();
  const rss = process.resourceUsage().maxRSS * 1_024;
  const startedAt = performance.now();
  const report = await collectOnce(storage, executor);
  const wallMs = performance.now() - startedAt;
  const rssBytes = process.resourceUsage().maxRSS * 1_024 - rss;
  return { databaseMs: (await activeMs()) - before, wallMs, rssBytes, report };
}

/** With connections of its own, whose end makes the database count their time. */
async function collectOnce(storage: Partial<Settings["storage"]>, executor: Settings["executor"]): Promise<GcReport> {
  await using ctx = testContext(database, { actor: SYSTEM, settings: { executor } });
  ctx.settings.storage = { ...ctx.settings.storage, ...storage };
  return await collectGarbage(ctx, { dryRun: false, limit: TAKEN_PER_PASS });
}

async function activeMs(): Promise<number> {
  // Backends end a moment after their clients: their account is whole once they are gone.
  for (;;) {
    const others =
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'";
    if ((await reader.query<{ n: number }>(others)).rows[0]?.n === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { rows } = await reader.query<{ ms: number }>(
    "select active_time as ms from pg_stat_database where datname = current_database()",
  );
  return rows[0]?.ms ?? 0;
}

/** The storage page's first page, whose totals count the table. */
async function lists(): Promise<void> {
  await using ctx = testContext(database);
  for (const sort of ["updatedAt", "sizeBytes", "expiresAt"] as const) {
    const latencies: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      const startedAt = performance.now();
      await listStorage(ctx, { sort, limit: 50 });
      latencies.push(performance.now() - startedAt);
    }
    latencies.sort((left, right) => left - right);
    console.log(`storage.list by ${sort}, first page with totals: p50 ${latencies[10]?.toFixed(0)} ms`);
  }
}

async function load({ kept, taken, ordered = 0 }: { kept: number; taken: number; ordered?: number }): Promise<void> {
  for (const table of ["sessions", "runs"]) await reader.query(`alter table agentrun_${table} disable trigger user`);
  await reader.query(
    "truncate agentrun_sessions, agentrun_runs, agentrun_archive_manifests, agentrun_archive_orders, agentrun_audit cascade",
  );
  await reader.query(
    `insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, version, storage_kind,
       storage_state, storage_pvc_name, storage_size_bytes, storage_files_count, storage_sha256, archive_manifest_id,
       expires_at, pinned_at, last_activity_at, change_xid)
     select 'ses_' || n, 'tenant_' || n % 100, 'project_' || n % 20, 'codex', 'Mend the thing number ' || n, n, 'pvc',
       'live', 'volume-ses_' || n, 1000000 + n, 100, repeat('a', 64), 'man_' || n,
       case when n <= $2::int + $3::int then now() - interval '1 day' - n * interval '1 second'
         when n % 2 = 0 then now() + interval '30 days' end,
       case when n <= $2::int and n % 2 = 0 then now() end, now(), '1'
     from generate_series(1, $1::int) n`,
    [SESSIONS, kept, taken],
  );
  await reader.query(
    `insert into agentrun_archive_manifests (id, session_id, run_id, lease_epoch, manifest, size_bytes, files_count, sha256)
     select 'man_' || n, 'ses_' || n, 'run_' || n, 1, '{"omitted": [], "segments": {}}', 1, 1, repeat('a', 64)
     from generate_series(1, $1::int) n`,
    [SESSIONS],
  );
  await reader.query(
    `insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy,
       status, session_id, session_ref)
     select 'run_' || n, 'default', 'default', '{}', 'default', 'codex', '{}',
       case when n <= $2::int and n % 2 = 1 then 'pending' else 'completed' end, 'ses_' || n, '{}'
     from generate_series(1, $1::int) n`,
    [SESSIONS, kept],
  );
  await reader.query(
    `update agentrun_sessions set storage_state = 'archiving', volume_command_id = 'cmd', expires_at = now() - interval '1 day'
     where substr(session_id, 5)::int <= $1::int`,
    [ordered],
  );
  await reader.query(
    `insert into agentrun_archive_orders (session_id, tenant_id, attempt_id, ordered_by, command_id, failure)
     select 'ses_' || n, 'default', 'arv_' || n, 'collection', 'cmd', case when n > 100 then 'no image' end
     from generate_series(1, $1::int) n`,
    [ordered],
  );
  for (const table of ["sessions", "runs"]) await reader.query(`alter table agentrun_${table} enable trigger user`);
  await reader.query("vacuum analyze agentrun_sessions, agentrun_runs, agentrun_archive_manifests");
}
