import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { volumeKeys } from "@/db/queries/advisory-lock";
import { textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";
import type { Lane } from "./dispatch";

type Json = Record<string, unknown>;

/** A session created with its first run. Its volume is made after the commit. */
export type NewTaskSession = { payloadHash: string; storagePvcName: string; auditId: string };
/** A run of a locked queue task with its first turn and the events that report both, from seq 1. */
export type NewTaskRun = {
  runId: string;
  taskId: string;
  tenantId: string;
  projectId: string;
  sessionId: string;
  /** null: the session exists, and is locked. */
  newSession: NewTaskSession | null;
  providerId: string;
  backendProfile: string;
  workspaceRef: Json;
  sessionRef: Json;
  resourceBundleRef: Json | null;
  executionPolicy: Json;
  /** The title for a session that has none. */
  title: string;
  commandId: string;
  payload: Json;
  payloadHash: string;
  auditId: string;
  events: { id: string; type: string; payload: Json }[];
};

/**
 * Makes runs of locked tasks: missing sessions, runs, turns, events, attempts and audit rows, however many, in one
 * statement, because each round trip holds up every other dispatch. A new session is inserted in the state of a running
 * turn, and new rows are stamped here: every further version of a row would be written to all indexes, and calling a
 * trigger costs more than an index. Returns the tasks that were started; a task whose session somebody else has just
 * created is left as it is. `served` are the lanes that were looked at.
 */
export async function startTaskRuns(
  tx: Tx,
  made: NewTaskRun[],
  { actor, served }: { actor: string; served: Lane[] },
): Promise<string[]> {
  const names = made.flatMap(({ newSession }) => newSession?.storagePvcName ?? []);
  const lanes = (key: keyof Lane) => textArray(served.map((lane) => lane[key]));
  const rows = await executeNamed<{ taskId: string }>(
    tx,
    sql`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as given (
        "runId" text, "taskId" text, "tenantId" text, "projectId" text, "sessionId" text, "newSession" jsonb,
        "providerId" text, "backendProfile" text, "workspaceRef" jsonb, "sessionRef" jsonb, "resourceBundleRef" jsonb,
        "executionPolicy" jsonb, title text, "commandId" text, payload jsonb, "payloadHash" text, "auditId" text,
        events jsonb)
    ), volume_keys as materialized (
      select count(pg_advisory_xact_lock_shared(key)) as held from unnest(${sql.param(volumeKeys(names))}::bigint[]) as key
    ), new_sessions as (
      insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, title, payload_hash,
        storage_kind, storage_state, storage_pvc_name, execution_state, last_run_id, active_run_id, last_command_id,
        active_command_id, last_activity_at, updated_at, change_xid, version)
      select "sessionId", "tenantId", "projectId", "backendProfile", title, "newSession"->>'payloadHash',
        'pvc', 'creating', "newSession"->>'storagePvcName', 'running', "runId", "runId", "commandId", "commandId",
        clock_timestamp(), clock_timestamp(), pg_current_xact_id(), nextval('agentrun_session_version_seq')
      from given where "newSession"->>'auditId' is not null and (select held from volume_keys) >= 0
      order by "sessionId"
      on conflict (session_id) do nothing
      returning session_id
    ), old_sessions as (
      update agentrun_sessions session set
        execution_state = 'running', last_run_id = given."runId", active_run_id = given."runId",
        last_command_id = given."commandId", active_command_id = given."commandId", terminal_status = null,
        failure_kind = null, title = coalesce(session.title, given.title), last_activity_at = clock_timestamp(),
        storage_state = case when session.storage_state = 'archiving' then 'live' else session.storage_state end
      from given where session.session_id = given."sessionId" and given."newSession"->>'auditId' is null
      returning session.session_id
    ), started as materialized (
      select given.*, task.attempt_count + 1 as attempt, task.queue, task.lane, task.ready_at, clock_timestamp() as at
      from given join agentrun_queue_tasks task on task.id = given."taskId"
      where given."sessionId" in (select session_id from new_sessions union all select session_id from old_sessions)
    ), new_runs as (
      insert into agentrun_runs (id, task_id, tenant_id, project_id, session_id, provider_id, backend_profile,
        workspace_ref, session_ref, resource_bundle_ref, execution_policy, status, last_command_seq, last_event_seq,
        change_xid, version)
      select "runId", "taskId", "tenantId", "projectId", "sessionId", "providerId", "backendProfile", "workspaceRef",
        "sessionRef", nullif("resourceBundleRef", 'null'), "executionPolicy", 'pending', 1, jsonb_array_length(events),
        pg_current_xact_id(), nextval('agentrun_run_version_seq')
      from started
    ), new_commands as (
      insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state)
      select "commandId", "runId", 1, 'turn', payload, "payloadHash", 'pending' from started
    ), new_events as (
      insert into agentrun_events (id, run_id, seq, type, payload)
      select event.value->>'id', "runId", event.seq, event.value->>'type', event.value->'payload'
      from started cross join lateral jsonb_array_elements(events) with ordinality as event (value, seq)
    ), attempts as (
      insert into agentrun_queue_attempts (task_id, attempt, tenant_id, project_id, queue, lane, run_id, session_id,
        command_id, state, ready_at, dispatched_at)
      select "taskId", attempt, "tenantId", "projectId", queue, lane, "runId", "sessionId", "commandId", 'dispatched',
        ready_at, at
      from started
    ), audited as (
      insert into agentrun_audit (id, actor, action, tenant_id, target_kind, target_id, details)
      select "newSession"->>'auditId', ${actor}, 'sessions.create', "tenantId", 'session', "sessionId", '{}'
      from started where "newSession"->>'auditId' is not null
      union all
      select "auditId", ${actor}, 'queue.dispatch', "tenantId", 'task', "taskId",
        jsonb_build_object('runId', "runId", 'attempt', attempt)
      from started
    ), served as (
      insert into agentrun_queue_lanes_served (tenant_id, queue, lane, served_at)
      select tenant_id, queue, lane, (select clock_timestamp())
      from unnest(${lanes("tenantId")}, ${lanes("queue")}, ${lanes("lane")}) as served (tenant_id, queue, lane)
      group by tenant_id, queue, lane order by tenant_id, queue, lane
      on conflict (tenant_id, queue, lane) do update set served_at = excluded.served_at
    )
    update agentrun_queue_tasks task set
      state = 'dispatched', attempt_count = started.attempt, run_id = started."runId", session_id = started."sessionId",
      session_path = '/sessions/' || started."sessionId", failure_kind = null, failure_message = null,
      latest_attempt = jsonb_build_object('attempt', started.attempt, 'runId', started."runId",
        'commandId', started."commandId", 'sessionId', started."sessionId", 'state', 'dispatched',
        'dispatchedAt', to_char(started.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    from started where task.id = started."taskId"
    returning task.id as "taskId"`,
  );
  return rows.map(({ taskId }) => taskId);
}
