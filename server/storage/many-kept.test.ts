import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { testContext } from "@/server/test/context";
import { collectGarbage, listGcHistory } from ".";
import { SYSTEM } from "./test/context";

// The rows decide: these volumes are only names, and nobody here can open or archive one.
const GC = { dryRun: false, limit: 50 };
const took = async (ctx: ServiceContext) =>
  (await collectGarbage(ctx, GC)).evicted.map(({ sessionId }) => sessionId).sort();

type Made = { from: number; to: number; isPinned?: boolean; isUsed?: boolean; isExpired?: boolean };

/** Makes expired volumes, the first one expired the longest ago. A used one has no archive, so it is kept. */
async function make(ctx: ServiceContext, { from, to, isPinned, isUsed, isExpired = true }: Made): Promise<void> {
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, storage_kind, storage_state,
      storage_pvc_name, volume_command_id, pinned_at, expires_at)
    select 'ses_' || n, 'default', 'default', 'codex', 'pvc', 'live', 'volume-ses_' || n,
      case when ${isUsed === true} then 'cmd_' || n end, case when ${isPinned === true} then now() end,
      case when ${isExpired} then now() - interval '9 days' + n * interval '1 second' end
    from generate_series(${from}::int, ${to}::int) n`);
}

test("any number of kept volumes blocks none behind them permanently", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await make(ctx, { from: 1_001, to: 11_100, isUsed: true });
  await make(ctx, { from: 20_001, to: 20_003 });
  expect(await took(ctx)).toEqual([]);
  expect(await took(ctx)).toEqual(["ses_20001", "ses_20002", "ses_20003"]);
  // Starts with the oldest again.
  await make(ctx, { from: 1, to: 2 });
  expect(await took(ctx)).toEqual(["ses_1", "ses_2"]);
}, 60_000);

test("reports pinned volumes without using up a pass's places", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await make(ctx, { from: 1, to: 10_100, isPinned: true });
  await make(ctx, { from: 20_001, to: 20_003 });
  const report = await collectGarbage(ctx, GC);
  expect(report.evicted).toHaveLength(3);
  expect([report.kept.length, report.kept[0]?.reason, report.totals.kept.volumes]).toEqual([1_000, "pinned", 10_000]);
  expect((await listGcHistory(ctx, { limit: 1 })).items[0]?.reasons).toEqual([{ reason: "pinned", count: 10_000 }]);
}, 60_000);

test("kept volumes do not count as mass expiry, and the others are collected", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const loop = { ...ctx, actor: SYSTEM };
  await make(ctx, { from: 1, to: 1_000, isExpired: false });
  await make(ctx, { from: 2_001, to: 2_300, isPinned: true });
  await make(ctx, { from: 3_001, to: 3_300, isUsed: true });
  await make(ctx, { from: 4_001, to: 4_300 });
  await ctx.db.execute(sql`
    insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy,
      status, session_id, session_ref)
    select 'run_' || n, 'default', 'default', '{}', 'default', 'codex', '{}', 'pending', 'ses_' || n, '{}'
    from generate_series(4001, 4300) n`);
  await make(ctx, { from: 5_001, to: 5_003 });
  expect(await took(loop)).toEqual(["ses_5001", "ses_5002", "ses_5003"]);
  // Volumes that may go do count: a thousand of them open the breaker.
  await make(ctx, { from: 6_001, to: 7_000 });
  const stopped = await collectGarbage(loop, GC);
  expect(stopped.evicted).toEqual([]);
  expect(stopped.kept[0]?.reason).toMatch(/^breaker-open: 1000 of 2900 volumes/);
}, 60_000);
