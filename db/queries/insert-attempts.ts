import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { executeNamed } from "./named";
import { textArray } from "./queue-dispatch";

export type NewAttempt = { taskId: string; runId: string; commandId: string; sessionId: string; auditId: string };

/**
 * Makes the runs of some locked tasks their attempts under way, with a row of audit for each: one statement, since each
 * way to the server and back holds up every other dispatch.
 */
export async function insertAttempts(tx: Tx, attempts: NewAttempt[], actor: string): Promise<void> {
  const column = (key: keyof NewAttempt) => textArray(attempts.map((attempt) => attempt[key]));
  await executeNamed(
    tx,
    sql`
    with started as materialized (
      select made.*, task.attempt_count + 1 as attempt, task.tenant_id, task.project_id, task.queue, task.lane,
        task.ready_at, clock_timestamp() as at
      from unnest(${column("taskId")}, ${column("runId")}, ${column("commandId")}, ${column("sessionId")},
        ${column("auditId")}) as made (task_id, run_id, command_id, session_id, audit_id)
      join agentrun_queue_tasks task on task.id = made.task_id
    ), attempted as (
      insert into agentrun_queue_attempts (task_id, attempt, tenant_id, project_id, queue, lane, run_id, session_id,
        command_id, state, ready_at, dispatched_at)
      select task_id, attempt, tenant_id, project_id, queue, lane, run_id, session_id, command_id, 'dispatched', ready_at, at
      from started
    ), audited as (
      insert into agentrun_audit (id, actor, action, tenant_id, target_kind, target_id, details)
      select audit_id, ${actor}, 'queue.dispatch', tenant_id, 'task', task_id,
        jsonb_build_object('runId', run_id, 'attempt', attempt)
      from started
    )
    update agentrun_queue_tasks task set
      state = 'dispatched', attempt_count = started.attempt, run_id = started.run_id, session_id = started.session_id,
      session_path = '/sessions/' || started.session_id, failure_kind = null, failure_message = null,
      latest_attempt = jsonb_build_object('attempt', started.attempt, 'runId', started.run_id,
        'commandId', started.command_id, 'sessionId', started.session_id, 'state', 'dispatched',
        'dispatchedAt', to_char(started.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    from started where task.id = started.task_id`,
  );
}
