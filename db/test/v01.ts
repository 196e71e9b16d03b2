import type pg from "pg";

/** Times that every writer of v0.1 set itself. None of its documents says whether the columns have defaults as well. */
const V01_TIMES: Record<string, readonly string[]> = {
  agentrun_runs: ["created_at", "updated_at"],
  agentrun_commands: ["created_at", "updated_at"],
  agentrun_events: ["created_at"],
  agentrun_runners: ["registered_at", "heartbeat_at"],
  agentrun_backends: ["updated_at"],
  agentrun_leases: ["updated_at"],
  agentrun_sessions: ["created_at", "updated_at"],
  agentrun_session_read_cursors: ["read_at"],
  agentrun_runner_jobs: ["created_at", "updated_at"],
  agentrun_queue_tasks: ["created_at", "updated_at"],
  agentrun_queue_read_cursors: ["read_at"],
};

/** Drops the defaults of these times from a database that v0.1 left, or from one that was adopted. */
export async function dropTimeDefaults(client: Pick<pg.Client, "query">): Promise<void> {
  for (const [table, columns] of Object.entries(V01_TIMES))
    for (const column of columns) await client.query(`ALTER TABLE ${table} ALTER COLUMN ${column} DROP DEFAULT`);
}

/**
 * Builds a database as v0.1 left it at its migration 007, written by hand from v0.1's documents. Its constraints have
 * other names than ours, its migrations other texts. Its rows hold what only v0.1 wrote: JSON null where none is meant,
 * empty refs, unknown event types, versions above their sequences, and two claimed runs of one session.
 */
export async function buildV01Database(client: Pick<pg.Client, "query">): Promise<void> {
  await client.query(DDL);
  for (const [id, checksum] of Object.entries(V01_CHECKSUMS)) {
    await client.query("INSERT INTO agentrun_schema_migrations (id, checksum) VALUES ($1, $2)", [id, checksum]);
  }
  await client.query(ROWS);
}

/** Checksums of texts that no longer exist. */
export const V01_CHECKSUMS: Record<string, string> = {
  "001_v01_initial_durable_store": "1".repeat(64),
  "002_v01_backend_profiles": "2".repeat(64),
  "003_v01_hwlab_manual_dispatch": "3".repeat(64),
  "004_v01_queue_q1": "4".repeat(64),
  "005_v01_minimax_m3_backend_profile": "5".repeat(64),
  "006_v01_session_control": "6".repeat(64),
  "007_v01_session_state_storage": "7".repeat(64),
};

/** Every table of v0.1; each has rows. */
export const V01_TABLES = [
  "schema_migrations",
  "runs",
  "commands",
  "events",
  "runners",
  "backends",
  "leases",
  "sessions",
  "session_read_cursors",
  "runner_jobs",
  "queue_tasks",
  "queue_read_cursors",
].map((name) => `agentrun_${name}`);

