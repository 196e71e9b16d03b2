import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { type RunTurn, TURN_OUTPUT_MAX_BYTES, TURN_TEXT_MAX, TURNS_EVENTS_MAX, type TurnPage } from "@/contract/turns";
import { events } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeCommand, makeRun } from "@/db/test/factories";
import { NotFoundError } from "@/server/errors";
import { type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { readTurns } from ".";

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

const TURN_EVENTS = 1_000;

/** Makes 100,000 events in a hundred turns: long outputs, and a short last message in each turn. */
async function makeLongRun(): Promise<string> {
  const { id } = await makeRun(ctx.db, { status: "completed", terminalStatus: "completed", lastEventSeq: 100_000 });
  // No statement of the product may take longer than five seconds, and neither may one of these.
  for (let from = 1; from < 100_000; from += 10_000) {
    await ctx.db.execute(sql`
    insert into agentrun_events (id, run_id, seq, type, payload)
    select ${id} || n, ${id}, n,
      case n % 1000 when 0 then 'backend_status' when 1 then 'backend_status' when 2 then 'backend_status'
        when 998 then 'assistant_message' when 999 then 'token_usage' else
        case when n % 2 = 0 then 'command_execution' else 'command_output' end end,
      case n % 1000 when 0 then jsonb_build_object('phase', 'command-terminal', 'commandId', ${id} || (n - 1) / 1000,
          'terminalStatus', 'completed')
        when 1 then jsonb_build_object('phase', 'command-created', 'commandId', ${id} || n / 1000, 'commandType', 'turn')
        when 2 then jsonb_build_object('phase', 'turn-started', 'commandId', ${id} || n / 1000)
        when 998 then jsonb_build_object('text', 'answer ' || n / 1000)
        when 999 then '{"inputTokens": 10, "cachedInputTokens": 4, "outputTokens": 2, "reasoningTokens": 1}'::jsonb
        else case when n % 2 = 0 then jsonb_build_object('status', 'completed', 'exitCode', 0)
          else jsonb_build_object('text', repeat(md5(n::text), 20)) end end
    from generate_series(${from}::int, ${from + 9_999}::int) n`);
  }
  await ctx.db.execute(sql`
    insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state)
    select ${id} || n, ${id}, n + 1, 'turn', jsonb_build_object('text', 'ask ' || n || repeat(' é', 1000)), 'h', 'completed'
    from generate_series(0, 99) n`);
  return id;
}

async function readAll(runId: string, limit: number): Promise<{ pages: TurnPage[]; turns: RunTurn[] }> {
  const pages: TurnPage[] = [];
  const turns = new Map<string, RunTurn>();
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: TurnPage = await readTurns(ctx, { runId, limit, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page);
    for (const turn of page.items) turns.set(turn.key, turn);
    cursor = page.cursor;
  }
  return { pages, turns: [...turns.values()] };
}

test("reads a long run's turns in bounded pages, the same for any limit", async () => {
  const runId = await makeLongRun();
  const read = await rowsRead(ctx, "agentrun_events", (ctx) => readTurns(ctx, { runId, limit: 50 }));
  expect(read).toBeLessThanOrEqual(TURNS_EVENTS_MAX + 100);
  const { pages, turns } = await readAll(runId, 50);
  expect(pages).toHaveLength(100_000 / TURNS_EVENTS_MAX);
  expect(turns).toHaveLength(100);
  expect(turns[99]).toMatchObject({
    ...{ commandId: `${runId}99`, state: "completed", startSeq: 99_002, endSeq: 100_000, toolCalls: 497 },
    ...{ exitCodes: [{ code: 0, count: 497 }], answer: { text: "answer 99", seq: 99_998, isCut: false } },
    tokens: { input: 10, cachedInput: 4, output: 2, reasoning: 1 },
  });
  expect(turns[0]?.asked?.isCut).toBe(true);
  expect(turns[0]?.asked?.text).toHaveLength(TURN_TEXT_MAX);
  expect(pages[0]?.readSeq).toBe(5 * TURN_EVENTS);
  expect((await readAll(runId, 3)).turns).toEqual(turns);
});

test("continues a live run from its last page, with waiting turns", async () => {
  const run = await makeRun(ctx.db, { status: "claimed", lastEventSeq: 2 });
  const command = await makeCommand(ctx.db, run.id, { type: "turn", payload: { text: "Do it" } });
  const add = (seq: number, type: string, payload: object) =>
    ctx.db.execute(sql`insert into agentrun_events (id, run_id, seq, type, payload)
      values (${`${run.id}${seq}`}, ${run.id}, ${seq}, ${type}, ${JSON.stringify(payload)}::jsonb)`);
  await add(1, "backend_status", { phase: "command-created", commandId: command.id, commandType: "turn" });
  await add(2, "backend_status", { phase: "run-claimed", runnerId: "r" });
  const first = await readTurns(ctx, { runId: run.id, limit: 50 });
  expect(first.items).toMatchObject([{ key: command.id, state: "waiting", asked: { text: "Do it", isCut: false } }]);
  await add(3, "backend_status", { phase: "turn-started", commandId: command.id });
  await add(4, "assistant_message", { text: "Doing" });
  const second = await readTurns(ctx, { runId: run.id, limit: 50, cursor: first.cursor ?? "" });
  expect(second).toMatchObject({
    items: [{ key: command.id, state: "running", answer: { text: "Doing", seq: 4 }, endedAt: null }],
    readSeq: 4,
  });
  const third = await readTurns(ctx, { runId: run.id, limit: 50, cursor: second.cursor ?? "" });
  expect(third.items, "nothing new is the same again").toEqual(second.items);
});

test("refuses a cursor of another run, a damaged one and another tenant's run", async () => {
  const one = await makeRun(ctx.db, { tenantId: "tenant-b" });
  const other = await makeRun(ctx.db, {});
  const { cursor } = await readTurns(ctx, { runId: other.id, limit: 50 });
  const refused = (runId: string, bad: string) =>
    expect(readTurns(ctx, { runId, limit: 50, cursor: bad })).rejects.toMatchObject({ reason: "invalid-cursor" });
  await refused(one.id, cursor ?? "");
  await refused(other.id, "nonsense");
  await refused(other.id, Buffer.from('{"runId":1}').toString("base64url"));
  await expect(readTurns(ctx.as(tenantOperator("tenant-a")), { runId: one.id, limit: 50 })).rejects.toBeInstanceOf(
    NotFoundError,
  );
});

test("returns a turn's structured result, and only the size of a large one", async () => {
  const { id: runId } = await makeRun(ctx.db, { lastEventSeq: 3 });
  const ids: string[] = [];
  const outputs = [{ n: 1 }, { text: "x".repeat(TURN_OUTPUT_MAX_BYTES) }, null];
  for (const [index, output] of outputs.entries()) {
    const { id } = await makeCommand(ctx.db, runId, { seq: index + 1, state: "completed", output });
    ids.push(id);
    const payload = { phase: "command-created", commandId: id, commandType: "turn" };
    await ctx.db.insert(events).values({ id, runId, seq: index + 1, type: "backend_status", payload });
  }
  const { items } = await readTurns(ctx, { runId, limit: 10 });
  const told = ids.map((id) => items.find(({ commandId }) => commandId === id));
  expect(told.map((turn) => turn?.output)).toEqual([{ n: 1 }, null, null]);
  expect(told.map((turn) => turn?.outputBytes)).toEqual([8, TURN_OUTPUT_MAX_BYTES + 12, null]);
});
