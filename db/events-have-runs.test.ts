import type pg from "pg";
import { expect, test } from "vitest";
import { connect } from "@/db/client";
import { encodeTextArray, int4Array, jsonbArray } from "@/db/queries/sql/binary-arrays";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { appendEvents } from "@/server/events";
import { testContext } from "@/server/test/context";

const INSERT = `insert into agentrun_events (id, run_id, seq, type, payload)
  select 'evt_' || $1 || n, $1, n, 'warning', '{}' from generate_series(1, $2::int) n`;

test("refuses an event without a run, and deleting a run deletes its events and batches", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const client = await database.connect();
  const [kept, removed] = [await makeRun(ctx.database.db), await makeRun(ctx.database.db)];
  for (const { id } of [kept, removed]) {
    await client.query(INSERT, [id, 2]);
    await client.query("insert into agentrun_event_batches values ($1, 'b', 'hash', 1, 2)", [id]);
  }
  await expect(client.query(INSERT, ["run_none", 1])).rejects.toMatchObject({ code: "23503" });
  await expect(
    client.query("insert into agentrun_event_batches values ('run_none', 'b', 'hash', 1, 2)"),
  ).rejects.toMatchObject({ code: "23503" });
  await expect(
    client.query("update agentrun_events set run_id = 'run_none' where run_id = $1", [kept.id]),
  ).rejects.toMatchObject({ code: "23001" });

  await client.query("delete from agentrun_runs where id = $1", [removed.id]);

  const { rows } = await client.query("select run_id, count(*)::int from agentrun_events group by run_id");
  expect(rows).toEqual([{ run_id: kept.id, count: 2 }]);
  expect((await client.query("select run_id from agentrun_event_batches")).rows).toEqual([{ run_id: kept.id }]);
});

test("events that race with the deletion of their run are refused, or deleted with it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [writing, deleting] = [await database.connect(), await database.connect()];

  const first = await makeRun(ctx.database.db);
  await deleting.query("begin");
  await deleting.query("delete from agentrun_runs where id = $1", [first.id]);
  const late = writing.query(INSERT, [first.id, 1]).then(
    () => "stored",
    (error: { code: string }) => error.code,
  );
  await isBlocked(ctx.database.pool, writing);
  await deleting.query("commit");
  expect(await late).toBe("23503");

  const second = await makeRun(ctx.database.db);
  await writing.query("begin");
  await writing.query(INSERT, [second.id, 1]);
  const removal = deleting.query("delete from agentrun_runs where id = $1", [second.id]);
  await isBlocked(ctx.database.pool, deleting);
  await writing.query("commit");
  await removal;
  expect((await writing.query("select count(*)::int from agentrun_events")).rows).toEqual([{ count: 0 }]);
});

test.each([1, 3])("appends to %i runs that are being deleted find none, and leave nothing", async (count) => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const runIds = (await Promise.all(Array.from({ length: count }, () => makeRun(ctx.database.db)))).map(({ id }) => id);
  const deleting = await database.connect();
  await deleting.query("begin");
  await deleting.query("delete from agentrun_runs where id = any($1)", [runIds]);
  const events = [{ type: "warning" as const, payload: { message: "late" } }];
  const late = Promise.allSettled(runIds.map((runId) => appendEvents(ctx, { runId, events })));
  if (count === 1) {
    // The single insert waits for the lock of its run.
    const waiting = "select count(*)::int as n from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0";
    await expect.poll(async () => (await ctx.pool.query(waiting)).rows[0].n).toBe(1);
  }
  await deleting.query("commit");
  for (const answer of await late) expect(answer).toMatchObject({ reason: { reason: "not-found" } });
  expect((await deleting.query("select count(*)::int as n from agentrun_events")).rows).toEqual([{ n: 0 }]);
});

test("skips the check only on connections that lock their runs themselves", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await makeRun(ctx.database.db);
  const plain = await database.connect();
  const appending = connect(database.url, { isForAppending: true });

  expect(await isChecked(plain, `run_1${id}`, id)).toBe(true);
  expect(await isChecked(appending.pool, `run_2${id}`, id)).toBe(false);

  await appending.close();
});

/** Whether the trigger is called for a statement that stores an event. */
async function isChecked(client: pg.Client | pg.Pool, eventId: string, runId: string): Promise<boolean> {
  const { rows } = await client.query<{ "QUERY PLAN": string }>(
    `explain (analyze) insert into agentrun_events (id, run_id, seq, type, payload)
     values ('${eventId}', '${runId}', (select 1 + count(*) from agentrun_events), 'warning', '{}')`,
  );
  return rows.some((row) => row["QUERY PLAN"].includes("agentrun_events_have_runs"));
}

test("binary arrays keep their values", async () => {
  await using database = await createTestDatabase();
  const client = await database.connect();
  const texts = ["", "plain", null, 'quo"te \\ {brace}, comma', "ünïcödé 🦉", "x".repeat(100_000)];
  const documents = ["{}", '{"a": [1, "zwei", null, "🦉"]}', '"text"', "null"];
  const { rows } = await client.query<{ texts: unknown; numbers: unknown; documents: unknown; none: unknown }>(
    "select $1::text[] as texts, $2::int[] as numbers, to_jsonb($3::jsonb[]) as documents, $4::text[] as none",
    [encodeTextArray(texts), int4Array([0, null, -1, 2_147_483_647]), jsonbArray(documents), encodeTextArray([])],
  );
  expect(rows).toEqual([
    {
      texts,
      numbers: [0, null, -1, 2_147_483_647],
      documents: documents.map((document) => JSON.parse(document)),
      none: [],
    },
  ]);
});

async function isBlocked(pool: pg.Pool, client: pg.Client): Promise<void> {
  const pid = (client as unknown as { processID: number }).processID;
  await expect
    .poll(async () => (await pool.query("select cardinality(pg_blocking_pids($1)) > 0 as is", [pid])).rows[0].is)
    .toBe(true);
}
