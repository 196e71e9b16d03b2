import { performance } from "node:perf_hooks";
import { sql } from "drizzle-orm";
import { fireSchedules } from "@/server/schedules";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";

/** Due at once; and with so many more that are not, of which each has what came of a month of hours. */
const DUE = 1_000;
const ROUNDS = 3;
const OTHERS = 10_000;
const FIRINGS = 720;

await using server = await startBenchDatabase();
const database = { ...server, url: await server.create() };
await using ctx = testContext(database, { poolMax: 4 });

const insert = (prefix: string, count: number, nextAt: ReturnType<typeof sql>) =>
  ctx.db.execute(sql`
    insert into agentrun_schedules (id, tenant_id, project_id, name, cron, time_zone, overlap, catch_up_ms, task, next_at, created_by)
    select ${prefix}::text || n, 'default', 'default', ${prefix}::text || n, '@daily', 'Europe/Berlin', 'skip', 604800000,
      '{"title": "Triage", "backendProfile": "codex", "payload": {"text": "Triage."}}', ${nextAt}, 'system:bench'
    from generate_series(1, ${count}::int) n`);

async function fire(name: string): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await insert(`${name} ${round} `, DUE, sql`clock_timestamp() - interval '1 second'`);
    const startedAt = performance.now();
    const fired = await fireSchedules(ctx);
    if (fired !== DUE) throw new Error(`${fired} came where ${DUE} were due`);
    rates.push((DUE * 1_000) / (performance.now() - startedAt));
  }
  const [slowest = 0, middle = 0, fastest = 0] = rates.sort((left, right) => left - right);
  console.log(`  ${name.padEnd(44)} ${Math.round(middle)}/s (${Math.round(slowest)} to ${Math.round(fastest)})`);
}

async function look(name: string): Promise<void> {
  const startedAt = performance.now();
  for (let n = 0; n < 500; n += 1) await fireSchedules(ctx);
  console.log(`  ${name.padEnd(44)} ${((performance.now() - startedAt) / 500).toFixed(2)} ms`);
}

console.log("\nschedules");
await fire("firing, one worker, nothing else stored");
await insert("other ", OTHERS, sql`clock_timestamp() + interval '1 day'`);
await ctx.db.execute(sql`
  insert into agentrun_schedule_firings (schedule_id, due_at, outcome)
  select id, clock_timestamp() - n * interval '1 hour', 'skipped'
  from (select id from agentrun_schedules where id like 'other %' limit 1000) noted, generate_series(1, ${FIRINGS}::int) n`);
await ctx.db.execute(sql`analyze`);
await fire(`beside ${OTHERS} others, 720,000 firings`);
await look("a look that finds nothing due, beside them");
