import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { ServiceContext } from "@/server/context";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { listControls } from ".";

/** Adds tasks of two tenants, lane by lane: so many, the first of which are so many minutes old. */
async function fill(ctx: ServiceContext, tenantId: string, lanes: [lane: string, tasks: number, minutes: number][]) {
  for (const [lane, tasks, minutes] of lanes)
    await ctx.db.execute(sql`
      insert into agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version,
        backend_profile, payload, payload_hash, ready_at)
      select 'qt_' || ${tenantId}::text || ${lane}::text || n, ${tenantId}, 'p', 'q', ${lane}, 'Task', 0, 'pending', n,
        'codex', '{}', '', '2026-01-01T12:00:00Z'::timestamptz - make_interval(mins => ${minutes}::int) + n * interval '1 second'
      from generate_series(0, ${tasks - 1}::int) n`);
}

test("a queue and its lanes show their oldest waiting task's time, unless too many wait longer elsewhere", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await fill(ctx, "acme", [
    ["a", 3, 10],
    ["b", 120, 20],
    ["late", 1, 0],
  ]);
  await fill(ctx, "umbrella", [["a", 1, 30]]);
  await ctx.db.execute(
    sql`update agentrun_queue_tasks set not_before = now() + interval '1 day' where id = 'qt_acmea0'`,
  );
  const told = async (of: ServiceContext) =>
    (await listControls(of, {})).items.map(({ lane, waiting, oldestSince }) => [lane, waiting, oldestSince]);
  const at = (minutes: number, seconds = 0) =>
    new Date(Date.parse("2026-01-01T12:00:00Z") - minutes * 60_000 + seconds * 1_000).toISOString();
  expect(await told(store.as(tenantOperator("umbrella")))).toEqual([
    [null, 1, at(30)],
    ["a", 1, at(30)],
  ]);
  expect(await told(store.as(tenantOperator("acme")))).toEqual([
    [null, 124, at(20)],
    // A hundred tasks of the other lane wait longer.
    ["a", 3, null],
    ["b", 120, at(20)],
    ["late", 1, null],
  ]);
  expect(await told(ctx)).toEqual([
    [null, 125, at(30)],
    // For one of its tenants nothing is known.
    ["a", 4, null],
    ["b", 120, at(20)],
    ["late", 1, null],
  ]);
});
