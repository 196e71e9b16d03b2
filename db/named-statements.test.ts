import { eq, sql } from "drizzle-orm";
import type pg from "pg";
import { expect, test } from "vitest";
import { connect, type Db, type Tx } from "./client";
import { NAMES_MAX } from "./named-statements";
import { sessions } from "./schema";
import { createTestDatabase } from "./test/database";
import { makeSession } from "./test/factories";
import { withTransaction } from "./transaction";

const readTitle = (tx: Tx, sessionId: string) =>
  tx.select({ title: sessions.title }).from(sessions).where(eq(sessions.sessionId, sessionId));

/** Returns the statements that the pool's only connection has prepared. */
async function kept(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query("select count(*)::int as count from pg_prepared_statements");
  return rows[0].count;
}

test("keeps the plan of a statement that a connection's transactions repeat, for any values", async () => {
  await using database = await createTestDatabase();
  const { pool, db, close } = connect(database.url, { poolMax: 1 });
  const made = [await makeSession(db, { title: "one" }), await makeSession(db, { title: "other" })];
  const ids = made.map(({ sessionId }) => sessionId);
  const read = (sessionId = "") => withTransaction(pool, (tx) => readTitle(tx, sessionId));

  for (let use = 1; use < 5; use += 1) expect(await read(ids[0])).toEqual([{ title: "one" }]);
  expect(await kept(pool)).toBe(0);
  for (const id of [...ids, ...ids]) await read(id);
  expect(await kept(pool)).toBe(1);
  expect([await read(ids[0]), await read(ids[1]), await read("ses_none")]).toEqual([
    [{ title: "one" }],
    [{ title: "other" }],
    [],
  ]);
  await close();
});

test("a failed statement keeps its name, and a lost connection loses its names", async () => {
  await using database = await createTestDatabase();
  const { pool, close } = connect(database.url, { poolMax: 1 });
  const halve = (by: number) =>
    withTransaction(
      pool,
      async (tx) => (await tx.execute<{ half: number }>(sql`select 8 / ${by}::int as half`)).rows[0],
    );

  for (let use = 1; use < 10; use += 1) {
    await expect(halve(0)).rejects.toMatchObject({ cause: { code: "22012" } });
    expect(await halve(2)).toEqual({ half: 4 });
  }
  expect(await kept(pool)).toBe(1);
  (await pool.connect()).release(true);
  expect(await halve(4)).toEqual({ half: 2 });
  expect(await kept(pool)).toBe(0);
  await close();
});

test("bounds the number and length of kept statements", async () => {
  await using database = await createTestDatabase();
  const { pool, close } = connect(database.url, { poolMax: 1 });
  const ask = (columns: string[]) =>
    withTransaction(pool, async (tx) => {
      for (const column of columns) {
        for (let use = 0; use < 6; use += 1) await tx.execute(sql`select ${"x"}::text as ${sql.identifier(column)}`);
      }
    });
  await withTransaction(pool, async (tx) => {
    for (let use = 0; use < 6; use += 1) await tx.execute(sql`select ${"x"}::text ${sql.raw(" ".repeat(8_000))}`);
  });
  expect(await kept(pool)).toBe(0);
  await ask(Array.from({ length: NAMES_MAX + 20 }, (_, number) => `column_${number}`));
  expect(await kept(pool)).toBe(NAMES_MAX);
  await close();
});

test("plans statements outside transactions, and transactions with keepsPlans off, each time", async () => {
  await using database = await createTestDatabase();
  const { pool, db, close } = connect(database.url, { poolMax: 1 });
  const ask = (of: Db) => of.execute(sql`select ${"x"}::text as same`);
  for (let use = 0; use < 10; use += 1) {
    await ask(db);
    await withTransaction(pool, ask, { keepsPlans: false });
  }
  expect(await kept(pool)).toBe(0);
  for (let use = 0; use < 5; use += 1) await withTransaction(pool, ask);
  for (let use = 0; use < 10; use += 1) await ask(db);
  expect(await kept(pool)).toBe(1);
  await close();
});

test("repeats a transaction whose plan is lost on another connection", async () => {
  await using database = await createTestDatabase();
  const { pool, close } = connect(database.url, { poolMax: 1 });
  const admin = await database.connect();
  await admin.query("create table grown (id int primary key); insert into grown values (1)");
  const read = () =>
    withTransaction(pool, async (tx) => (await tx.execute(sql`select * from grown where id = ${1}::int`)).rows);
  for (let use = 0; use < 6; use += 1) expect(await read()).toEqual([{ id: 1 }]);

  await admin.query("alter table grown add column more text");
  expect(await read()).toEqual([{ id: 1, more: null }]);

  for (let use = 0; use < 6; use += 1) await read();
  expect(await kept(pool)).toBe(1);
  await pool.query("deallocate all");
  expect(await read()).toEqual([{ id: 1, more: null }]);
  await close();
});

test("runs several statements in one text unnamed, however often", async () => {
  await using database = await createTestDatabase();
  const { pool, close } = connect(database.url, { poolMax: 1 });
  for (let use = 0; use < 10; use += 1) {
    await withTransaction(pool, (tx) => tx.execute(sql.raw("select 1; select 2")));
  }
  expect(await kept(pool)).toBe(0);
  await close();
});
