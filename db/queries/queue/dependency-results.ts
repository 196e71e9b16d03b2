import { sql } from "drizzle-orm";
import { RESULT_MAX } from "@/contract/dependency-result";
import type { TaskState } from "@/contract/queue";
import type { Db, Tx } from "@/db/client";
import { textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";

/** A task that has dependents, and what it found out. `text` is the beginning of that, `length` characters of all of it. */
export type FoundResult = {
  /** Of the tasks that were asked for, those that come after it; `place`: where it stands among theirs. */
  dependents: { taskId: string; place: number | null }[];
  id: string;
  title: string;
  idempotencyKey: string | null;
  state: TaskState;
  failureKind: string | null;
  sessionId: string | null;
  kind: "output" | "message" | "failure" | null;
  text: string | null;
  length: number;
};

/** How many of a run's newest events are searched for its agent's last message: sub-agents' events may follow it. */
const NEWEST = sql.raw("5000");
const CUT = sql.raw(String(RESULT_MAX));

/**
 * What those found out that some tasks come after, each once however many come after it, the oldest first. Of a task that is
 * completed it is the answer of its last attempt; a run's events are read from their end, and no text is read whole.
 * Nothing of another tenant's, whatever comes after whom.
 */
export function readDependencyResults(db: Db | Tx, taskIds: string[]): Promise<FoundResult[]> {
  return executeNamed<FoundResult>(
    db,
    sql`
    select known.dependents, dependency.id, dependency.title, dependency.idempotency_key as "idempotencyKey",
      dependency.state, dependency.failure_kind as "failureKind", dependency.session_id as "sessionId",
      found.kind, left(found.text, ${CUT}) as text, coalesce(char_length(found.text), 0) as length
    from (
      select edge.depends_on_id, task.tenant_id,
        jsonb_agg(jsonb_build_object('taskId', edge.task_id, 'place', edge.place)) as dependents
      from agentrun_queue_dependencies edge join agentrun_queue_tasks task on task.id = edge.task_id
      where edge.task_id = any(${textArray(taskIds)})
      group by edge.depends_on_id, task.tenant_id
    ) known
    join agentrun_queue_tasks dependency
      on dependency.id = known.depends_on_id and dependency.tenant_id = known.tenant_id
    left join lateral (
      select attempt.run_id, attempt.command_id from agentrun_queue_attempts attempt
      where attempt.task_id = dependency.id and attempt.state = 'completed' and dependency.state = 'completed'
      order by attempt.attempt desc limit 1
    ) last on true
    left join agentrun_commands command on command.id = last.command_id
    left join lateral (
      select coalesce(event.payload ->> 'text', event.payload ->> 'message', event.payload ->> 'content') as text
      from (
        select seq, type, payload from agentrun_events
        where run_id = last.run_id and command.output is null order by seq desc limit ${NEWEST}
      ) event
      -- What a sub-agent said is no answer.
      where event.type = 'assistant_message' and not event.payload ? 'agentThreadId'
      order by event.seq desc limit 1
    ) said on true
    cross join lateral (
      select case dependency.state when 'failed' then dependency.failure_message
        when 'cancelled' then coalesce(dependency.cancel_reason, dependency.failure_message) end as failure
    ) ended
    cross join lateral (
      select coalesce(command.output::text, said.text, ended.failure) as text,
        case when command.output is not null then 'output' when said.text is not null then 'message'
          when ended.failure is not null then 'failure' end as kind
    ) found
    order by dependency.created_at, dependency.id`,
  );
}
