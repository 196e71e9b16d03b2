import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { ListSessionsInput } from "@/contract/session";
import { createTestDatabase } from "@/db/test/database";
import { makeRun, makeSession } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { tenantOperator, testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { countSessions, getSession, listSessions } from ".";

/** Makes a session whose turn is under way and last said something so many minutes ago. */
async function makeTurn(
  ctx: ServiceContext,
  sessionId: string,
  { quietMinutes, leaseState = "held" }: { quietMinutes: number; leaseState?: "held" | "none" },
): Promise<void> {
  await makeSession(ctx.db, { sessionId, executionState: "running" });
  const status = leaseState === "held" ? "claimed" : "pending";
  const run = await makeRun(ctx.db, { sessionId, status, leaseEpoch: 1, leaseState });
  const at = sql`now() - ${quietMinutes} * interval '1 minute'`;
  await ctx.db.execute(sql`
    insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state, acknowledged_at)
    values (${`cmd_${sessionId}`}, ${run.id}, 1, 'turn', '{}', '', ${leaseState === "held" ? "acknowledged" : "pending"},
      ${leaseState === "held" ? at : null})`);
  await ctx.db.execute(sql`update agentrun_sessions set last_activity_at = ${at} where session_id = ${sessionId}`);
}

const asked = (input: Partial<ListSessionsInput>) => ListSessionsInput.parse({ readerId: "ann", ...input });

test("lists sessions that ask, are silent, or failed and are unread by the reader", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await makeTurn(ctx, "ses_silent", { quietMinutes: 30 });
  await makeTurn(ctx, "ses_busy", { quietMinutes: 1 });
  await makeTurn(ctx, "ses_waits", { quietMinutes: 30, leaseState: "none" });
  await makeTurn(ctx, "ses_asks", { quietMinutes: 30 });
  await ctx.db.execute(sql`update agentrun_sessions set pending_approvals = 1 where session_id = 'ses_asks'`);
  const failed = { executionState: "terminal", terminalStatus: "failed" } as const;
  await makeSession(ctx.db, { sessionId: "ses_failed", ...failed });
  await makeSession(ctx.db, { sessionId: "ses_seen", ...failed });
  await makeSession(ctx.db, { sessionId: "ses_done", executionState: "terminal", terminalStatus: "completed" });
  await makeSession(ctx.db, { sessionId: "ses_other", tenantId: "other", ...failed });
  await ctx.db.execute(sql`
    insert into agentrun_session_read_cursors (session_id, reader_id, session_version)
    select session_id, 'ann', version from agentrun_sessions where session_id = 'ses_seen'`);
  const own = ctx.as(tenantOperator("default"));
  const idsOf = async (input: Partial<ListSessionsInput>) =>
    (await listSessions(own, asked(input))).items.map(({ sessionId }) => sessionId).sort();

  expect(await idsOf({ state: "needs-me" })).toEqual(["ses_asks", "ses_failed", "ses_silent"]);
  expect(await countSessions(own, asked({ state: "needs-me" }), 100)).toEqual({ count: 3, hasMore: false });
  expect(await idsOf({ state: "needs-me", sessionIds: ["ses_silent", "ses_busy"] })).toEqual(["ses_silent"]);
  const { items } = await listSessions(own, asked({ state: "all" }));
  const silent = items.filter(({ silentSince }) => silentSince !== null);
  expect(silent.map(({ sessionId }) => sessionId)).toEqual(["ses_silent"]);
  const [{ silentSince } = { silentSince: null }] = silent;
  expect(Math.round((Date.now() - Date.parse(silentSince ?? "")) / 60_000)).toBe(30);
  expect((await getSession(own, { sessionId: "ses_silent" })).silentSince).toBe(silentSince);
  expect((await getSession(own, { sessionId: "ses_busy", readerId: "ann" })).silentSince).toBeNull();
  await expect(listSessions(own, ListSessionsInput.parse({ state: "needs-me" }))).rejects.toThrow("needs a reader");
});

test("a page scans a bounded part of many sessions, and paging reaches every match", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, execution_state, terminal_status, pending_approvals, updated_at)
    select 'ses_' || n, 'default', 'default', 'codex', case when n <= 2 then 'running' else 'terminal' end,
      case when n > 2 then 'completed' end, case when n <= 2 then 1 else 0 end, now() - interval '1 day' + n * interval '1 second'
    from generate_series(1, 12000) n`);
  await ctx.db.execute(sql`analyze agentrun_sessions`);
  const read = await rowsRead(ctx, "agentrun_sessions", (ctx) =>
    listSessions(ctx, asked({ state: "needs-me" })).then(() => undefined),
  );
  expect(read).toBeLessThan(4_000);
  const found: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listSessions(ctx, asked({ state: "needs-me", ...(cursor ? { cursor } : {}) }));
    found.push(...page.items.map(({ sessionId }) => sessionId));
    cursor = page.cursor;
  }
  expect(found).toEqual(["ses_2", "ses_1"]);
});
