import pg from "pg";
import { makeRun, makeSession } from "@/db/test/factories";
import { newId } from "@/server/ids";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { type Contender, compare, print } from "./measure";

// What one event of an agent is like: about 300 bytes of JSON.
const PAYLOAD = { itemId: "item_0123456789", turnId: "turn_0123456789", text: "x".repeat(230), isTruncated: false };
const PAYLOAD_JSON = JSON.stringify(PAYLOAD);
const RUNS = 64;
const OLD_WAY = "v0.1's way (a transaction an event)";

await using database = await startBenchDatabase();
await using ctx = testContext(database, { poolMax: 16 });
const pool = new pg.Pool({ connectionString: database.url, max: 32 });
// v0.1 runs on the tables and indexes that it had.
const oldPool = new pg.Pool({ connectionString: await database.createV01(), max: 32 });
const runs: { runId: string; sessionId: string }[] = [];
for (let index = 0; index < RUNS + 1; index += 1) {
  const { sessionId } = await makeSession(ctx.database.db);
  runs.push({ sessionId, runId: (await makeRun(ctx.database.db, { sessionId, status: "claimed", leaseEpoch: 1 })).id });
}
await pool.query(
  "create table plain (id text primary key, run_id text, seq int, type text, payload jsonb, created_at timestamptz default now())",
);

const runOf = (caller: number) => {
  const run = runs[caller % RUNS];
  if (!run) throw new Error("no run");
  return run;
};
const hot = runs[RUNS] ?? runOf(0);

/** v0.1's statements, in its order. */
async function oldWay({ runId, sessionId }: { runId: string; sessionId: string }): Promise<void> {
  const client = await oldPool.connect();
  try {
    await client.query("begin");
    await client.query("select id from agentrun_runs where id = $1 for update", [runId]);
    const { rows } = await client.query(
      "select coalesce(max(seq), 0) + 1 as seq from agentrun_events where run_id = $1",
      [runId],
    );
    await client.query("insert into agentrun_events (id, run_id, seq, type, payload) values ($1, $2, $3, $4, $5)", [
      newId("event"),
      runId,
      rows[0].seq,
      "assistant_message",
      PAYLOAD_JSON,
    ]);
    await client.query(
      "update agentrun_sessions set last_event_seq = $2, last_activity_at = now() where session_id = $1",
      [sessionId, rows[0].seq],
    );
    await client.query("commit");
  } finally {
    client.release();
  }
}

async function makeOldRun(): Promise<{ runId: string; sessionId: string }> {
  const runId = newId("run");
  const sessionId = newId("session");
  await oldPool.query(
    "insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile) values ($1, 'default', 'default', 'codex')",
    [sessionId],
  );
  await oldPool.query(
    `insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, session_ref, provider_id, backend_profile,
       execution_policy, status, claimed_by)
     values ($1, 'default', 'default', '{}', $2, 'default', 'codex', '{}', 'claimed', 'runner')`,
    [runId, JSON.stringify({ sessionId })],
  );
  return { runId, sessionId };
}

function plainInsert(): Promise<unknown> {
  return pool.query({
    name: "plain",
    text: "insert into plain (id, run_id, seq, type, payload) values ($1, $2, $3, $4, $5)",
    values: [newId("event"), "run", 1, "assistant_message", PAYLOAD_JSON],
  });
}

/** What PostgreSQL itself takes: rows that it makes of one constant, without indexes but the key. */
function plainHundred(): Promise<unknown> {
  return pool.query({
    name: "plain-hundred",
    text: `insert into plain (id, run_id, seq, type, payload)
      select gen_random_uuid()::text, 'run', n, 'assistant_message', $1::jsonb from generate_series(1, 100) n`,
    values: [PAYLOAD_JSON],
  });
}

function product(runId: string, count: number): Promise<unknown> {
  const events = Array.from({ length: count }, () => ({ type: "assistant_message" as const, payload: PAYLOAD }));
  return ctx.append({ runId, leaseEpoch: 1, events });
}

const contender = (name: string, callers: number, once: Contender["once"], unitsPerCall = 1): Contender => ({
  name,
  callers,
  unitsPerCall,
  once,
});
const oldRuns = await Promise.all(Array.from({ length: RUNS + 1 }, makeOldRun));
const oldRunOf = (caller: number) => oldRuns[caller % RUNS] ?? hot;

print(
  "64 runs x 1 event",
  await compare([
    contender(OLD_WAY, 64, (caller) => oldWay(oldRunOf(caller))),
    contender("plain one-row commits, 32 clients", 32, plainInsert),
    contender("AgentRun", 64, (caller) => product(runOf(caller).runId, 1)),
  ]),
  OLD_WAY,
);
print(
  "64 callers x 10 events",
  await compare([
    contender(OLD_WAY, 64, (caller) => oldWay(oldRunOf(caller))),
    contender("plain 100-row batches, 8 clients", 8, plainHundred, 100),
    contender("AgentRun", 64, (caller) => product(runOf(caller).runId, 10), 10),
  ]),
  OLD_WAY,
);
print(
  "64 callers on one run",
  await compare([
    contender(OLD_WAY, 64, () => oldWay(oldRuns[RUNS] ?? hot)),
    contender("AgentRun", 64, () => product(hot.runId, 1)),
  ]),
  OLD_WAY,
);
print(
  "one idle caller",
  await compare([
    contender(OLD_WAY, 1, () => oldWay(oldRunOf(0))),
    contender("AgentRun", 1, () => product(runOf(0).runId, 1)),
  ]),
  OLD_WAY,
);
await oldPool.end();
await pool.end();
