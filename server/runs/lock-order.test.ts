import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { makeCommand, makeRun } from "@/db/test/factories";
import { listEvents } from "@/server/events";
import { testContext } from "@/server/test/context";
import { cancelRun } from ".";

test("a cancel locks a run's open commands by id like every other path, and ends them in order", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const [first, second] = ["cmd_b", "cmd_a"];
  for (const id of [first, second]) await makeCommand(ctx.database.db, runId, { id });
  const holder = await database.connect();
  await holder.query("begin");
  await holder.query("select from agentrun_commands where id = $1 for update", [first]);
  const cancelled = cancelRun(ctx, { runId });
  const free = async () => {
    const { rows: waits } = await ctx.pool.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    const { rows } = await ctx.pool.query("select id from agentrun_commands where run_id = $1 for update skip locked", [
      runId,
    ]);
    return waits.length === 0 ? "nobody waits" : rows;
  };
  await expect.poll(free).toEqual([]);
  await holder.query("commit");
  expect(await cancelled).toMatchObject({ status: "cancelled" });
  const { items } = await listEvents(ctx, { runId, afterSeq: 0, limit: 50 });
  const ended = items.filter(({ payload }) => payload.phase === "command-terminal");
  expect(ended.map(({ payload }) => payload.commandId)).toEqual([first, second]);
});
