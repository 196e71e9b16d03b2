import { describe, expect, test } from "vitest";
import { MigrationError, migrate, readMigrations } from "@/db/migrate";
import { createEmptyDatabase } from "@/db/test/database";
import { buildV01Database, dropTimeDefaults, V01_CHECKSUMS, V01_TABLES } from "@/db/test/v01";
import { listBackends } from "@/server/backends";
import { createCommand, getCommand, listCommands } from "@/server/commands";
import { listEvents } from "@/server/events";
import { createTask, getTask, listTasks, markTaskRead, queueStats, updateAttempt } from "@/server/queue";
import { getRunner, getRunnerJob, listRunnerJobs, listRunners } from "@/server/runners";
import { claimRun, createRun, getRun, listRuns } from "@/server/runs";
import { getSession, listSessions, markSessionRead, readTrace, updateSession } from "@/server/sessions";
import { getStorage, listStorage } from "@/server/storage";
import { testContext } from "@/server/test/context";

async function adopted(build = buildV01Database) {
  const database = await createEmptyDatabase();
  await build(await database.connect());
  await migrate(database.url);
  const ctx = testContext(database);
  return {
    database,
    ctx,
    async [Symbol.asyncDispose]() {
      await ctx[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** v0.1's writers named these times in every insert, so a v0.1 database may have no defaults for them. */
async function buildWithoutDefaults(client: Parameters<typeof buildV01Database>[0]): Promise<void> {
  await buildV01Database(client);
  await dropTimeDefaults(client);
}

describe.each([
  ["whose times have defaults", buildV01Database],
  ["whose times have none", buildWithoutDefaults],
])("a database %s", (_, build) => {
  test("keeps every row of every table, column by column", async () => {
    await using database = await createEmptyDatabase();
    const client = await database.connect();
    await build(client);
    const before = new Map<string, Record<string, unknown>[]>();
    for (const name of V01_TABLES) {
      before.set(name, (await client.query(`SELECT * FROM ${name} ORDER BY 1, 2`)).rows);
      expect(before.get(name), name).not.toEqual([]);
    }
    await migrate(database.url);
    // One claim of each session stays. Only its lease, and what the adoption stamps, may differ.
    const changed: Record<string, string[]> = {
      agentrun_runs: ["status", "claimed_by", "lease_expires_at", "updated_at"],
      agentrun_leases: [],
    };
    for (const [name, rows] of before) {
      const now = (await client.query(`SELECT * FROM ${name} ORDER BY 1, 2`)).rows;
      const kept = name === "agentrun_leases" ? rows.filter((row) => row.run_id === "run_new") : rows;
      if (name !== "agentrun_schema_migrations") expect(now, name).toHaveLength(kept.length);
      kept.forEach((row, index) => {
        const isFreed = name === "agentrun_runs" && row.id === "run_old";
        const same = Object.entries(row).filter(([column]) => !(isFreed && changed[name]?.includes(column)));
        expect(now[index], name).toMatchObject(Object.fromEntries(same));
      });
    }
  });

  test("serves runs, commands, events, runners and jobs as before", async () => {
    await using old = await adopted(build);
    const { ctx } = old;
    expect(await getRun(ctx, { runId: "run_new" })).toMatchObject({
      tenantId: "hwlab",
      status: "claimed",
      claimedBy: "runner_2",
      workspaceRef: { repo: "git@example.com:x" },
      resourceBundleRef: {},
      executionPolicy: { sandbox: "workspace-write", timeoutMs: 5 },
      sessionRef: { sessionId: "Old Session/1", threadId: "thread-1" },
      lastEventSeq: 4,
    });
    expect(await getRun(ctx, { runId: "run_old" })).toMatchObject({
      status: "pending",
      claimedBy: null,
      resourceBundleRef: null,
      traceSink: null,
    });
    expect(await getRun(ctx, { runId: "run_done" })).toMatchObject({
      status: "failed",
      failureKind: "infra-failed",
      failureMessage: "gone",
    });
    expect(await getRun(ctx, { runId: "run_bare" })).toMatchObject({ sessionRef: null, status: "pending" });
    expect((await listRuns(ctx, { limit: 50 })).items).toHaveLength(4);
    expect((await listRuns(ctx, { limit: 50, sessionId: "Old Session/1" })).items).toHaveLength(2);
    expect(await getCommand(ctx, { commandId: "cmd_2" })).toMatchObject({
      payload: { text: "two", prompt: "x" },
      state: "acknowledged",
    });
    expect(
      (await listCommands(ctx, { runId: "run_new", afterSeq: 0, limit: 100 })).items.map((command) => command.id),
    ).toEqual(["cmd_1", "cmd_2"]);
    const { items } = await listEvents(ctx, { runId: "run_new", afterSeq: 0, limit: 500 });
    expect(items.map((event) => [event.seq, event.type, event.payload])).toEqual([
      [1, "backend_status", { phase: "run-created" }],
      [2, "hwlab_probe", { odd: [1, 2] }],
      [3, "assistant_message", {}],
      [4, "user_message", {}],
    ]);
    expect(await getRunner(ctx, { runnerId: "runner_2" })).toMatchObject({ id: "runner_2", metadata: {} });
    expect((await listRunners(ctx, { limit: 50 })).items).toHaveLength(2);
    const ofTenant = await listRunners(ctx, { tenantId: "hwlab", limit: 50 });
    expect(ofTenant.items.map((runner) => runner.id)).toEqual(["runner_1"]);
    expect(await getRunnerJob(ctx, { runnerJobId: "rjob_2" })).toMatchObject({
      jobName: "job-2",
      result: {},
      state: "ended",
    });
    expect((await listRunnerJobs(ctx, { runId: "run_new", limit: 50 })).items).toHaveLength(2);
  });

  test("serves sessions, storage, tasks and backends as before", async () => {
    await using old = await adopted(build);
    const { ctx } = old;
    expect(await getSession(ctx, { sessionId: "Old Session/1", readerId: "ann" })).toMatchObject({
      metadata: {},
      threadId: "thread-1",
      executionState: "running",
      version: 900,
      title: "First",
      unread: false,
    });
    expect(await getSession(ctx, { sessionId: "ses_evicted", readerId: "ann" })).toMatchObject({
      summary: {},
      unread: true,
    });
    expect((await listSessions(ctx, { state: "all", limit: 50 })).items).toHaveLength(3);
    expect((await readTrace(ctx, { sessionId: "Old Session/1", afterSeq: 0, limit: 500 })).items).toHaveLength(4);
    expect(await getStorage(ctx, { sessionId: "Old Session/1" })).toMatchObject({
      storageKind: "pvc",
      storageState: "live",
      pvcName: "agentrun-v01-session-1",
      namespace: "agentrun",
      sizeBytes: 4096,
      filesCount: 3,
      restorable: false,
    });
    expect(await getStorage(ctx, { sessionId: "ses_evicted" })).toMatchObject({
      storageState: "evicted",
      codexRolloutSubdir: "rollouts",
    });
    expect((await listStorage(ctx, { sort: "updatedAt", limit: 50 })).items).toHaveLength(2);
    expect(await getTask(ctx, { taskId: "qt_1", readerId: "ann" })).toMatchObject({
      priority: 5,
      version: 700,
      executionPolicy: null,
      references: [{ kind: "issue" }],
      latestAttempt: { attemptId: "att-9", runId: "run_new" },
      unread: false,
    });
    expect(await getTask(ctx, { taskId: "qt_2" })).toMatchObject({
      state: "cancelled",
      metadata: {},
      references: [],
      latestAttempt: null,
    });
    expect((await listTasks(ctx, { limit: 50 })).items.map((task) => task.id)).toEqual(["qt_1", "qt_2"]);
    expect((await queueStats(ctx, {})).byState).toEqual({ running: 1, cancelled: 1 });
    expect((await listBackends(ctx)).items.map((backend) => backend.profile)).toEqual([
      "codex",
      "deepseek",
      "demo",
      "minimax-m3",
    ]);
  });

  test("continues: old keys replay by payload, versions rise above all used ones, a free run is claimed", async () => {
    await using old = await adopted(build);
    const { ctx } = old;
    const turn = { runId: "run_new", type: "turn" as const, idempotencyKey: "key-1" };
    expect((await createCommand(ctx, { ...turn, payload: { text: "one" } })).id).toBe("cmd_1");
    await expect(createCommand(ctx, { ...turn, payload: { text: "other" } })).rejects.toMatchObject({
      reason: "idempotency-conflict",
    });
    const task = {
      tenantId: "hwlab",
      projectId: "p1",
      title: "Task one",
      backendProfile: "codex",
      idempotencyKey: "task-key",
    };
    expect((await createTask(ctx, { ...task, payload: { text: "do" } })).id).toBe("qt_1");
    await expect(createTask(ctx, { ...task, payload: {} })).rejects.toMatchObject({ reason: "idempotency-conflict" });
    expect((await createCommand(ctx, { runId: "run_new", type: "steer", payload: { text: "go on" } })).seq).toBe(3);

    const changed = await updateSession(ctx, { sessionId: "Old Session/1", title: "Renamed" });
    expect(changed.version).toBeGreaterThan(950);
    expect(await markSessionRead(ctx, { sessionId: "Old Session/1", readerId: "ann" })).toMatchObject({
      sessionVersion: changed.version,
    });
    const moved = await updateAttempt(ctx, { taskId: "qt_1", state: "pending", latestAttempt: null });
    expect(moved.version).toBeGreaterThan(720);
    expect(await markTaskRead(ctx, { taskId: "qt_1", readerId: "ann" })).toMatchObject({ taskVersion: moved.version });

    expect(await claimRun(ctx, { runId: "run_bare", runnerId: "runner_9" })).toMatchObject({
      status: "claimed",
      leaseEpoch: 1,
    });
    await expect(claimRun(ctx, { runId: "run_old", runnerId: "runner_9" })).rejects.toMatchObject({
      failureKind: "runner-lease-conflict",
    });
    const ref = {
      backendProfile: "codex",
      tenantId: "hwlab",
      projectId: "p1",
      sessionRef: { sessionId: "Old Session/1" },
    };
    expect(await createRun(ctx, ref)).toMatchObject({ status: "pending" });
  });
});

test("the next start completes an adoption without the time defaults, or one that was interrupted", async () => {
  await using database = await createEmptyDatabase();
  const client = await database.connect();
  await buildWithoutDefaults(client);
  // As a release without this migration did it.
  const [defaults] = readMigrations().filter(({ id }) => id.startsWith("044_"));
  const earlier = readMigrations().filter((migration) => migration.id < (defaults?.id ?? ""));
  await expect(migrate(database.url, earlier)).rejects.toMatchObject({ migrationId: expect.stringMatching(/^009_/) });
  await migrate(database.url);
  await dropTimeDefaults(client);
  await client.query("DELETE FROM agentrun_schema_migrations WHERE id = $1", [defaults?.id]);
  await migrate(database.url);
  await using ctx = testContext(database);
  expect(await createRun(ctx, { backendProfile: "codex" })).toMatchObject({ status: "pending" });
});

test("keeps v0.1's checksums; afterwards a changed or unknown migration stops the start, and nothing is altered", async () => {
  await using old = await adopted();
  const client = await old.database.connect();
  const read = async () => (await client.query("SELECT id, checksum FROM agentrun_schema_migrations ORDER BY id")).rows;
  const rows = await read();
  expect(Object.fromEntries(rows.slice(0, 7).map((row) => [row.id, row.checksum]))).toEqual(V01_CHECKSUMS);
  await migrate(old.database.url);
  expect(await read()).toEqual(rows);

  const last = rows.at(-1);
  const tamperings: [string, unknown[]][] = [
    ["UPDATE agentrun_schema_migrations SET checksum = 'x' WHERE id = $1", [last?.id]],
    ["UPDATE agentrun_schema_migrations SET checksum = 'x' WHERE id = $1", ["003_v01_hwlab_manual_dispatch"]],
    ["INSERT INTO agentrun_schema_migrations (id, checksum) VALUES ($1, 'x')", ["999_from_elsewhere"]],
  ];
  for (const [statement, values] of tamperings) {
    await client.query(statement, values);
    const tampered = await read();
    const refused = migrate(old.database.url);
    await expect(refused).rejects.toBeInstanceOf(MigrationError);
    await expect(refused).rejects.toMatchObject({ migrationId: values[0], failureKind: "infra-failed" });
    expect(await read()).toEqual(tampered);
    await client.query("DELETE FROM agentrun_schema_migrations WHERE id = '999_from_elsewhere'");
    for (const row of rows) {
      await client.query("UPDATE agentrun_schema_migrations SET checksum = $2 WHERE id = $1", [row.id, row.checksum]);
    }
  }
  await migrate(old.database.url);
});

test("an unknown id in a v0.1 database stops its adoption, and a changed file stops a start", async () => {
  await using database = await createEmptyDatabase();
  const client = await database.connect();
  await buildV01Database(client);
  await client.query("INSERT INTO agentrun_schema_migrations (id, checksum) VALUES ('007b_local_patch', 'x')");
  await expect(migrate(database.url)).rejects.toMatchObject({ migrationId: "007b_local_patch" });
  const { rows } = await client.query(
    "SELECT 1 FROM information_schema.columns WHERE table_name = 'agentrun_runs' AND column_name = 'lease_epoch'",
  );
  expect(rows).toEqual([]);
  await client.query("DELETE FROM agentrun_schema_migrations WHERE id = '007b_local_patch'");
  await migrate(database.url);
  const changed = readMigrations().map((migration) =>
    migration.id.startsWith("008_") ? { ...migration, checksum: "0".repeat(64) } : migration,
  );
  await expect(migrate(database.url, changed)).rejects.toMatchObject({ migrationId: expect.stringMatching(/^008_/) });
});

test("several servers that start at once migrate once", async () => {
  await using database = await createEmptyDatabase();
  const client = await database.connect();
  await buildV01Database(client);
  await Promise.all(Array.from({ length: 6 }, () => migrate(database.url)));
  const { rows } = await client.query("SELECT count(*)::int AS count FROM agentrun_schema_migrations");
  expect(rows[0]?.count).toBe(readMigrations().length);
});

test("a failed migration leaves nothing, and the next start continues from there", async () => {
  await using database = await createEmptyDatabase();
  const client = await database.connect();
  await buildV01Database(client);
  const [last] = readMigrations().slice(-1);
  const broken = readMigrations().map((migration) =>
    migration.id === last?.id
      ? { ...migration, sql: `${migration.sql}\n--> statement-breakpoint\nSELECT 1/0` }
      : migration,
  );
  await expect(migrate(database.url, broken)).rejects.toMatchObject({ migrationId: last?.id });
  const { rows } = await client.query("SELECT id FROM agentrun_schema_migrations WHERE id = $1", [last?.id]);
  expect(rows).toEqual([]);
  await migrate(database.url);
});
