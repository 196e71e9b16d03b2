import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type pg from "pg";
import { loadConsole } from "@/db/test/load-console";
import { loadTasks } from "@/db/test/load-tasks";
import { allIn, spreadOver } from "./hostile-strings";

/** As many rows as a list reads at once. */
const ROWS = 50;
/** Records whose own pages are looked at: each text of theirs holds every string. */
export const FAILED = { runId: "run_00000001", sessionId: "ses_00000001", attemptId: "att_hostile" };
export const CANCELLED = { runId: "run_00000002", sessionId: "ses_00000002" };
export const TASK_ID = `qt_${"1".padStart(30, "0")}`;
export const RUNNER_ID = "rnr_00000001";
export const BULK_ID = "blk_hostile";
export const WEBHOOK_ID = "wh_hostile";
export const SCHEDULE_ID = "sch_hostile";
export const BUDGET_ID = "bgt_hostile";
type Fill = { where?: string; place: string; as?: string };

/**
 * Fills everything that lists and pages tell of with what agents, repositories, providers, clusters and callers may have
 * written. Most of it REST takes only from whom it belongs to, or never so long.
 */
export async function loadHostileRows(client: pg.Client, dataDir: string): Promise<void> {
  await loadConsole(client, {
    ...{ sessions: ROWS, eventsPerRun: 1, longRunEvents: 0, approvals: ROWS, audit: ROWS, runners: ROWS },
  });
  await loadTasks(client, ROWS, ["pending", "failed", "cancelled"]);
  // Triggers would have every row counted and told of once more.
  await client.query("set session_replication_role = replica");
  const fill = fillerOf(client);
  await fillSessions(fill);
  await fillRuns(client, fill);
  await fillQueue(client, fill);
  await fillApprovals(client, fill);
  await fillRunners(client, fill);
  await fillWebhooks(client, fill);
  await fillSchedules(client, fill);
  await fillBudgets(client, fill);
  await fillRest(client, fill);
  await client.query("set session_replication_role = origin");
  await archiveFiles(client, dataDir);
  await leaveOrphans(dataDir);
}

/** `as` makes the column's value of `$`, which is a text. */
function fillerOf(client: pg.Client) {
  return async (table: string, column: string, { where = "true", place, as = "$" }: Fill): Promise<void> => {
    const { rows } = await client.query<{ at: string }>(
      `select ctid::text as at from agentrun_${table} where ${where} order by ctid`,
    );
    const texts = rows.length === 1 ? [allIn(place)] : spreadOver(place, rows.length);
    await client.query(
      `update agentrun_${table} set ${column} = ${as.replaceAll("$", "given.text")}
       from unnest($1::tid[], $2::text[]) as given(at, text) where agentrun_${table}.ctid = given.at`,
      [rows.map(({ at }) => at), texts],
    );
  };
}
type Filler = ReturnType<typeof fillerOf>;

async function fillSessions(fill: Filler): Promise<void> {
  for (const column of ["title", "thread_id", "conversation_id"])
    await fill("sessions", column, { place: `session-${column}` });
  await fill("sessions", "metadata", { place: "session-metadata", as: "jsonb_build_object('note', $, $, 'key')" });
  const own = `session_id in ('${FAILED.sessionId}')`;
  await fill("sessions", "title", { place: "one-session-title", where: own });
}

