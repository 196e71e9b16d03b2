import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import {
  TIMELINE_EVENTS_MAX,
  TIMELINE_SPANS_MAX,
  TIMELINE_STRETCHES_MAX,
  type TimelinePage,
  type TimelineSpan,
} from "@/contract/timeline";
import { runnerJobs } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeCommand, makeRun } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { listChanges } from "@/server/events";
import { type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { readTimeline } from ".";
import { findFaults } from "./test/check-timeline";

let database: TestDatabase;
let ctx: TestContext;
beforeAll(async () => {
  database = await createTestDatabase();
  ctx = testContext(database);
  return async () => {
    await ctx[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
});

/**
 * Makes 100,000 events a second apart: tens of thousands of tool calls, turns of a thousand events, and outputs that no
 * timeline reads.
 */
async function makeLongRun(): Promise<string> {
  const { id } = await makeRun(ctx.db, {
    ...{ status: "completed", terminalStatus: "completed", lastEventSeq: 100_000 },
    createdAt: new Date("2026-11-01T00:00:00.000Z"),
  });
  await ctx.db.execute(sql`
    insert into agentrun_events (id, run_id, seq, type, created_at, payload)
    select ${id} || n, ${id}, n,
      case when n = 1 or n % 1000 in (0, 2) then case when n = 100000 then 'terminal_status' else 'backend_status' end
        when n % 3 = 2 then 'command_output' else 'command_execution' end,
      timestamptz '2026-11-01 00:00:00+00' + n * interval '1 second',
      case when n = 1 then '{"phase": "run-claimed", "runnerId": "r"}'::jsonb
        when n % 1000 = 2 then jsonb_build_object('phase', 'turn-started', 'turnId', n)
        when n % 1000 = 0 then '{"phase": "turn-completed", "status": "completed", "terminalStatus": "completed"}'::jsonb
        when n % 3 = 2 then jsonb_build_object('text', repeat(md5(n::text), 60))
        else jsonb_build_object('itemId', n / 3, 'command', 'make ' || n,
          'status', case when n % 3 = 0 then 'inProgress' else 'completed' end) end
    from generate_series(1, 100000) n`);
  return id;
}

async function readAll(ctx: ServiceContext, runId: string, limit = TIMELINE_EVENTS_MAX): Promise<TimelinePage[]> {
  const pages: TimelinePage[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await readTimeline(ctx, { runId, limit, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page);
    cursor = page.cursor;
  }
  return pages;
}

test("reads a run of 100,000 events in bounded pages whose parts add up", async () => {
  const runId = await makeLongRun();
  const begun = performance.now();
  const pages = await readAll(ctx, runId);
  const tookMs = performance.now() - begun;
  console.info(`timeline of 100,000 events: ${Math.round(tookMs)} ms in ${pages.length} pages`);
  expect(tookMs).toBeLessThan(30_000);

  expect(pages).toHaveLength(20);
  for (const page of pages) {
    const toolCount = page.spans.filter((span) => span.lane === "tools").length;
    expect(toolCount).toBeLessThanOrEqual(TIMELINE_SPANS_MAX + 1);
    expect(page.stretches.length).toBeLessThanOrEqual(TIMELINE_STRETCHES_MAX + 1);
    expect(JSON.stringify(page).length).toBeLessThan(200_000);
    expect(page.cursor?.length ?? 0).toBeLessThan(2_000);
  }
  const last = pages.at(-1);
  const spans = new Map<string, TimelineSpan>();
  for (const page of pages) for (const span of page.spans) spans.set(span.key, span);
  const whole = {
    startMs: Date.parse(last?.startedAt ?? ""),
    endMs: Date.parse(last?.endedAt ?? ""),
    spans: [...spans.values()],
    stretches: pages.flatMap((page) => page.stretches.filter((one) => one.endedAt !== null)),
    totals: last?.totals ?? {},
  };
  // In every thousand seconds, one belongs to no turn: the one between a turn's end and the agent's next event.
  expect(whole.totals).toMatchObject({ work: 99_899_000, idle: 101_000, person: 0, silence: 0 });
  expect(findFaults(whole)).toEqual([]);
  expect(whole.spans.filter((span) => span.kind === "turn")).toHaveLength(100);
  expect(whole.spans.reduce((sum, span) => sum + (span.lane === "tools" ? span.count : 0), 0)).toBeGreaterThan(33_000);
  expect((await listChanges(ctx, { runId, afterSeq: 0, limit: 50 })).cursor).toBe("50000");
});

test("continues a live run from its last page with what is under way, and ends once", async () => {
  const { id: runId } = await makeRun(ctx.db, { status: "claimed", claimedBy: "runner_a" });
  const { id: commandId } = await makeCommand(ctx.db, runId);
  await addJob(runId, commandId, "a");
  await addEvents(runId, [
    ["backend_status", { phase: "command-created", commandId, commandType: "turn" }],
    ["backend_status", { phase: "run-claimed", runnerId: "runner_a" }],
    ["backend_status", { phase: "turn-started", commandId, turnId: "t" }],
    ["command_execution", { itemId: "i", command: ["bash", "-lc", "make"], status: "inProgress" }],
    ["approval_request", { approvalId: "apr", command: "make", changes: "not a list" }],
  ]);
  const first = await readTimeline(ctx, { runId, limit: 100 });
  expect(first.endedAt).toBeNull();
  expect(first.stretches.at(-1)).toMatchObject({ cause: "person", endedAt: null });
  expect(first.spans.map(({ kind, state }) => [kind, state])).toEqual([
    ["attempt", "running"],
    ["launch", "completed"],
    ["turn", "running"],
    ["command", "running"],
    ["approval", "running"],
  ]);
  const again = await readTimeline(ctx, { runId, limit: 100, cursor: first.cursor ?? "" });
  expect(again.spans.filter((span) => span.kind !== "launch")).toEqual(
    first.spans.filter((span) => span.kind !== "launch"),
  );

  await addEvents(runId, [
    ["approval_decision", { approvalId: "apr", status: "decided", decision: "decline" }],
    ["terminal_status", { terminalStatus: "cancelled" }],
  ]);
  await ctx.db.execute(sql`update agentrun_runs set status = 'cancelled' where id = ${runId}`);
  const last = await readTimeline(ctx, { runId, limit: 100, cursor: first.cursor ?? "" });
  expect(last.cursor).toBeNull();
  expect(last.endedAt).not.toBeNull();
  expect(last.spans.filter((span) => span.kind !== "launch").map(({ kind, state }) => [kind, state])).toEqual([
    ["attempt", "cancelled"],
    ["turn", "cut off"],
    ["command", "cut off"],
    ["approval", "decline"],
  ]);
});

test("an ended run without a terminal event is over, and an unclaimed launch is shown", async () => {
  const updatedAt = new Date("2026-11-02T00:00:00.000Z");
  const { id: runId } = await makeRun(ctx.db, { status: "failed", createdAt: new Date("2026-11-01"), updatedAt });
  const { id: commandId } = await makeCommand(ctx.db, runId);
  await addJob(runId, commandId, "b", "failed");
  const page = await readTimeline(ctx, { runId, limit: 100 });
  expect(page).toMatchObject({ endedAt: updatedAt.toISOString(), cursor: null, totals: { idle: 86_400_000 } });
  expect(page.spans).toMatchObject([{ kind: "launch", state: "failed" }]);
});

test("another tenant's run is not found, and an invented or foreign cursor is refused", async () => {
  const { id: runId } = await makeRun(ctx.db);
  const { id: otherId } = await makeRun(ctx.db);
  await expect(readTimeline(ctx.as(tenantOperator("other")), { runId, limit: 1 })).rejects.toMatchObject({
    reason: "not-found",
  });
  await expect(listChanges(ctx.as(tenantOperator("other")), { runId, afterSeq: 0, limit: 1 })).rejects.toMatchObject({
    reason: "not-found",
  });
  const { cursor } = await readTimeline(ctx, { runId: otherId, limit: 1 });
  for (const bad of [cursor ?? "", "e30", "%%%", Buffer.from('{"seq":-1}').toString("base64url")])
    await expect(readTimeline(ctx, { runId, limit: 1, cursor: bad })).rejects.toMatchObject({
      failureKind: "schema-invalid",
    });
});

test("a run's changes are its file changes and diffs, in order and in pages", async () => {
  const { id: runId } = await makeRun(ctx.db, { lastEventSeq: 0 });
  const change = (path: string) =>
    ["file_change", { itemId: path, changes: [{ path, kind: "add", diff: "x" }] }] as const;
  await addEvents(runId, [change("a"), ["warning", {}], change("b"), ["diff", { turnId: "t", diff: "d" }]]);
  const first = await listChanges(ctx, { runId, afterSeq: 0, limit: 2 });
  expect(first.items.map((event) => event.seq)).toEqual([1, 3]);
  expect(first).toMatchObject({ cursor: "3", lastSeq: 4 });
  const rest = await listChanges(ctx, { runId, afterSeq: 3, limit: 2 });
  expect(rest.items.map((event) => event.type)).toEqual(["diff"]);
  expect(rest.cursor).toBeNull();
});

async function addJob(runId: string, commandId: string, name: string, state: "running" | "failed" = "running") {
  await ctx.db.insert(runnerJobs).values({
    ...{ id: `rjob_${name}`, runId, commandId, payloadHash: "h", attemptId: `att_${name}`, runnerId: `runner_${name}` },
    ...{ namespace: "n", jobName: "j", managerUrl: "u", image: "i", sourceCommit: "c", result: {}, state },
  });
}

async function addEvents(runId: string, list: (readonly [string, object])[]): Promise<void> {
  for (const [type, payload] of list) {
    await ctx.db.execute(sql`
      with counter as (
        update agentrun_runs set last_event_seq = last_event_seq + 1 where id = ${runId} returning last_event_seq as seq)
      insert into agentrun_events (id, run_id, seq, type, payload, created_at)
      select ${runId} || '_' || seq, ${runId}, seq, ${type}, ${JSON.stringify(payload)}::jsonb, clock_timestamp() from counter`);
  }
}
