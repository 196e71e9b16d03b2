import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { prepared } from "@/db/queries/sql/prepared";
import { connect } from "./client";
import { sessions } from "./schema";
import { createTestDatabase } from "./test/database";
import { makeSession } from "./test/factories";
import { withTransaction } from "./transaction";

test("builds and plans a statement once per connection, and again for a replacement connection", async () => {
  await using database = await createTestDatabase();
  const { pool, db, close } = connect(database.url, { poolMax: 1 });
  const { sessionId } = await makeSession(db);
  let built = 0;
  const lookUp = prepared("test-look-up", (db) => {
    built += 1;
    return db
      .select({ id: sessions.sessionId })
      .from(sessions)
      .where(eq(sessions.sessionId, sql.placeholder("id")));
  });
  const read = () =>
    withTransaction(pool, async (tx) => {
      const found = await lookUp(tx).execute({ id: sessionId });
      const { rows } = await tx.execute<{ plans: number }>(
        sql`select count(*)::int as plans from pg_prepared_statements where name = 'agentrun-test-look-up'`,
      );
      return { found, plans: rows[0]?.plans };
    });
  const once = { found: [{ id: sessionId }], plans: 1 };
  expect([await read(), await read(), await read()]).toEqual([once, once, once]);
  expect(built).toBe(1);

  const client = await pool.connect();
  client.release(true);
  expect(await read()).toEqual(once);
  expect(built).toBe(2);
  await close();
});