async function fillRuns(client: pg.Client, fill: Filler): Promise<void> {
  const policy =
    "jsonb_build_object('model', $, 'effort', $, 'sandbox', $, 'approval', $, 'extra', jsonb_build_object($, $))";
  const git = "jsonb_build_object('kind', 'git', 'url', $, 'ref', $, 'subdir', $)";
  const bundle =
    "jsonb_build_object('kind', 'inline', 'files', jsonb_build_array(jsonb_build_object('path', $, 'content', $)))";
  await client.query(
    `update agentrun_runs set status = 'failed', terminal_status = 'failed', failure_kind = 'infra-failed',
       created_at = now() - interval '1 hour', started_at = now() - interval '50 minutes', updated_at = now() - interval '30 minutes'`,
  );
  await client.query(
    `update agentrun_runs set status = 'cancelled', terminal_status = 'cancelled', failure_kind = 'cancelled',
       cancel_requested_at = now() - interval '40 minutes' where version % 2 = 0`,
  );
  for (const [column, as] of [
    ["failure_message", "$"],
    ["execution_policy", policy],
    ["provider_id", "$"],
  ] as const)
    await fill("runs", column, { place: `run-${column}`, as });
  for (const [column, as] of [
    ["failure_message", "$"],
    ["execution_policy", policy],
    ["workspace_ref", git],
    ["resource_bundle_ref", bundle],
  ] as const)
    for (const { runId } of [FAILED, CANCELLED])
      await fill("runs", column, { place: `one-run-${column}`, where: `id = '${runId}'`, as });
  await fill("runs", "cancel_reason", { place: "one-run-cancel_reason", where: `id = '${CANCELLED.runId}'` });
  await client.query(
    `insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state, failure_kind, failure_message, cancel_reason, created_at, updated_at)
     select 'cmd_hostile_' || n, $1, n, case when n % 2 = 0 then 'steer' else 'turn' end, '{}', repeat('a', 64),
       case when n % 2 = 0 then 'cancelled' else 'failed' end, 'backend-failed', '', '', now() - interval '1 hour', now()
     from generate_series(1, 12) n`,
    [FAILED.runId],
  );
  await fill("commands", "payload", { place: "command-text", as: "jsonb_build_object('text', $)" });
  await fill("commands", "failure_message", { place: "command-failure" });
  await leaveRemains(client);
  await client.query(
    `insert into agentrun_model_calls (id, tenant_id, project_id, run_id, session_id, backend_profile, model, started_at,
       first_byte_ms, duration_ms, outcome, failure_kind, reason, input_tokens, output_tokens)
     select 'mc_hostile_' || n, 'default', 'project_1', $1, $2, 'codex', '', now() - n * interval '1 minute', 9, 10,
       'failed', 'backend-failed', '', 1, 1 from generate_series(1, 20) n`,
    [FAILED.runId, FAILED.sessionId],
  );
  await fill("model_calls", "model", { place: "call-model" });
}

/** What its executor said of a run's attempt that is over. */
async function leaveRemains(client: pg.Client): Promise<void> {
  const { runId, attemptId } = FAILED;
  const text = allIn("remains");
  const at = new Date().toISOString();
  const conditions = [{ type: text, status: text, reason: text, message: text, at }];
  const times = { createdAt: at, startedAt: at, endedAt: at, isBeingDeleted: false };
  const containers = ["prepare", "runner"].map((name) => ({
    ...{ name, image: text, state: "terminated", reason: text, message: text, exitCode: 1, signal: null },
    ...{ startedAt: at, endedAt: at, restarts: 0, isReady: false },
  }));
  const details = {
    job: { ...times, name: text, namespace: text, uid: text, deadlineSeconds: 60, conditions },
    pod: { ...times, name: text, phase: "Failed", reason: text, message: text, node: text, conditions, containers },
    process: null,
    events: [
      { of: "Pod", type: "Warning", reason: text, message: text, count: 1, firstAt: at, lastAt: at, from: text },
    ],
    faults: [text],
  };
  const lines = allIn("log-line")
    .split("\n")
    .map((line) => ({ at, text: line }));
  const log = { container: "runner", containers: ["runner"], lines, isCut: true, note: null };
  await client.query(
    `insert into agentrun_attempt_remains (attempt_id, run_id, details, logs, kept_at) values ($1, $2, $3, $4, now())`,
    [attemptId, runId, JSON.stringify(details), JSON.stringify([log])],
  );
  const job = allIn("runner-job");
  await client.query(
    `insert into agentrun_runner_jobs (id, run_id, command_id, payload_hash, attempt_id, runner_id, namespace, job_name,
       manager_url, image, source_commit, service_account_name, result, state, ended_at)
     values ('rj_hostile', $1, 'cmd_hostile_1', repeat('a', 64), $2, 'rnr_00000001', $3, $3, $3, $3, $3, $3,
       jsonb_build_object('cause', $3::text, 'message', $3::text), 'failed', now())`,
    [runId, attemptId, job],
  );
}

