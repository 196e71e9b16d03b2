import { expect, test } from "vitest";
import { migrate, readMigrations } from "./migrate";
import { createEmptyDatabase } from "./test/database";

test("an open action on many tasks continues as one on any kind", async () => {
  await using database = await createEmptyDatabase();
  const all = readMigrations();
  const move = all.findIndex(({ id }) => id.endsWith("bulk_actions_of_every_kind"));
  await migrate(database.url, all.slice(0, move));
  const client = await database.connect();
  await client.query(`
    insert into agentrun_queue_bulk_actions (id, action, filter, priority, lane, total, created_by) values
      ('bulk_ids', 'reprioritise', '{"taskIds": ["qt_a"]}', 7, null, 1, 'operator:ann'),
      ('bulk_filter', 'move', '{"queue": "q"}', null, 'fast', 0, 'operator:ann')`);
  await client.query(`
    insert into agentrun_queue_bulk_results (bulk_id, place, task_id) values ('bulk_ids', 1, 'qt_a')`);

  await migrate(database.url);
  const { rows } = await client.query(
    "select id, kind, action, filter, params, state from agentrun_bulk_actions order by id",
  );
  expect(rows).toEqual([
    {
      id: "bulk_filter",
      kind: "task",
      action: "move",
      filter: { queue: "q" },
      params: { lane: "fast" },
      state: "pending",
    },
    { id: "bulk_ids", kind: "task", action: "reprioritise", filter: null, params: { priority: 7 }, state: "pending" },
  ]);
  const results = await client.query("select bulk_id, target_id, outcome, before from agentrun_bulk_results");
  expect(results.rows).toEqual([{ bulk_id: "bulk_ids", target_id: "qt_a", outcome: null, before: null }]);
  // PostgreSQL 18 also names not-null constraints by itself; nothing refers to those names.
  const names = await client.query(`
    select conname as name from pg_constraint
    where contype <> 'n' and conrelid in ('agentrun_bulk_actions'::regclass, 'agentrun_bulk_results'::regclass)
    union all select indexname from pg_indexes where tablename like 'agentrun_bulk_%'`);
  expect(names.rows.length).toBeGreaterThan(6);
  expect(names.rows.map(({ name }) => name).filter((name) => name.includes("queue"))).toEqual([]);
});
