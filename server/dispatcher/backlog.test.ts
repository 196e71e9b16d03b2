import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { loadTasks } from "@/db/test/load-tasks";
import { testContext } from "@/server/test/context";
import { dispatchTasks } from ".";
import { asDispatcher } from "./test/queue";

const BACKLOG = 20_000;

test("a pass over a long backlog reads it only through indexes", async () => {
  await using database = await createTestDatabase();
  await using made = testContext(database, { poolMax: 1 });
  const { pool } = made;
  const ctx = asDispatcher(made);
  // Lets PostgreSQL plan while the tables are empty, as in a new installation.
  await dispatchTasks(ctx, { runnersMax: 1 });
  const client = await pool.connect();
  await loadTasks(client, BACKLOG);
  client.release();
  // As after much change: few pages hold only rows that every transaction sees.
  await pool.query("update agentrun_queue_tasks set title = title || '.' where id like '%0'");
  await pool.query("analyze agentrun_queue_tasks");
  await pool.query(
    "insert into agentrun_queue_controls (tenant_id, queue, lane, state) values ('*', '', '', 'paused')",
  );
  await dispatchTasks(ctx, { runnersMax: 1 });

  expect(await readInFull(() => dispatchTasks(ctx, { runnersMax: 1 }))).toBe(0);
  await pool.query("update agentrun_queue_tasks set not_before = now() where id like 'qt_%000077'");
  await pool.query("update agentrun_queue_tasks set expires_at = now() where id like 'qt_%000099'");
  expect(await readInFull(() => dispatchTasks(ctx, { runnersMax: 1 }))).toBe(0);
  expect((await pool.query("select id from agentrun_queue_tasks where not_before is not null")).rows).toEqual([]);
  expect((await pool.query("select state from agentrun_queue_tasks where expires_at is not null")).rows).toEqual([
    { state: "failed" },
  ]);

  /** Returns how many task rows the work reads by sequential scan. */
  async function readInFull(work: () => Promise<unknown>): Promise<number> {
    const before = await everRead();
    await work();
    return (await everRead()) - before;
  }

  async function everRead(): Promise<number> {
    await pool.query("select pg_stat_force_next_flush()");
    const { rows } = await pool.query<{ read: string }>(
      "select seq_tup_read as read from pg_stat_user_tables where relname = 'agentrun_queue_tasks'",
    );
    return Number(rows[0]?.read);
  }
});
