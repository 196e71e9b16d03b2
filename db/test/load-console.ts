import type pg from "pg";

export type ConsoleLoad = {
  /** Each with a run that has ended; every hundredth failed. */
  sessions: number;
  eventsPerRun: number;
  /** Events of `run_long`, which belongs to `ses_long`. */
  longRunEvents: number;
  /** Approvals that wait for a person, each of a run of its own. */
  approvals: number;
  audit: number;
  runners: number;
};

/** The session made first, which stands at the end of every list. */
export const OLDEST = { sessionId: "ses_00000001", title: "Mend the thing number 1", runId: "run_00000001" };

/** Fills the console's tables as after a long life, without the cost of creating each row separately. */
export async function loadConsole(client: pg.Client, load: ConsoleLoad): Promise<void> {
  await client.query("set statement_timeout = 0");
  await client.query("set session_replication_role = replica");
  await client.query(
    `insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, version, execution_state,
       storage_kind, storage_state, storage_evicted_at, storage_size_bytes, storage_files_count, created_at, updated_at, change_xid)
     select 'ses_' || lpad(n::text, 8, '0'), 'default', 'project_' || n % 20,
       case when n % 4 = 0 then 'deepseek' else 'codex' end, 'Mend the thing number ' || n, n, 'terminal',
       'pvc', case when n % 2 = 0 then 'evicted' else 'live' end, case when n % 2 = 0 then now() - interval '3 days' end,
       n * 1000, n, ${createdAtSql("n")}, ${createdAtSql("n")}, '1'
     from generate_series(1, $1::int) n`,
    [load.sessions],
  );
  await client.query(
    `insert into agentrun_runs (id, tenant_id, project_id, session_id, session_ref, workspace_ref, provider_id, backend_profile,
       execution_policy, status, terminal_status, failure_kind, failure_message, last_event_seq, attempt_count, version,
       change_xid, started_at, created_at, updated_at)
     select 'run_' || lpad(n::text, 8, '0'), 'default', 'project_' || n % 20, 'ses_' || lpad(n::text, 8, '0'),
       jsonb_build_object('sessionId', 'ses_' || lpad(n::text, 8, '0')), '{}', 'default',
       case when n % 4 = 0 then 'deepseek' else 'codex' end, '{}', case when n % 100 = 0 then 'failed' else 'completed' end,
       case when n % 100 = 0 then 'failed' else 'completed' end, case when n % 100 = 0 then 'timeout' end,
       case when n % 100 = 0 then 'It took too long.' end, $2::int, 1, n, '1', ${createdAtSql("n")}, ${createdAtSql("n")}, ${createdAtSql("n")}
     from generate_series(1, $1::int) n`,
    [load.sessions, load.eventsPerRun],
  );
  await client.query(
    `insert into agentrun_events (id, run_id, seq, type, payload)
     select 'evt_' || n || '_' || seq, 'run_' || lpad(n::text, 8, '0'), seq, 'assistant_message',
       jsonb_build_object('itemId', 'item_' || seq, 'text', 'What the agent said, line ' || seq)
     from generate_series(1, $1::int) n, generate_series(1, $2::int) seq`,
    [load.sessions, load.eventsPerRun],
  );
  await client.query(
    `insert into agentrun_approvals (id, tenant_id, project_id, run_id, session_id, lease_epoch, request_key, kind, command,
       cwd, policy, created_at, updated_at)
     select 'apr_' || lpad(n::text, 8, '0'), 'default', 'project_1', 'run_' || lpad(n::text, 8, '0'),
       'ses_' || lpad(n::text, 8, '0'), 1, 'key_' || n, 'command', 'rm -rf build/' || n, '/workspace', '{}', ${createdAtSql("n")}, ${createdAtSql("n")}
     from generate_series(1, $1::int) n`,
    [load.approvals],
  );
  await client.query(
    `insert into agentrun_audit (id, actor, action, target_kind, target_id, tenant_id, at)
     select 'aud_' || lpad(n::text, 8, '0'), 'operator:ann', 'session.update', 'session', 'ses_' || lpad(n::text, 8, '0'),
       'default', ${createdAtSql("n")} from generate_series(1, $1::int) n`,
    [load.audit],
  );
  await client.query(
    `insert into agentrun_runners (id, run_id, backend_profile, tenant_id, registered_at, heartbeat_at)
     select 'rnr_' || lpad(n::text, 8, '0'), 'run_' || lpad(n::text, 8, '0'), 'codex', 'default', ${createdAtSql("n")}, ${createdAtSql("n")}
     from generate_series(1, $1::int) n`,
    [load.runners],
  );
  await loadLongSession(client, load.longRunEvents);
  await client.query("select setval('agentrun_session_version_seq', $1), setval('agentrun_run_version_seq', $1)", [
    load.sessions,
  ]);
  await client.query("set session_replication_role = origin");
  await client.query("vacuum analyze");
}

/** The creation time of row n: the smaller n is, the older the row. */
function createdAtSql(n: string): string {
  return `now() - interval '400 days' + ${n} * interval '30 seconds'`;
}

async function loadLongSession(client: pg.Client, events: number): Promise<void> {
  if (events === 0) return;
  await client.query(
    `insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, version, execution_state, change_xid)
     values ('ses_long', 'default', 'project_long', 'codex', 'A long life', 0, 'terminal', '1')`,
  );
  await client.query(
    `insert into agentrun_runs (id, tenant_id, project_id, session_id, session_ref, workspace_ref, provider_id, backend_profile,
       execution_policy, status, terminal_status, last_event_seq, attempt_count, version, change_xid)
     values ('run_long', 'default', 'project_long', 'ses_long', '{"sessionId":"ses_long"}', '{}', 'default', 'codex', '{}',
       'completed', 'completed', $1, 1, 0, '1')`,
    [events],
  );
  await client.query(
    `insert into agentrun_events (id, run_id, seq, type, payload)
     select 'evt_long_' || seq, 'run_long', seq,
       (array['assistant_message','tool_call','command_output','reasoning'])[1 + seq % 4],
       jsonb_build_object('itemId', 'item_' || seq, 'text', 'Line ' || seq || ' of a long life', 'command', 'make part-' || seq)
     from generate_series(1, $1::int) seq`,
    [events],
  );
}
