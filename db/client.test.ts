import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { connect } from "./client";
import { createTestDatabase } from "./test/database";
import { withTransaction } from "./transaction";

test("a connection that breaks between two statements fails the next one, and not the process", async () => {
  await using database = await createTestDatabase();
  const { pool, close } = connect(database.url);
  const killer = await database.connect();
  const broken = new Promise<void>((resolve) => pool.once("acquire", (client) => client.once("end", resolve)));
  const cut = withTransaction(pool, async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await killer.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await broken;
    await tx.execute(sql`select 1`);
  });
  await expect(cut).rejects.toThrow();
  expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await close();
});
