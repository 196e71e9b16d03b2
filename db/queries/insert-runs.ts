import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { executeNamed } from "./named";

type Json = Record<string, unknown>;

/** A run of a queue task with the turn that it begins with, and the events that tell of both: seq 1 and on. */
export type NewTaskRun = {
  runId: string;
  taskId: string;
  tenantId: string;
  projectId: string;
  sessionId: string;
  providerId: string;
  backendProfile: string;
  workspaceRef: Json;
  sessionRef: Json;
  resourceBundleRef: Json | null;
  executionPolicy: Json;
  /** For a session that has none. */
  title: string;
  commandId: string;
  payload: Json;
  payloadHash: string;
  events: { id: string; type: string; payload: Json }[];
};

/**
 * Inserts runs, their turns and events, and shows the turns on their sessions, which are locked or new: one statement
 * of one form, however many. Building the same by rows of parameters took longer than PostgreSQL did.
 */
export async function insertTaskRuns(tx: Tx, made: NewTaskRun[]): Promise<void> {
  await executeNamed(
    tx,
    sql`
    with made as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(made)}::jsonb) as made (
        "runId" text, "taskId" text, "tenantId" text, "projectId" text, "sessionId" text, "providerId" text,
        "backendProfile" text, "workspaceRef" jsonb, "sessionRef" jsonb, "resourceBundleRef" jsonb,
        "executionPolicy" jsonb, title text, "commandId" text, payload jsonb, "payloadHash" text, events jsonb)
    ), new_runs as (
      insert into agentrun_runs (id, task_id, tenant_id, project_id, session_id, provider_id, backend_profile,
        workspace_ref, session_ref, resource_bundle_ref, execution_policy, status, last_command_seq, last_event_seq)
      select "runId", "taskId", "tenantId", "projectId", "sessionId", "providerId", "backendProfile", "workspaceRef",
        "sessionRef", nullif("resourceBundleRef", 'null'), "executionPolicy", 'pending', 1, jsonb_array_length(events)
      from made
    ), new_commands as (
      insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state)
      select "commandId", "runId", 1, 'turn', payload, "payloadHash", 'pending' from made
    ), new_events as (
      insert into agentrun_events (id, run_id, seq, type, payload)
      select event.value->>'id', "runId", event.seq, event.value->>'type', event.value->'payload'
      from made cross join lateral jsonb_array_elements(events) with ordinality as event (value, seq)
    )
    update agentrun_sessions session set
      execution_state = 'running', last_run_id = made."runId", active_run_id = made."runId",
      last_command_id = made."commandId", active_command_id = made."commandId", terminal_status = null,
      failure_kind = null, title = coalesce(session.title, made.title), last_activity_at = clock_timestamp(),
      storage_state = case when session.storage_state = 'archiving' then 'live' else session.storage_state end
    from made where session.session_id = made."sessionId"`,
  );
}