async function fillQueue(client: pg.Client, fill: Filler): Promise<void> {
  await client.query(
    `update agentrun_queue_tasks set created_at = now() - interval '1 hour', ready_at = now() - interval '1 hour',
       updated_at = now() - interval '1 minute', cancelled_at = case when state = 'cancelled' then now() end,
       failure_kind = case when state = 'failed' then 'backend-failed' end,
       dead_letter = case when state = 'failed' then 'not-retryable' end, attempt_count = 2`,
  );
  await client.query(
    `update agentrun_queue_tasks set state = 'failed', failure_kind = 'backend-failed', dead_letter = 'not-retryable' where id = $1`,
    [TASK_ID],
  );
  const texts = "jsonb_build_object('text', $, $, $)";
  const keys = "jsonb_build_object('concurrencyKey', $, $, $)";
  await fill("queue_tasks", "title", { place: "task-title" });
  await fill("queue_tasks", "payload", { place: "task-payload", as: texts });
  await fill("queue_tasks", "metadata", { place: "task-metadata", as: keys });
  await fill("queue_tasks", "failure_message", { place: "task-failure", where: "state = 'failed'" });
  await fill("queue_tasks", "cancel_reason", { place: "task-cancel_reason", where: "state = 'cancelled'" });
  for (const [column, as] of Object.entries({
    title: "$",
    payload: texts,
    metadata: keys,
    failure_message: "$",
    workspace_ref: "jsonb_build_object('kind', 'git', 'url', $, 'ref', $)",
    execution_policy: "jsonb_build_object('model', $)",
    references_json: "jsonb_build_array($, jsonb_build_object('url', $))",
  }))
    await fill("queue_tasks", column, { place: `one-task-${column}`, where: `id = '${TASK_ID}'`, as });
  await client.query(
    `insert into agentrun_queue_attempts (task_id, attempt, tenant_id, project_id, queue, lane, session_id, run_id, state,
       ready_at, dispatched_at, started_at, ended_at, failure_kind, failure_message)
     select id, n, tenant_id, project_id, queue, lane, 'ses_00000001', 'run_00000001', 'failed', now() - interval '1 hour',
       now() - interval '50 minutes', now() - interval '49 minutes', now() - interval '40 minutes', 'backend-failed', ''
     from agentrun_queue_tasks, generate_series(1, 2) n where id = $1`,
    [TASK_ID],
  );
  await fill("queue_attempts", "failure_message", { place: "attempt-failure" });
  await client.query(
    `insert into agentrun_queue_controls (tenant_id, queue, lane, max_running, state, reason, updated_by)
     select '*', 'queue_' || n, case when n > 1 then 'lane_' || n else '' end, 1,
       case when n % 2 = 0 then 'paused' else 'draining' end, '', '' from generate_series(0, 3) n`,
  );
  await fill("queue_controls", "reason", { place: "control-reason" });
  await fill("queue_controls", "updated_by", { place: "control-by", as: "'operator:' || $" });
}

async function fillApprovals(client: pg.Client, fill: Filler): Promise<void> {
  for (const column of ["command", "cwd", "reason"]) await fill("approvals", column, { place: `approval-${column}` });
  const changes =
    "jsonb_build_array(jsonb_build_object('path', $, 'kind', $, 'diff', '@@ -1 +1 @@' || chr(10) || '-' || $ || chr(10) || '+' || $))";
  await client.query(`update agentrun_approvals set kind = 'file_change' where right(id, 1) in ('3', '4')`);
  await fill("approvals", "changes", { place: "approval-changes", as: changes, where: "kind = 'file_change'" });
  await client.query(
    `update agentrun_approvals set status = 'decided', decision = 'decline', decided_at = now() where right(id, 1) in ('4', '5', '6')`,
  );
  await fill("approvals", "decision_reason", { place: "approval-answer", where: "status = 'decided'" });
  await fill("approvals", "decided_by", { place: "approval-by", as: "'operator:' || $", where: "status = 'decided'" });
}

async function fillRunners(client: pg.Client, fill: Filler): Promise<void> {
  await client.query(
    `update agentrun_runners set registered_at = now() - interval '1 hour', heartbeat_at = now(), lease_ms = 3600000, beat_count = 1,
       lease_epoch = 1, protocol_version = 1`,
  );
  await client.query(
    `update agentrun_runners set ended_at = now(), end_kind = 'lost', end_message = '' where right(id, 1) in ('2', '4', '6', '8')`,
  );
  await fill("runners", "placement", { place: "runner-placement" });
  for (const column of ["placement", "source_commit"])
    await fill("runners", column, { place: `one-runner-${column}`, where: `id = '${RUNNER_ID}'` });
  const order = "jsonb_build_object('at', now(), 'by', 'operator:' || $, 'reason', $)";
  await fill("runners", "metadata", {
    place: "one-runner-metadata",
    as: "jsonb_build_object('host', $, 'note', $)",
    where: `id = '${RUNNER_ID}'`,
  });
  await fill("runners", "kill", { place: "runner-kill", as: order, where: `id = '${RUNNER_ID}'` });
  await fill("runners", "end_message", { place: "runner-end", where: "ended_at is not null" });
}

