import { performance } from "node:perf_hooks";
import pg from "pg";
import { UsageLatencyInput, UsageSummaryInput } from "@/contract/usage";
import { makeRun } from "@/db/test/factories";
import { testContext } from "@/server/test/context";
import {
  type CallEnd,
  CallRecorder,
  latencyOfProfile,
  listCalls,
  summarizeUsage,
  usageOfRun,
  usageOfSession,
  verifyUsage,
} from "@/server/usage";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";

// What it costs to store calls to models, and to add them up where there are many.
const CALLS = Number(process.env.BENCH_CALLS ?? 1_000_000);
const SAMPLES = Number(process.env.BENCH_SAMPLES ?? 50);
const CALLS_PER_DAY = 30_000;
const RUNS = 20_000;
const STORED = 8_000;
const DAY_MS = 86_400_000;

await using server = await startBenchDatabase();
await using ctx = testContext(server);
const { id: runId } = await makeRun(ctx.database.db);
const owner = { tenantId: "t", projectId: "p", runId, sessionId: null, taskId: null, backendProfile: "b", model: "m" };
const END: CallEnd = {
  ...{ outcome: "ok", failureKind: null, reason: null, httpStatus: 200 },
  usage: { inputTokens: 20_000, cachedInputTokens: 15_000, outputTokens: 500, reasoningTokens: 100 },
};
console.log(`\nStoring calls of one run, model and day, ${STORED} at once`);
for (const processes of [1, 4]) console.log(`  by ${processes}: ${await rateOf(processes)} a second`);

const database = { url: await server.create() };
await load(database.url);
await using loaded = testContext(database, { deadlineMs: 120_000 });
const summary = (input: Partial<UsageSummaryInput>) => () =>
  summarizeUsage(loaded, UsageSummaryInput.parse({ ...input }));
const latency = (input: Partial<UsageLatencyInput>) => () =>
  latencyOfProfile(loaded, UsageLatencyInput.parse({ profile: "profile_1", ...input }));
const month = { from: new Date(Date.now() - 30 * DAY_MS).toISOString().slice(0, 10) };
const ofSession = (sessionId: string) => () => usageOfSession(loaded, { sessionId });
const reads: [string, () => Promise<unknown>][] = [
  ["a run of 50", () => usageOfRun(loaded, { runId: "run_7" })],
  ["a session of 1,000", ofSession("ses_7")],
  ["a session of 20,000", ofSession("ses_large")],
  ["by profile, seven days", summary({})],
  ["by profile and day, a month", summary({ ...month, byDay: true })],
  ["by project, a month, one tenant", summary({ ...month, groupBy: "project", tenantId: "tenant_3" })],
  ["by session, a day", summary({ from: new Date().toISOString().slice(0, 10), groupBy: "session" })],
  ["by session, seven days", summary({ groupBy: "session" })],
  ["by session, seven days, one tenant", summary({ groupBy: "session", tenantId: "tenant_3" })],
  ["latency of a profile, a day", latency({})],
  ["latency of a profile, seven days", latency({ within: "7d" })],
  ["latency of a profile, a month", latency({ within: "30d" })],
  ["latency of a profile, a month, one tenant", latency({ within: "30d", tenantId: "tenant_3" })],
  ["latency of a profile that was never called", latency({ within: "30d", profile: "none" })],
  ["a page of the list", () => listCalls(loaded, { limit: 50 })],
  ["a page of an outcome that is rare", () => listCalls(loaded, { limit: 50, outcome: "refused" })],
];
console.log(`\nSums and lists of ${CALLS} calls, p50 / p99 ms`);
for (const [name, once] of reads) console.log(`  ${name.padEnd(40)} ${await sample(once)}`);
const startedAt = performance.now();
const { isEqual, sums } = await verifyUsage(loaded);
console.log(`  usage.verify: ${Math.round(performance.now() - startedAt)} ms, ${sums} sums, equal: ${isEqual}`);

/** Until all is stored, however many processes have it to store. */
async function rateOf(processes: number): Promise<number> {
  const { pool, log } = ctx;
  const recorders = Array.from(
    { length: processes },
    () => new CallRecorder({ pool, log, pricesOf: () => null, onEnded: () => {}, onLost: fail }),
  );
  const startedAt = performance.now();
  for (let call = 0; call < STORED; call += 1) recorders[call % processes]?.begin(owner).end(END);
  await Promise.all(recorders.map((recorder) => recorder.close()));
  return Math.round((STORED * 1_000) / (performance.now() - startedAt));
}

function fail(calls: number): void {
  throw new Error(`${calls} calls were lost`);
}

async function sample(once: () => Promise<unknown>): Promise<string> {
  await once();
  const latencies: number[] = [];
  for (let index = 0; index < SAMPLES; index += 1) {
    const at = performance.now();
    await once();
    latencies.push(performance.now() - at);
  }
  latencies.sort((left, right) => left - right);
  return `${quantile(latencies, 0.5).toFixed(2)} / ${quantile(latencies, 0.99).toFixed(2)}`;
}

/** Runs of 50 calls, 20 a session, in 20 tenants with five projects each; and one session with very many. */
async function load(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    insert into agentrun_runs (id, tenant_id, project_id, provider_id, backend_profile, workspace_ref, execution_policy,
      status, session_id)
    select 'run_' || n, 'tenant_' || (n / 20) % 20, 'project_' || (n / 400) % 5, 'default', 'codex', '{}', '{}',
      'completed', case when n > ${RUNS - 400} then 'ses_large' else 'ses_' || n / 20 end
    from generate_series(0, ${RUNS - 1}) n`);
  await client.query(`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, storage_kind, storage_state)
    select distinct session_id, 'tenant_0', 'project_0', 'codex', 'none', 'none' from agentrun_runs`);
  await client.query(`
    insert into agentrun_model_calls (id, tenant_id, project_id, run_id, session_id, backend_profile, model, started_at,
      first_byte_ms, duration_ms, outcome, http_status, input_tokens, cached_input_tokens, output_tokens,
      reasoning_tokens, cost_micros, currency)
    select 'mc_' || n, tenant_id, project_id, run.id, session_id, 'profile_' || n % 4, 'model_' || n % 6,
      now() - n * interval '1 day' / ${CALLS_PER_DAY}, 900, 4000,
      case when n % 97 = 0 then 'failed' when n % 20011 = 0 then 'refused' else 'ok' end, 200, 20000, 15000, 500, 100,
      9000, 'USD'
    from generate_series(1, ${CALLS}) n join agentrun_runs run on run.id = 'run_' || n % ${RUNS}`);
  await client.query("vacuum analyze agentrun_model_calls");
  await client.query("vacuum analyze agentrun_usage_days");
  await client.end();
}
