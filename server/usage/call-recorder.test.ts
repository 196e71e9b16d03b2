import pino from "pino";
import { expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { type TestContext, testContext } from "@/server/test/context";
import { startDatabaseProxy } from "@/server/test/database-proxy";
import { type CallEnd, CallRecorder, listCalls, verifyUsage } from ".";
import { WAITING_MAX } from "./call-recorder";

const WELL: CallEnd = {
  ...{ outcome: "ok", failureKind: null, reason: null, httpStatus: 200 },
  usage: { inputTokens: 10, cachedInputTokens: 0, outputTokens: 5, reasoningTokens: 0 },
};

type Line = { level: number; msg: string; calls?: number; waiting?: number };

/** Starts a recorder, and collects its log lines and how many calls it reported as lost. */
function startRecorder(ctx: TestContext) {
  const lines: Line[] = [];
  const told = { lost: 0, ended: 0 };
  const recorder = new CallRecorder({
    pool: ctx.pool,
    log: pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) }),
    pricesOf: () => null,
    onEnded: () => {
      told.ended += 1;
    },
    onLost: (calls) => {
      told.lost += calls;
    },
  });
  const said = (msg: string) => lines.filter((line) => line.msg === msg);
  return { recorder, told, said };
}

async function ownerIn(ctx: TestContext) {
  const { id: runId, tenantId, projectId, backendProfile } = await makeRun(ctx.database.db);
  return { runId, tenantId, projectId, backendProfile, sessionId: null, taskId: null, model: "m1" };
}

async function stored(database: TestDatabase): Promise<number> {
  const client = await database.connect();
  const { rows } = await client.query<{ calls: number }>("select count(*)::int as calls from agentrun_model_calls");
  await client.end();
  return rows[0]?.calls ?? 0;
}

test("stores calls that end together in few statements, each once, with its first end", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { recorder, told } = startRecorder(ctx);
  const owner = await ownerIn(ctx);
  for (let index = 0; index < 1_200; index += 1) {
    const call = recorder.begin(owner);
    call.noteFirstByte();
    call.end(WELL);
    call.end({ ...WELL, outcome: "failed" });
  }
  await recorder.close();
  expect(told).toEqual({ lost: 0, ended: 1_200 });
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 1_200, sums: 1 });
  const { rows } = await ctx.pool.query(
    "select count(distinct xmin::text)::int as commits, min(outcome) as outcome from agentrun_model_calls",
  );
  expect(rows[0]).toMatchObject({ commits: 3, outcome: "ok" });
});

test("keeps calls while the database is down, logs once, and stores all when it is back", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using ctx = testContext({ url: proxy.url });
  const { recorder, told, said } = startRecorder(ctx);
  const owner = await ownerIn(ctx);
  proxy.cut();
  for (let index = 0; index < 50; index += 1) recorder.begin(owner).end(WELL);
  await expect.poll(() => said("model calls are waiting to be stored")).toHaveLength(1);
  for (let index = 0; index < 50; index += 1) recorder.begin(owner).end(WELL);
  expect(await stored(database)).toBe(0);
  proxy.restore();
  await expect.poll(() => stored(database)).toBe(100);
  expect(said("model calls are waiting to be stored")).toHaveLength(1);
  expect(said("model calls are being stored again")).toHaveLength(1);
  expect(told.lost).toBe(0);
  await recorder.close();
});

test("keeps calls while the database is too slow", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { deadlineMs: 300 });
  const { recorder, told, said } = startRecorder(ctx);
  const owner = await ownerIn(ctx);
  const holder = await database.connect();
  await holder.query("begin");
  await holder.query("lock table agentrun_usage_days");
  for (let index = 0; index < 5; index += 1) recorder.begin(owner).end(WELL);
  await expect.poll(() => said("model calls are waiting to be stored")).toHaveLength(1);
  await holder.query("commit");
  await expect.poll(() => stored(database)).toBe(5);
  expect(told.lost).toBe(0);
  await recorder.close();
});

test("drops and counts calls beyond its maximum, and bounds its log", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using ctx = testContext({ url: proxy.url });
  const { recorder, told, said } = startRecorder(ctx);
  const owner = await ownerIn(ctx);
  proxy.cut();
  for (let index = 0; index < WAITING_MAX + 300; index += 1) recorder.begin(owner).end(WELL);
  expect(told).toEqual({ lost: 300, ended: WAITING_MAX + 300 });
  expect(said("model calls are not being counted")).toHaveLength(9);
  proxy.restore();
  await expect.poll(() => stored(database)).toBe(WAITING_MAX);
  await recorder.close();
});

test("close waits for calls that are ending, and reports those that an unreachable database did not get", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using ctx = testContext({ url: proxy.url });
  const owner = await ownerIn(ctx);
  const first = startRecorder(ctx);
  const open = first.recorder.begin(owner);
  const closed = first.recorder.close();
  open.end(WELL);
  await closed;
  expect(await stored(database)).toBe(1);
  const second = startRecorder(ctx);
  const late = second.recorder.begin(owner);
  proxy.cut();
  for (let index = 0; index < 3; index += 1) second.recorder.begin(owner).end(WELL);
  await second.recorder.close();
  late.end(WELL);
  expect(second.told).toEqual({ lost: 4, ended: 4 });
  expect(second.said("model calls are not being counted")).toMatchObject([{ level: 50, calls: 4 }]);
});

test("a call that the database refuses is lost alone", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { recorder, told, said } = startRecorder(ctx);
  const owner = await ownerIn(ctx);
  for (let index = 0; index < 9; index += 1) recorder.begin(owner).end(WELL);
  const counted = { inputTokens: 3_000_000_000, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 };
  recorder.begin(owner).end({ ...WELL, usage: counted });
  for (let index = 0; index < 9; index += 1) recorder.begin(owner).end(WELL);
  await recorder.close();
  expect(told.lost).toBe(1);
  expect(said("model calls are not being counted")).toHaveLength(1);
  expect((await listCalls(ctx, { limit: 200 })).items).toHaveLength(18);
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 18 });
});

test("a run removed while its calls wait takes them along, and they stay in the day's sum", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { recorder, told } = startRecorder(ctx);
  const [owner, gone] = [await ownerIn(ctx), await ownerIn(ctx)];
  const remover = await database.connect();
  await remover.query("begin");
  await remover.query("delete from agentrun_runs where id = $1", [gone.runId]);
  for (let index = 0; index < 5; index += 1) recorder.begin(index % 2 ? owner : gone).end(WELL);
  // The commit's check of the run waits until the run's removal has ended.
  const waits = () =>
    ctx.pool.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");
  await expect.poll(async () => (await waits()).rowCount).toBe(1);
  await remover.query("commit");
  await expect.poll(() => stored(database)).toBe(2);
  await recorder.close();
  expect(told.lost).toBe(0);
  const { rows } = await ctx.pool.query("select sum(calls)::int as calls from agentrun_usage_days");
  expect(rows[0]).toEqual({ calls: 5 });
  expect(await verifyUsage(ctx)).toMatchObject({ isEqual: true, calls: 2 });
});