/** Has a runner that holds a run be told to give it up. */
export async function orderDrain(client: pg.Client, runnerId: string): Promise<void> {
  await client.query(
    `update agentrun_runners set drain = jsonb_build_object('at', now(), 'by', 'operator:' || $1::text, 'reason', $1::text)
     where id = $2`,
    [allIn("runner-drain"), runnerId],
  );
}

/** Disabled, so that nothing is sent anywhere. */
async function fillWebhooks(client: pg.Client, fill: Filler): Promise<void> {
  await client.query(
    `insert into agentrun_webhooks (id, name, url, events, secret, is_enabled, disabled_reason, created_by)
     select id, id, 'https://203.0.113.9/', '{run.failed}', 'whsec_', false, '', 'operator:admin'
     from (select $1 as id union all select 'wh_' || n from generate_series(1, 40) n) ids`,
    [WEBHOOK_ID],
  );
  const own = `id = '${WEBHOOK_ID}'`;
  // No index has a name of all strings.
  await fill("webhooks", "name", { place: "webhook-name" });
  await fill("webhooks", "url", { place: "webhook-url", as: "'https://203.0.113.9/' || $", where: `not ${own}` });
  await fill("webhooks", "disabled_reason", { place: "webhook-reason", where: `not ${own}` });
  await fill("webhooks", "url", { place: "one-webhook-url", where: own });
  await fill("webhooks", "disabled_reason", { place: "one-webhook-reason", where: own });
  await fill("webhooks", "created_by", { place: "webhook-by", as: "'operator:' || $", where: own });
  await client.query(
    `insert into agentrun_webhook_deliveries (id, webhook_id, event, data, at, state)
     select 'whd_' || n, $1, 'task.failed', '{}', now(), 'failed' from generate_series(1, $2) n`,
    [WEBHOOK_ID, ROWS],
  );
  const tried = "jsonb_build_object('at', now(), 'tookMs', 1, 'status', null, 'error', $, 'text', $)";
  await fill("webhook_deliveries", "data", {
    place: "delivery-data",
    as: "jsonb_build_object('taskId', $, 'title', $)",
  });
  await fill("webhook_deliveries", "tries", { place: "delivery-error", as: `jsonb_build_array(${tried})` });
}

/** Paused, so that none adds anything. Their plans are read when they are told in words, and are what they are. */
async function fillSchedules(client: pg.Client, fill: Filler): Promise<void> {
  await client.query(
    `insert into agentrun_schedules
       (id, tenant_id, project_id, name, cron, time_zone, overlap, catch_up_ms, is_paused, task, last_due_at, created_by)
     select id, 'default', 'default', id, '0 9 * * *', 'UTC', 'skip', 0, true, '{}', '2026-01-01', 'operator:admin'
     from (select $1 as id union all select 'sch_' || n from generate_series(1, 40) n) ids`,
    [SCHEDULE_ID],
  );
  await client.query(
    `insert into agentrun_schedule_firings (schedule_id, due_at, fired_at, outcome, message)
     select id, last_due_at, last_due_at, 'refused', '' from agentrun_schedules`,
  );
  await client.query(
    `insert into agentrun_schedule_firings (schedule_id, due_at, fired_at, outcome, message)
     select $1, last_due_at - n * interval '1 hour', last_due_at, 'missed', ''
     from agentrun_schedules, generate_series(1, $2) n where id = $1`,
    [SCHEDULE_ID, ROWS - 1],
  );
  const own = `id = '${SCHEDULE_ID}'`;
  const task = `jsonb_build_object('title', $, 'backendProfile', $, 'queue', $, 'lane', $, 'sessionId', $,
    'payload', jsonb_build_object('text', $, $, $), 'metadata', jsonb_build_object($, $), 'references', jsonb_build_array($))`;
  // No index has a name of all strings.
  await fill("schedules", "name", { place: "schedule-name" });
  await fill("schedules", "time_zone", { place: "schedule-zone", where: `not ${own}` });
  await fill("schedules", "task", { place: "schedule-task", as: task, where: `not ${own}` });
  await fill("schedules", "time_zone", { place: "one-schedule-zone", where: own });
  await fill("schedules", "task", { place: "one-schedule-task", as: task, where: own });
  await fill("schedules", "created_by", { place: "schedule-by", as: "'operator:' || $", where: own });
  await fill("schedule_firings", "message", { place: "firing-message", where: `schedule_id <> '${SCHEDULE_ID}'` });
  await fill("schedule_firings", "message", {
    place: "one-firing-message",
    where: `schedule_id = '${SCHEDULE_ID}'`,
  });
}

