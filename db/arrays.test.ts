import { type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";
import { connect } from "./client";
import { createTestDatabase } from "./test/database";

test("a statement with hidden arrays of any length keeps its plan, and is otherwise planned anew", async () => {
  await using database = await createTestDatabase();
  const { pool, db, close } = connect(database.url, { poolMax: 1 });
  await pool.query("create table looked (id text primary key)");
  await pool.query("insert into looked select 'id_' || n from generate_series(1, 20000) n");
  await pool.query("analyze looked");
  const look = (ids: SQL) =>
    executeNamed<{ id: string }>(
      db,
      sql`select given.id from unnest(${ids}) as given (id) join looked on looked.id = given.id order by 1`,
    );
  for (const length of [1, 1, 1, 1, 1, 1, 1, 1, 3]) {
    const ids = Array.from({ length }, (_, number) => `id_${number + 1}`);
    const rows = ids.map((id) => ({ id }));
    expect(await look(textArray(ids))).toEqual(rows);
    expect(await look(hiddenArray(textArray(ids)))).toEqual(rows);
  }
  const { rows } = await pool.query(
    "select statement like '%(select $1%' as hidden, generic_plans > 0 as kept from pg_prepared_statements order by 1",
  );
  expect(rows).toEqual([
    { hidden: false, kept: false },
    { hidden: true, kept: true },
  ]);
  await close();
});
