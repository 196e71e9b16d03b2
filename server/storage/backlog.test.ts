import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveOrders, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { testContext } from "@/server/test/context";
import { collectGarbage } from ".";

// Claims that this process cannot open, and whose last turn no archive holds. Their content does not matter.
const GC = { dryRun: false, limit: 1_000 };

/** Makes a collector of claims that counts its requests to the API server. */
function onClaims(ctx: ServiceContext): { remote: ServiceContext; asked: string[] } {
  const asked: string[] = [];
  const find = async (name: string) => {
    asked.push(name);
    return { name, namespace: "n", uid: name, phase: "Bound" as const };
  };
  const volumes = { ...ctx.volumes, find, folderOf: () => null, isEmpty: async () => null };
  return { remote: { ...ctx, settings: { ...ctx.settings, executor: "kubernetes" }, volumes }, asked };
}

async function makeExpired(ctx: ServiceContext, count: number): Promise<void> {
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, storage_kind, storage_state,
      storage_pvc_name, storage_pvc_phase, volume_command_id, expires_at)
    select 'ses_' || n, 'default', 'default', 'codex', 'pvc', 'live', 'claim-' || n, 'Bound', 'cmd_' || n,
      now() - interval '1 hour' - n * interval '1 second'
    from generate_series(1, ${count}::int) n`);
}

test("a backlog of pending archives costs a collection no volume inspection and no row lock", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { remote, asked } = onClaims(ctx);
  await makeExpired(ctx, 30);
  expect((await collectGarbage(remote, GC)).advanced).toHaveLength(30);
  const versions = await ctx.db.select({ id: sessions.sessionId, version: sessions.version }).from(sessions);
  asked.length = 0;
  const holder = await database.connect();
  await holder.query("begin");
  await holder.query("select 1 from agentrun_sessions for no key update");
  const report = await collectGarbage(remote, GC);
  expect(report.kept).toHaveLength(30);
  expect(new Set(report.kept.map(({ reason }) => reason))).toEqual(new Set(["archiving: its archive is being made"]));
  const dry = await collectGarbage(remote, { ...GC, dryRun: true });
  expect(new Set(dry.evicted.map(({ reason }) => reason))).toEqual(new Set(["expired, its archive is made first"]));
  expect(dry.evicted).toHaveLength(30);
  expect(asked).toEqual([]);
  await holder.query("rollback");
  expect(await ctx.db.select({ id: sessions.sessionId, version: sessions.version }).from(sessions)).toEqual(versions);
  // Sessions that a turn, a reason to keep them or a fault has changed since are judged one by one.
  await ctx.db.update(sessions).set({ volumeCommandId: "cmd_newer" }).where(sql`session_id = 'ses_1'`);
  await ctx.db.update(sessions).set({ storagePvcPhase: "Lost" }).where(sql`session_id = 'ses_2'`);
  await ctx.db.update(archiveOrders).set({ failure: "no image", tryCount: 2 }).where(sql`session_id = 'ses_3'`);
  const next = await collectGarbage(remote, GC);
  expect([...new Set(asked)].sort()).toEqual(["claim-1", "claim-2"]);
  expect(next.kept).toContainEqual({ sessionId: "ses_3", reason: expect.stringMatching(/^archive-failed: no image/) });
});

test("a collection orders a bounded number of archives at once, and failing ones stop no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { remote, asked } = onClaims(ctx);
  await makeExpired(ctx, 130);
  const first = await collectGarbage(remote, GC);
  expect([first.advanced.length, first.kept.length]).toEqual([100, 30]);
  expect(first.kept[0]?.reason).toMatch(/^archive-waiting: 100 archives/);
  asked.length = 0;
  expect((await collectGarbage(remote, GC)).advanced).toEqual([]);
  expect(asked).toEqual([]);
  expect((await collectGarbage(remote, { ...GC, dryRun: true })).evicted).toHaveLength(130);
  await ctx.db
    .update(archiveOrders)
    .set({ failure: "no image", tryCount: 1 })
    .where(sql`session_id in ('ses_130', 'ses_129')`);
  expect((await collectGarbage(remote, GC)).advanced).toHaveLength(2);
});
