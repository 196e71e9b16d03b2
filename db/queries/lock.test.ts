import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { commands, runs, sessions } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { inTx } from "@/server/context";
import { dispatchTasks } from "@/server/dispatcher";
import { createTask } from "@/server/queue";
import { testContext } from "@/server/test/context";
import { lockCommand, lockRun } from "./lock";

/** Makes a dispatched task, with everything that is locked along with a run. */
async function dispatched(database: TestDatabase) {
  const ctx = testContext(database, { poolMax: 4, settings: { executor: "local", runnersMax: 4 } });
  const { id: taskId } = await createTask(ctx, { title: "t", backendProfile: "codex", payload: { text: "x" } });
  await dispatchTasks(ctx, { runnersMax: 4 });
  const [run] = await ctx.db.select().from(runs);
  const [command] = await ctx.db.select().from(commands);
  if (!run?.sessionId || !command) throw new Error("the task was not dispatched");
  return { ctx, taskId, sessionId: run.sessionId, runId: run.id, commandId: command.id };
}

/** Returns which of the rows are locked. */
async function listLockedRows(database: TestDatabase): Promise<string[]> {
  const client = await database.connect();
  const free = async (table: string) => {
    const { rowCount } = await client.query(`select from ${table} for no key update skip locked`);
    return rowCount !== 0;
  };
  const names = { task: "queue_tasks", session: "sessions", run: "runs", command: "commands" };
  const locked: string[] = [];
  for (const [name, table] of Object.entries(names)) if (!(await free(`agentrun_${table}`))) locked.push(name);
  await client.end();
  return locked;
}

async function untilSomebodyWaits(database: TestDatabase): Promise<void> {
  const client = await database.connect();
  const waiting = async () =>
    (await client.query("select from pg_locks where not granted and locktype = 'transactionid'")).rowCount;
  await expect.poll(waiting).toBe(1);
  await client.end();
}

test.each([
  ["agentrun_queue_tasks", ["task"]],
  ["agentrun_sessions", ["task", "session"]],
  ["agentrun_runs", ["task", "session", "run"]],
  ["agentrun_commands", ["task", "session", "run", "command"]],
])(
  "a lock that waits for a row of %s holds all rows before it in the lock order, and none after",
  async (table, locked) => {
    await using database = await createTestDatabase();
    const { ctx, commandId } = await dispatched(database);
    await using _ctx = ctx;
    const holder = await database.connect();
    await holder.query("begin");
    await holder.query(`select from ${table} for no key update`);
    const waiter = inTx(ctx, (ctx) => lockCommand(ctx.db, commandId, null));
    await untilSomebodyWaits(database);
    expect(await listLockedRows(database)).toEqual(locked);
    await holder.query("commit");
    expect(await waiter).not.toBeNull();
    await holder.end();
  },
);

test("a lock that waited returns the rows as they are after the wait", async () => {
  await using database = await createTestDatabase();
  const { ctx, taskId, sessionId, runId, commandId } = await dispatched(database);
  await using _ctx = ctx;
  const holder = await database.connect();
  await holder.query("begin");
  await holder.query("select from agentrun_queue_tasks for no key update");
  const ofRun = inTx(ctx, (ctx) => lockRun(ctx.db, runId, null));
  await untilSomebodyWaits(database);
  await holder.query("update agentrun_queue_tasks set title = 'new'");
  await holder.query("update agentrun_sessions set title = 'new'");
  await holder.query("update agentrun_runs set claimed_by = 'new'");
  await holder.query("commit");
  const now = {
    task: { id: taskId, title: "new" },
    session: { sessionId, title: "new" },
    run: { id: runId, claimedBy: "new" },
  };
  expect(await ofRun).toMatchObject(now);

  await holder.query("begin");
  await holder.query("select from agentrun_sessions for no key update");
  const ofCommand = inTx(ctx, (ctx) => lockCommand(ctx.db, commandId, null));
  await untilSomebodyWaits(database);
  await holder.query("update agentrun_commands set cancel_reason = 'new'");
  await holder.query("commit");
  expect(await ofCommand).toMatchObject({ ...now, command: { id: commandId, cancelReason: "new" } });
  await holder.end();
});

test("locks a run without a task or with a deleted session, and finds no other tenant's or missing run", async () => {
  await using database = await createTestDatabase();
  const { ctx, runId, sessionId, commandId } = await dispatched(database);
  await using _ctx = ctx;
  const lock = (id: string, tenantId: string | null = null) => inTx(ctx, (ctx) => lockRun(ctx.db, id, tenantId));
  await ctx.db.update(runs).set({ taskId: null }).where(eq(runs.id, runId));
  expect(await lock(runId)).toMatchObject({ task: null, session: { sessionId }, run: { id: runId } });
  await ctx.db.update(sessions).set({ deletedAt: sql`clock_timestamp()` });
  expect(await lock(runId)).toMatchObject({ task: null, session: null, run: { id: runId } });
  expect([await lock(runId, "other"), await lock("run_none")]).toEqual([null, null]);
  const ofCommand = (id: string, tenantId: string | null) => inTx(ctx, (ctx) => lockCommand(ctx.db, id, tenantId));
  expect(await ofCommand(commandId, "default")).toMatchObject({ command: { id: commandId }, session: null });
  expect([await ofCommand(commandId, "other"), await ofCommand("cmd_none", null)]).toEqual([null, null]);
});
