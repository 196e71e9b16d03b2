import { expect, test } from "vitest";
import { migrate } from "@/db/migrate";
import { createEmptyDatabase } from "@/db/test/database";
import { buildV01Database } from "@/db/test/v01";
import { startTestWeb } from "@/server/test/web";
import { type Json, Program } from "./program";

/** Starts the whole web on a database that v0.1 left behind. */
async function adopted() {
  const database = await createEmptyDatabase();
  await buildV01Database(await database.connect());
  await migrate(database.url);
  const web = await startTestWeb(database);
  return Object.assign(new Program(web, database), {
    async [Symbol.asyncDispose]() {
      await web[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  });
}

/** Converts a column's name into the one in the contract's JSON. */
const camel = (column: string) => column.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const OBJECTS = new Set(["workspaceRef", "executionPolicy", "payload", "metadata", "summary", "result"]);
const RENAMED: Record<string, string> = { referencesJson: "references" };

/** Compares every column of a stored row with the record that was answered for it. */
function expectRow(record: Json, row: Record<string, unknown>, skip: string[] = []): void {
  for (const [column, stored] of Object.entries(row)) {
    const name = RENAMED[camel(column)] ?? camel(column);
    if (skip.includes(name) || !(name in record)) {
      expect(skip, `${record.id ?? record.sessionId}: ${name} is not served`).toContain(name);
      continue;
    }
    const value = stored instanceof Date ? stored.toISOString() : stored;
    const isBigint = typeof value === "string" && typeof record[name] === "number";
    const isNothing = value === null && (OBJECTS.has(name) || name === "references");
    const expected = isBigint ? Number(value) : isNothing && record[name] !== null ? emptyValueFor(name) : value;
    expect(record[name], `${record.id ?? record.sessionId}: ${name}`).toEqual(expected);
  }
}

const emptyValueFor = (name: string) => (name === "references" ? [] : {});

test("serves every row of every table over HTTP, column by column", async () => {
  await using program = await adopted();
  const client = await program.database.connect();
  const rows = async (table: string, columns = "*") => {
    const { rows } = await client.query<Record<string, unknown>>(`select ${columns} from agentrun_${table}`);
    expect(rows.length, table).toBeGreaterThan(0);
    return rows;
  };
  const own = (row: Record<string, unknown>, columns: string[]) =>
    Object.fromEntries(Object.entries(row).filter(([column]) => columns.includes(column)));
  for (const row of await rows("runs")) {
    const record = await program.get(`/runs/${row.id}`);
    expectRow(record, own(row, COLUMNS.runs), ["leaseExpiresAt"]);
  }
  for (const row of await rows("commands"))
    expectRow(await program.get(`/commands/${row.id}`), own(row, COLUMNS.commands));
  for (const row of await rows("events")) {
    const { items } = await program.get(`/runs/${row.run_id}/events?limit=500`);
    const record = items.find((item: Json) => item.id === row.id);
    expectRow(record, own(row, COLUMNS.events));
  }
  for (const row of await rows("runners"))
    expectRow(await program.get(`/runners/${row.id}`), own(row, COLUMNS.runners));
  const backends = (await program.get("/backends")).items;
  for (const row of await rows("backends"))
    expectRow(
      backends.find((item: Json) => item.profile === row.profile),
      own(row, COLUMNS.backends),
    );
  for (const row of await rows("leases")) {
    const run = await program.get(`/runs/${row.run_id}`);
    expect(run).toMatchObject({
      claimedBy: row.runner_id,
      leaseExpiresAt: (row.lease_expires_at as Date).toISOString(),
    });
  }
  for (const row of await rows("sessions")) {
    const record = await program.get(`/sessions/${encodeURIComponent(String(row.session_id))}`);
    expectRow(record, own(row, COLUMNS.sessions));
  }
  for (const row of await rows("session_read_cursors")) {
    const path = `/sessions/${encodeURIComponent(String(row.session_id))}?readerId=${row.reader_id}`;
    const session = await program.get(path);
    expect(session.unread).toBe(session.version > Number(row.session_version));
  }
  for (const row of await rows("runner_jobs"))
    expectRow(await program.get(`/runner-jobs/${row.id}`), own(row, COLUMNS.runner_jobs));
  for (const row of await rows("queue_tasks"))
    expectRow(await program.get(`/queue/tasks/${row.id}`), own(row, COLUMNS.queue_tasks));
  for (const row of await rows("queue_read_cursors")) {
    const task = await program.get(`/queue/tasks/${row.task_id}?readerId=${row.reader_id}`);
    expect(task.unread).toBe(task.version > Number(row.task_version));
  }
});

const splitWords = (text: string) => text.trim().split(/\s+/);
/** v0.1's columns, as the contract lists them. */
const COLUMNS = {
  runners: [
    ...["id", "run_id", "attempt_id", "backend_profile", "placement", "source_commit", "metadata"],
    ...["registered_at", "heartbeat_at"],
  ],
  runs: splitWords(`id tenant_id project_id workspace_ref session_ref resource_bundle_ref provider_id backend_profile
    execution_policy trace_sink status terminal_status failure_kind failure_message created_at updated_at claimed_by`),
  commands: splitWords(
    `id run_id seq type payload payload_hash idempotency_key state created_at updated_at acknowledged_at`,
  ),
  events: splitWords("id run_id seq type payload created_at"),
  backends: splitWords("profile capabilities capacity health updated_at"),
  sessions:
    splitWords(`session_id tenant_id project_id backend_profile conversation_id thread_id metadata created_at updated_at
    expires_at version execution_state last_run_id last_command_id active_run_id active_command_id last_event_seq
    terminal_status failure_kind title summary last_activity_at storage_kind storage_pvc_name storage_namespace
    storage_size_bytes storage_files_count storage_sha256 storage_updated_at codex_rollout_subdir storage_pvc_phase
    storage_evicted_at`),
  runner_jobs:
    splitWords(`id run_id command_id idempotency_key payload_hash attempt_id runner_id namespace job_name manager_url
    image source_commit service_account_name result created_at updated_at`),
  queue_tasks: splitWords(`id tenant_id project_id queue lane title priority state version backend_profile provider_id
    workspace_ref execution_policy resource_bundle_ref payload payload_hash references_json metadata idempotency_key
    latest_attempt session_path created_at updated_at cancelled_at cancel_reason`),
};

test("an old run continues: its turn ends, and its session keeps thread and turn", async () => {
  await using program = await adopted();
  const claimed = await program.get("/runs/run_new");
  expect(claimed).toMatchObject({ status: "claimed", claimedBy: "runner_2" });
  await program.post("/runs/run_new/heartbeat", { runnerId: "runner_2" });
  const end = { terminalStatus: "completed", threadId: "thread-2", turnId: "turn-9" };
  await program.post("/commands/cmd_2/finish", end);
  const session = await program.get("/sessions/Old%20Session%2F1");
  expect(session).toMatchObject({
    threadId: "thread-2",
    metadata: { lastTurnId: "turn-9" },
    executionState: "terminal",
  });
  expect(session.version).toBeGreaterThan(950);
  const command = await program.post("/runs/run_new/commands", { type: "turn", payload: { text: "next" } });
  expect(command.seq).toBe(3);
  const events = await program.events("run_new");
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect((await program.refused(409, "POST", "/commands/cmd_1/cancel", {})).reason).toBe("already-terminal");
  await program.post(`/commands/${command.id}/finish`, { terminalStatus: "completed" });
  expect(
    await program.post("/runs/run_new/finish", { runnerId: "runner_2", terminalStatus: "completed" }),
  ).toMatchObject({
    status: "completed",
  });
});

test("keys stored by v0.1 are compared by their payloads", async () => {
  await using program = await adopted();
  const turn = { type: "turn", payload: { text: "one" }, idempotencyKey: "key-1" };
  expect((await program.post("/runs/run_new/commands", turn)).id).toBe("cmd_1");
  const other = { ...turn, payload: { text: "two" } };
  expect((await program.refused(409, "POST", "/runs/run_new/commands", other)).reason).toBe("idempotency-conflict");
  const task = {
    tenantId: "hwlab",
    projectId: "p1",
    queue: "q",
    lane: "fast",
    title: "Task one",
    priority: 5,
    backendProfile: "codex",
    payload: { text: "do" },
    idempotencyKey: "task-key",
  };
  expect((await program.post("/queue/tasks", task)).id).toBe("qt_1");
  await program.refused(409, "POST", "/queue/tasks", { ...task, payload: { text: "other" } });
  const session = {
    sessionId: "ses_none",
    tenantId: "other",
    projectId: "p2",
    backendProfile: "deepseek",
    storage: { kind: "none" },
  };
  expect(await program.post("/sessions", session)).toMatchObject({ sessionId: "ses_none" });
  await program.refused(409, "POST", "/sessions", { ...session, metadata: { a: 1 } });
});

test("lists, pages, marks, cancels and streams old records like new ones", async () => {
  await using program = await adopted();
  const collect = async (path: string) => {
    const items: Json[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Json = await program.get(`${path}limit=1${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      items.push(...page.items);
      cursor = page.cursor;
    }
    return items;
  };
  expect(await collect("/runs?")).toHaveLength(4);
  expect(await collect("/sessions?state=all&")).toHaveLength(3);
  expect(await collect("/queue/tasks?")).toHaveLength(2);
  expect(await collect("/runners?")).toHaveLength(2);
  expect(await collect("/storage?")).toHaveLength(2);
  expect((await program.get("/runs?sessionId=Old%20Session%2F1")).items).toHaveLength(2);
  expect(await program.get("/sessions/Old%20Session%2F1/trace")).toMatchObject({ runId: "run_new", lastSeq: 4 });
  expect(await program.get("/queue/stats?tenantId=hwlab")).toMatchObject({
    total: 2,
    byState: { running: 1, cancelled: 1 },
  });
  await program.post("/queue/tasks/qt_1/read", { readerId: "ann" });
  expect(await program.post("/queue/tasks/qt_1/cancel")).toMatchObject({ state: "cancelled" });
  expect(await program.post("/runs/run_bare/cancel")).toMatchObject({ status: "cancelled" });
  await using stream = await program.watch("/runs/run_done/events/watch");
  await stream.ended;
  expect(stream.frames.filter((frame) => frame.id !== null)).toHaveLength(2);
  const { sessionId } = await program.post("/sessions", { backendProfile: "codex" });
  expect((await program.get(`/sessions/${sessionId}`)).version).toBeGreaterThan(950);
});