const DDL = `
CREATE TABLE agentrun_schema_migrations (
  id text CONSTRAINT v01_migrations_key PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE agentrun_runs (
  id text CONSTRAINT v01_runs_key PRIMARY KEY, tenant_id text NOT NULL, project_id text NOT NULL, workspace_ref jsonb NOT NULL,
  session_ref jsonb, resource_bundle_ref jsonb, provider_id text NOT NULL, backend_profile text NOT NULL,
  execution_policy jsonb NOT NULL, trace_sink jsonb, status text NOT NULL, terminal_status text, failure_kind text,
  failure_message text, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  claimed_by text, lease_expires_at timestamptz);
CREATE INDEX agentrun_runs_status_idx ON agentrun_runs (status, updated_at);
CREATE INDEX agentrun_runs_session_idx ON agentrun_runs ((session_ref->>'sessionId'), updated_at DESC);
CREATE TABLE agentrun_commands (
  id text CONSTRAINT v01_commands_key PRIMARY KEY,
  run_id text NOT NULL CONSTRAINT v01_commands_run REFERENCES agentrun_runs (id) ON DELETE CASCADE,
  seq integer NOT NULL, type text NOT NULL, payload jsonb NOT NULL, payload_hash text NOT NULL, idempotency_key text,
  state text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  acknowledged_at timestamptz, CONSTRAINT v01_commands_seq UNIQUE (run_id, seq));
CREATE UNIQUE INDEX agentrun_commands_run_idempotency_key_idx ON agentrun_commands (run_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX agentrun_commands_run_seq_idx ON agentrun_commands (run_id, seq);
CREATE TABLE agentrun_events (
  id text CONSTRAINT v01_events_key PRIMARY KEY,
  run_id text NOT NULL CONSTRAINT v01_events_run REFERENCES agentrun_runs (id) ON DELETE CASCADE,
  seq integer NOT NULL, type text NOT NULL, payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT v01_events_seq UNIQUE (run_id, seq));
CREATE INDEX agentrun_events_run_seq_idx ON agentrun_events (run_id, seq);
CREATE TABLE agentrun_runners (
  id text CONSTRAINT v01_runners_key PRIMARY KEY, run_id text, attempt_id text, backend_profile text, placement text,
  source_commit text, metadata jsonb NOT NULL DEFAULT '{}', registered_at timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE agentrun_backends (
  profile text CONSTRAINT v01_backends_key PRIMARY KEY, capabilities jsonb NOT NULL, capacity jsonb NOT NULL,
  health jsonb NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE agentrun_leases (
  run_id text CONSTRAINT v01_leases_key PRIMARY KEY CONSTRAINT v01_leases_run REFERENCES agentrun_runs (id) ON DELETE CASCADE,
  runner_id text NOT NULL, lease_expires_at timestamptz NOT NULL, stale_recovery_marker jsonb,
  updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX agentrun_leases_expiry_idx ON agentrun_leases (lease_expires_at);
CREATE SEQUENCE agentrun_session_version_seq;
CREATE SEQUENCE agentrun_queue_version_seq;
CREATE TABLE agentrun_sessions (
  session_id text CONSTRAINT v01_sessions_key PRIMARY KEY, tenant_id text NOT NULL, project_id text NOT NULL,
  backend_profile text NOT NULL, conversation_id text, thread_id text, metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz,
  version bigint NOT NULL DEFAULT 1, execution_state text NOT NULL DEFAULT 'idle', last_run_id text, last_command_id text,
  active_run_id text, active_command_id text, last_event_seq integer NOT NULL DEFAULT 0, terminal_status text,
  failure_kind text, title text, summary jsonb NOT NULL DEFAULT '{}', last_activity_at timestamptz,
  storage_kind text NOT NULL DEFAULT 'none', storage_pvc_name text, storage_namespace text, storage_size_bytes bigint,
  storage_files_count integer, storage_sha256 text, storage_updated_at timestamptz,
  codex_rollout_subdir text NOT NULL DEFAULT 'sessions', storage_pvc_phase text, storage_evicted_at timestamptz);
CREATE INDEX agentrun_sessions_tenant_project_idx ON agentrun_sessions (tenant_id, project_id, backend_profile, updated_at);
CREATE INDEX agentrun_sessions_control_idx ON agentrun_sessions (execution_state, backend_profile, updated_at DESC);
CREATE INDEX agentrun_sessions_version_idx ON agentrun_sessions (version, updated_at DESC);
CREATE INDEX agentrun_sessions_storage_pvc_idx ON agentrun_sessions (storage_pvc_name) WHERE storage_pvc_name IS NOT NULL;
CREATE INDEX agentrun_sessions_storage_kind_idx ON agentrun_sessions (storage_kind, expires_at);
CREATE TABLE agentrun_session_read_cursors (
  session_id text NOT NULL CONSTRAINT v01_reads_session REFERENCES agentrun_sessions (session_id) ON DELETE CASCADE,
  reader_id text NOT NULL, session_version bigint NOT NULL, read_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT v01_reads_key PRIMARY KEY (session_id, reader_id));
CREATE TABLE agentrun_runner_jobs (
  id text CONSTRAINT v01_jobs_key PRIMARY KEY,
  run_id text NOT NULL CONSTRAINT v01_jobs_run REFERENCES agentrun_runs (id) ON DELETE CASCADE,
  command_id text NOT NULL CONSTRAINT v01_jobs_command REFERENCES agentrun_commands (id) ON DELETE CASCADE,
  idempotency_key text, payload_hash text NOT NULL, attempt_id text NOT NULL, runner_id text NOT NULL,
  namespace text NOT NULL, job_name text NOT NULL, manager_url text NOT NULL, image text NOT NULL,
  source_commit text NOT NULL, service_account_name text, result jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX agentrun_runner_jobs_run_idempotency_key_idx ON agentrun_runner_jobs (run_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX agentrun_runner_jobs_run_command_idx ON agentrun_runner_jobs (run_id, command_id, created_at);
CREATE TABLE agentrun_queue_tasks (
  id text CONSTRAINT v01_tasks_key PRIMARY KEY, tenant_id text NOT NULL, project_id text NOT NULL, queue text NOT NULL,
  lane text NOT NULL, title text NOT NULL, priority integer NOT NULL, state text NOT NULL, version bigint NOT NULL,
  backend_profile text NOT NULL, provider_id text, workspace_ref jsonb, execution_policy jsonb, resource_bundle_ref jsonb,
  payload jsonb NOT NULL, payload_hash text NOT NULL, references_json jsonb NOT NULL DEFAULT '[]',
  metadata jsonb NOT NULL DEFAULT '{}', idempotency_key text, latest_attempt jsonb, session_path text,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  cancelled_at timestamptz, cancel_reason text);
CREATE UNIQUE INDEX agentrun_queue_tasks_idempotency_idx ON agentrun_queue_tasks (tenant_id, project_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX agentrun_queue_tasks_list_idx ON agentrun_queue_tasks (queue, state, version, priority, created_at);
CREATE INDEX agentrun_queue_tasks_updated_idx ON agentrun_queue_tasks (version, updated_at);
CREATE TABLE agentrun_queue_read_cursors (
  task_id text NOT NULL CONSTRAINT v01_task_reads_task REFERENCES agentrun_queue_tasks (id) ON DELETE CASCADE,
  reader_id text NOT NULL, task_version bigint NOT NULL, read_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT v01_task_reads_key PRIMARY KEY (task_id, reader_id));
`;