/** Far from their limits, so that they hold nothing; one was raised, and of it sessions have their own. */
async function fillBudgets(client: pg.Client, fill: Filler): Promise<void> {
  await client.query(
    `insert into agentrun_budgets (id, tenant_id, project_id, backend_profile, name, period, unit, "limit", action, created_by)
     select id, 'default', id, id, id, case when id = $1 then 'session' else 'month' end, 'tokens', 1000000000, 'hold',
       'operator:admin'
     from (select $1 as id union all select 'bgt_' || n from generate_series(1, 40) n) ids`,
    [BUDGET_ID],
  );
  await client.query(
    `insert into agentrun_budget_periods (budget_id, key, session_id, raised_to, raised_by)
     select $1, session_id, session_id, 2000000000, 'operator:admin' from agentrun_sessions`,
    [BUDGET_ID],
  );
  const own = `id = '${BUDGET_ID}'`;
  // No index has a name of all strings.
  await fill("budgets", "name", { place: "budget-name" });
  await fill("budgets", "project_id", { place: "budget-project", where: `not ${own}` });
  await fill("budgets", "backend_profile", { place: "budget-profile", where: `not ${own}` });
  await fill("budgets", "project_id", { place: "one-budget-project", where: own });
  await fill("budgets", "backend_profile", { place: "one-budget-profile", where: own });
  await fill("budgets", "created_by", { place: "budget-by", as: "'operator:' || $", where: own });
  await fill("budget_periods", "raised_by", { place: "budget-raised", as: "'operator:' || $" });
}

async function fillRest(client: pg.Client, fill: Filler): Promise<void> {
  await client.query(`update agentrun_audit set at = now() - interval '1 minute'`);
  await fill("audit", "actor", { place: "audit-actor", as: "'operator:' || $" });
  await fill("audit", "action", { place: "audit-action" });
  await fill("audit", "target_id", { place: "audit-target" });
  await fill("audit", "details", {
    place: "audit-details",
    as: "jsonb_build_object('reason', $, $, jsonb_build_array($))",
  });
  await client.query(
    `insert into agentrun_bulk_actions (id, kind, action, filter, params, reason, state, total, done, unchanged, refused, created_by, ended_at)
     values ($1, 'session', 'pin', jsonb_build_object('search', $2::text), '{}', $3, 'completed', 50, 0, 0, 50, 'operator:' || $4::text, now())`,
    [BULK_ID, allIn("bulk-filter"), allIn("bulk-reason"), allIn("bulk-by")],
  );
  await client.query(
    `insert into agentrun_bulk_results (bulk_id, place, target_id, outcome, message)
     select $1, n, 'ses_' || lpad(n::text, 8, '0'), 'refused', '' from generate_series(1, 50) n`,
    [BULK_ID],
  );
  await fill("bulk_results", "message", { place: "bulk-refusal" });
  await client.query(
    `insert into agentrun_saved_views (id, owner, page, name, query, is_shared)
     select 'view_' || n, 'operator:' || n, 'sessions', n::text, 'state:all', true from generate_series(1, 20) n`,
  );
  await fill("saved_views", "name", { place: "view-name" });
  await fill("saved_views", "owner", { place: "view-owner", as: "'operator:' || $" });
  await client.query(
    `insert into agentrun_tokens (id, kind, hash, name, role) select 'tok_' || n, 'api', n::text, n::text, 'viewer' from generate_series(1, 20) n`,
  );
  await fill("tokens", "name", { place: "token-name", where: "kind = 'api'" });
  // Each of the three ways in which a profile is held up says something of its own.
  const probe =
    "jsonb_build_object('at', now(), 'isOk', false, 'latencyMs', 1, 'status', 500, 'message', $, 'models', jsonb_build_array($), 'failures', 3)";
  await client.query(
    `insert into agentrun_backends (profile, capabilities, capacity, health) values ('codex', '{}', '{}', '{}'), ('deepseek', '{}', '{}', '{}'), ('minimax-m3', '{}', '{}', '{}')
     on conflict (profile) do nothing`,
  );
  await fill("backends", "health", {
    place: "backend-health",
    where: "profile = 'deepseek'",
    as: "jsonb_build_object('status', 'limited', 'downUntil', now() + interval '1 day', 'message', $)",
  });
  await client.query(`update agentrun_backends set disabled_at = now() where profile = 'minimax-m3'`);
  await fill("backends", "disabled_reason", { place: "backend-disabled", where: "profile = 'minimax-m3'" });
  await fill("backends", "disabled_by", {
    place: "backend-by",
    where: "profile = 'minimax-m3'",
    as: "'operator:' || $",
  });
  // The worker writes both of them anew every few seconds.
  await keep(client, "loops", `failures := 3; new.failure := given; new.holder := given`, "loop-failure");
  await keep(client, "backends", `probe := ${probe.replaceAll("$", "given")}`, "backend-probe");
}

