import { performance } from "node:perf_hooks";
import { sql } from "drizzle-orm";
import { BudgetGate, watchBudgets } from "@/server/budgets";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";

/** A month of a tenant that is busy: each day's sums of 200 projects by two profiles, two models and three parts. */
const PROJECTS = 200;
const ROUNDS = 50;

await using server = await startBenchDatabase();
const database = { ...server, url: await server.create() };
await using ctx = testContext(database, { poolMax: 4 });
const spender = { tenantId: "default", projectId: "p1", sessionId: null, backendProfile: "codex0" };

async function time(name: string, work: () => Promise<unknown>): Promise<void> {
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    await work();
    took.push(performance.now() - startedAt);
  }
  took.sort((left, right) => left - right);
  const [middle = 0, worst = 0] = [took[Math.floor(ROUNDS / 2)], took.at(-1)];
  console.log(`  ${name.padEnd(58)} ${middle.toFixed(2)} ms (${worst.toFixed(2)} at most)`);
}

const insert = (projects: number) =>
  ctx.db.execute(sql`
    insert into agentrun_budgets (id, tenant_id, project_id, name, period, unit, "limit", warn_percent, action, created_by)
    select 'bgt_' || n, 'default', case when n > 1 then 'p' || n end, 'b' || n, 'month', 'USD', 9000000000000, 80, 'hold',
      'system:bench'
    from generate_series(1, ${projects}::int) n on conflict do nothing`);

console.log("\nbudgets");
await ctx.db.execute(sql`
  insert into agentrun_usage_days
  select day::date, 'default', 'p' || project, 'codex' || profile, 'm' || model, 'USD', part, 10, 10, 0, 0, 0, 1000, 400, 100,
    40, 0, 0, 70000
  from generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '30 days', interval '1 day') day,
    generate_series(1, ${PROJECTS}::int) project, generate_series(0, 1) profile, generate_series(0, 1) model,
    generate_series(0, 2) part`);
await ctx.db.execute(sql`analyze`);
const gate = new BudgetGate(ctx);
await time("a call of a tenant without a budget, looked for anew", () => new BudgetGate(ctx).assertLeft(spender));
await insert(1);
await time("with one of all that the tenant spends in a month", () => new BudgetGate(ctx).assertLeft(spender));
await insert(100);
await time("with that, and 99 of a project each", () => new BudgetGate(ctx).assertLeft(spender));
await ctx.db.execute(sql`
  insert into agentrun_budgets (id, tenant_id, backend_profile, name, period, unit, "limit", warn_percent, action, created_by)
  select 'wide_' || n, case when n % 2 = 0 then '*' else 'default' end, 'codex' || n % 2, 'w' || n,
    (array['day', 'week', 'month'])[n % 3 + 1], 'USD', 9000000000000, 80, 'hold', 'system:bench'
  from generate_series(1, 100) n`);
await time("with those, and 100 of a tenant or of all, by profile", () => new BudgetGate(ctx).assertLeft(spender));
await gate.assertLeft(spender);
await time("the same, believed for a second", () => gate.assertLeft(spender));
await watchBudgets(ctx);
await time("a pass of the worker over all 200, of which none has changed", () => watchBudgets(ctx));