const CODEX = `'{"command":"codex app-server --listen stdio://","protocol":"codex-app-server-jsonrpc-stdio","transport":"stdio"}'`;
const CAPACITY = `'{"mode":"manual-runner-v0.1"}'`;
const HEALTH = `'{"status":"registered"}'`;

const ROWS = `
INSERT INTO agentrun_backends (profile, capabilities, capacity, health) VALUES
  ('codex', ${CODEX}, ${CAPACITY}, ${HEALTH}), ('deepseek', ${CODEX}, ${CAPACITY}, ${HEALTH}), ('minimax-m3', ${CODEX}, ${CAPACITY}, ${HEALTH});
INSERT INTO agentrun_sessions (session_id, tenant_id, project_id, backend_profile, conversation_id, thread_id, metadata,
  version, execution_state, last_run_id, last_command_id, active_run_id, active_command_id, last_event_seq, title, summary,
  storage_kind, storage_pvc_name, storage_namespace, storage_size_bytes, storage_files_count, storage_sha256,
  storage_updated_at, storage_pvc_phase, storage_evicted_at, codex_rollout_subdir, updated_at) VALUES
  ('Old Session/1', 'hwlab', 'p1', 'codex', 'conv-1', 'thread-1', 'null', 900, 'running', 'run_new', 'cmd_2', 'run_new', 'cmd_2',
   4, 'First', '{}', 'pvc', 'agentrun-v01-session-1', 'agentrun', 4096, 3, '${"c".repeat(64)}', '2026-01-02T00:00:00Z', 'Bound', NULL,
   'sessions', '2026-01-02T00:00:00.123456Z'),
  ('ses_evicted', 'hwlab', 'p1', 'codex', NULL, NULL, '{"a":1}', 12, 'terminal', 'run_done', NULL, NULL, NULL, 2, NULL, 'null',
   'evicted', 'agentrun-v01-session-2', 'agentrun', 10, 1, '${"d".repeat(64)}', '2026-01-01T00:00:00Z', NULL, now(), 'rollouts', now()),
  ('ses_none', 'other', 'p2', 'deepseek', NULL, NULL, '{}', 1, 'idle', NULL, NULL, NULL, NULL, 0, NULL, '{}',
   'none', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'sessions', now());
INSERT INTO agentrun_runs (id, tenant_id, project_id, workspace_ref, session_ref, resource_bundle_ref, provider_id,
  backend_profile, execution_policy, trace_sink, status, terminal_status, failure_kind, failure_message, claimed_by,
  lease_expires_at, updated_at) VALUES
  ('run_old', 'hwlab', 'p1', '{}', '{"sessionId":"Old Session/1"}', 'null', 'prov', 'codex', '{}', 'null', 'claimed', NULL, NULL, NULL,
   'runner_1', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'),
  ('run_new', 'hwlab', 'p1', '{"repo":"git@example.com:x"}', '{"sessionId":"Old Session/1","threadId":"thread-1","metadata":{"k":1}}', '{}',
   'prov', 'codex', '{"sandbox":"workspace-write","timeoutMs":5}', NULL, 'claimed', NULL, NULL, NULL, 'runner_2', now() + interval '1 hour', '2026-01-02T00:00:00Z'),
  ('run_done', 'hwlab', 'p1', '{}', '{"sessionId":"ses_evicted"}', NULL, 'prov', 'codex', '{}', '{"url":"x"}', 'failed', 'failed', 'infra-failed', 'gone', 'runner_1', NULL, now()),
  ('run_bare', 'other', 'p2', '{}', 'null', NULL, 'prov', 'deepseek', '{}', NULL, 'pending', NULL, NULL, NULL, NULL, NULL, now());
INSERT INTO agentrun_leases (run_id, runner_id, lease_expires_at, stale_recovery_marker) VALUES
  ('run_old', 'runner_1', '2026-01-01T00:00:00Z', '{"was":"stale"}'), ('run_new', 'runner_2', now() + interval '1 hour', 'null'),
  ('run_done', 'runner_1', '2026-01-01T00:00:00Z', NULL);
INSERT INTO agentrun_commands (id, run_id, seq, type, payload, payload_hash, idempotency_key, state, acknowledged_at) VALUES
  ('cmd_1', 'run_new', 1, 'turn', '{"text":"one"}', 'v01-hash', 'key-1', 'completed', now()),
  ('cmd_2', 'run_new', 2, 'turn', '{"text":"two","prompt":"x"}', 'v01-hash', NULL, 'acknowledged', now()),
  ('cmd_3', 'run_bare', 1, 'turn', '{}', 'v01-hash', 'key-1', 'pending', NULL);
INSERT INTO agentrun_events (id, run_id, seq, type, payload) VALUES
  ('evt_1', 'run_new', 1, 'backend_status', '{"phase":"run-created"}'), ('evt_2', 'run_new', 2, 'hwlab_probe', '{"odd":[1,2]}'),
  ('evt_3', 'run_new', 3, 'assistant_message', '{}'), ('evt_4', 'run_new', 4, 'user_message', 'null'),
  ('evt_5', 'run_done', 1, 'error', '{"message":"x"}'), ('evt_6', 'run_done', 2, 'terminal_status', '{"terminalStatus":"failed"}');
INSERT INTO agentrun_runners (id, run_id, attempt_id, backend_profile, placement, source_commit, metadata) VALUES
  ('runner_1', 'run_old', 'att-1', 'codex', 'kubernetes', 'abc', '{"pod":"p"}'), ('runner_2', NULL, NULL, NULL, NULL, NULL, 'null');
INSERT INTO agentrun_session_read_cursors (session_id, reader_id, session_version) VALUES
  ('Old Session/1', 'ann', 950), ('ses_evicted', 'ann', 3);
INSERT INTO agentrun_runner_jobs (id, run_id, command_id, idempotency_key, payload_hash, attempt_id, runner_id, namespace,
  job_name, manager_url, image, source_commit, service_account_name, result) VALUES
  ('rjob_1', 'run_new', 'cmd_1', 'key-1', 'v01-hash', 'att-1', 'runner_2', 'agentrun', 'job-1', 'http://manager', 'image:1', 'abc', NULL, '{"created":true}'),
  ('rjob_2', 'run_new', 'cmd_2', NULL, 'v01-hash', 'att-1', 'runner_2', 'agentrun', 'job-2', 'http://manager', 'image:1', 'abc', 'agent', 'null');
INSERT INTO agentrun_queue_tasks (id, tenant_id, project_id, queue, lane, title, priority, state, version, backend_profile,
  provider_id, workspace_ref, execution_policy, resource_bundle_ref, payload, payload_hash, references_json, metadata,
  idempotency_key, latest_attempt, session_path, cancelled_at, cancel_reason) VALUES
  ('qt_1', 'hwlab', 'p1', 'q', 'fast', 'Task one', 5, 'running', 700, 'codex', 'prov', '{}', 'null', NULL, '{"text":"do"}', 'v01-hash',
   '[{"kind":"issue"}]', '{"m":1}', 'task-key', '{"attemptId":"att-9","runId":"run_new"}', '/s/1', NULL, NULL),
  ('qt_2', 'hwlab', 'p1', 'q', 'slow', 'Task two', -1, 'cancelled', 3, 'codex', NULL, NULL, NULL, NULL, '{}', 'v01-hash', 'null', 'null',
   NULL, 'null', NULL, now(), 'no longer needed');
INSERT INTO agentrun_queue_read_cursors (task_id, reader_id, task_version) VALUES ('qt_1', 'ann', 720), ('qt_2', 'bob', 3);
SELECT setval('agentrun_session_version_seq', 5), setval('agentrun_queue_version_seq', 5);
`;