/** Has every write of a table leave these texts in it. */
async function keep(client: pg.Client, table: string, set: string, place: string): Promise<void> {
  await client.query(`create table hostile_${table} as select $1::text as text`, [allIn(place)]);
  await client.query(
    `create function hostile_${table}() returns trigger language plpgsql as $$
     declare given text := (select text from hostile_${table}); begin new.${set}; return new; end $$`,
  );
  const trigger = `create trigger hostile before insert or update on agentrun_${table}`;
  await client.query(`${trigger} for each row execute function hostile_${table}()`);
  await client.query(`alter table agentrun_${table} enable always trigger hostile`);
  const [column] = set.split(" ");
  await client.query(`update agentrun_${table} set ${column} = ${column}`);
}

/** What an agent named its files, pointed its links to and wrote. */
async function archiveFiles(client: pg.Client, dataDir: string): Promise<void> {
  const { sessionId, runId } = FAILED;
  const content = Buffer.from(allIn("file-text"));
  const bytes = gzipSync(content);
  const digest = sha256(bytes);
  const folder = path.join(dataDir, "archive", sha256(sessionId).slice(0, 32));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, digest), bytes);
  const part = { segment: digest, offset: 0, sizeBytes: content.length, sha256: sha256(content) };
  const file = { kind: "file", mode: 0o644, sizeBytes: content.length, sha256: part.sha256, parts: [part] };
  const name = (text: string) => `workspace/${text.replaceAll("/", "_")}`;
  const targets = spreadOver("file-target", 8);
  const entries = [
    { ...file, path: "workspace/text.txt" },
    ...spreadOver("file-name", 8).map((text) => ({ ...file, path: name(text) })),
    ...targets.map((target, index) => ({ kind: "link", path: `workspace/link-${index}`, target })),
  ];
  const omitted = spreadOver("file-omitted", 8).map((text) => ({ path: name(text), reason: "unreadable" }));
  await client.query(
    `insert into agentrun_archive_manifests (id, session_id, run_id, lease_epoch, manifest, size_bytes, files_count, sha256)
     values ('arc_hostile', $1, $2, 1, $3, 0, 0, '')`,
    [sessionId, runId, JSON.stringify({ entries, omitted, omittedCount: omitted.length })],
  );
  await client.query("insert into agentrun_archive_segments (session_id, sha256, stored_bytes) values ($1, $2, $3)", [
    sessionId,
    digest,
    bytes.length,
  ]);
  await client.query("update agentrun_sessions set archive_manifest_id = 'arc_hostile' where session_id = $1", [
    sessionId,
  ]);
}

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

/** Folders that no session names, and whoever wrote what stands beside them. */
async function leaveOrphans(dataDir: string): Promise<void> {
  const root = path.join(dataDir, "volumes");
  await mkdir(root, { recursive: true });
  for (const [index, text] of spreadOver("orphan-owner", 8).entries()) {
    const name = `agentrun-${String(index).repeat(32)}`;
    await mkdir(path.join(root, name));
    await writeFile(
      path.join(root, `.owner-${name}.json`),
      JSON.stringify({ sessionId: text, tenantId: text, projectId: text }),
    );
  }
}
