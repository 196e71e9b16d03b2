import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { ListSessionsInput } from "@/contract/session";
import { createTestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { countSessions, listSessions } from ".";

async function readAll(
  ctx: ServiceContext,
  filter: Partial<ListSessionsInput>,
): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
    const page = await listSessions(ctx, { state: "all", limit: 50, ...filter, ...(cursor ? { cursor } : {}) });
    ids.push(...page.items.map((session) => session.sessionId));
    cursor = page.cursor;
  }
  return { ids, pages };
}

test("a filter without an index is scanned in bounded pages that reach every match once", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  // The matches are the oldest of 4,500 sessions, so that the first pages hold none of them.
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, metadata, failure_kind, expires_at, storage_kind, storage_evicted_at, updated_at)
    select 'ses_' || n, 'default', 'default', 'codex', case when n <= 3 then 'the needle' else 'hay' end,
      jsonb_build_object('ticket', case when n <= 3 then 7 else 8 end),
      case when n <= 3 then 'timeout' end, now() + case when n <= 3 then interval '50 minutes' else interval '70 minutes' end,
      case when n > 3 then 'evicted' else 'pvc' end, now() - interval '8 days', now() - interval '1 day' + n * interval '1 second'
    from generate_series(1, 4500) n`);
  await ctx.db.execute(sql`
    insert into agentrun_session_read_cursors (session_id, reader_id, session_version)
    select session_id, 'ann', version from agentrun_sessions where title = 'hay'`);
  const matches = ["ses_3", "ses_2", "ses_1"];
  for (const filter of [
    { search: "NEEDLE" },
    { state: "unread" as const, readerId: "ann" },
    { state: "default" as const },
    { unread: true, readerId: "ann" },
    { hasFailure: true },
    { failureKind: "timeout" },
    { expiresWithinMinutes: 60 },
    { metadata: { ticket: "7" } },
  ]) {
    const first = await listSessions(ctx, { state: "all", limit: 50, ...filter });
    expect(first.items).toEqual([]);
    expect(first.cursor).not.toBeNull();
    const { ids, pages } = await readAll(ctx, filter);
    expect(ids).toEqual(matches);
    expect(pages).toBe(5);
  }
  expect(await readAll(ctx, { search: "nowhere" })).toEqual({ ids: [], pages: 5 });
  expect((await readAll(ctx, { search: "hay", limit: 200 })).ids).toHaveLength(4_497);
});

test("finds sessions by their latest change, and reads no others", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, updated_at)
    select 'ses_' || n, 'default', 'default', 'codex', now() - n * interval '1 hour' from generate_series(0, 2000) n`);
  await ctx.db.execute(sql`analyze agentrun_sessions`);
  const idsOf = async (filter: Partial<ListSessionsInput>) => (await readAll(ctx, filter)).ids;
  expect(await idsOf({ withinMinutes: 150 })).toEqual(["ses_0", "ses_1", "ses_2"]);
  expect(await idsOf({ withinHours: 3, olderThanMinutes: 90 })).toEqual(["ses_2"]);
  const until = new Date(Date.now() - 1_998.5 * 3_600_000).toISOString();
  expect(await idsOf({ until })).toEqual(["ses_1999", "ses_2000"]);
  const read = await rowsRead(ctx, "agentrun_sessions", (ctx) =>
    listSessions(ctx, { state: "default", limit: 50, withinHours: 2, readerId: "ann" }),
  );
  expect(read).toBeLessThan(50);
  expect(await countSessions(ctx, { state: "all", limit: 50, olderThanMinutes: 60 * 1_990 }, 5)).toEqual({
    ...{ count: 5, hasMore: true },
  });
});
