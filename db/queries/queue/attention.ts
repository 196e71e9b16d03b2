import { sql } from "drizzle-orm";
import type { AttentionKind } from "@/contract/queue-commander";
import type { Db } from "@/db/client";
import { createFirstsReader, type FirstLimits, type FirstOf, type Listing } from "@/db/queries/sql/first-of";
import {
  type CommanderScope,
  inSight,
  ofProject,
  QUEUE,
  type QueueRef,
  type SightShape,
  TENANT,
  toPlaceValues,
  toShape,
  toValues,
  unnestPlaces,
} from "./commander";
import { HELD, NEVER_SQL } from "./held-until";
import { SESSION_NOTE_PREFIX } from "./wait-key";

export type AttentionRow = {
  tenantId: string;
  queue: string;
  lane: string;
  taskId: string | null;
  title: string | null;
  approvalId: string | null;
  runId: string | null;
  sessionId: string | null;
  detail: string | null;
  untilMs: number | null;
  sinceMs: number;
};

/** Maximum notes of what tasks wait for that are searched for evicted sessions. */
const BLOCKERS_MAX = 200;

type AttentionSight = CommanderScope & { failedPlaces: QueueRef[] };

type AttentionLimits = FirstLimits & { deadLetterMs: number };

type AttentionShape = SightShape & AttentionLimits & { waits: boolean; hasFailed: boolean };

const readListings = createFirstsReader<AttentionShape, AttentionKind, AttentionRow>((shape) => {
  const listings: [AttentionKind, Listing][] = [
    ["approval", waitingApprovals(shape)],
    ["paused", pausedPlaces(shape)],
    ["session-evicted", evicted(shape)],
  ];
  if (shape.waits) listings.push(["parked", parked(shape)], ["dependency-failed", failedDependencies(shape)]);
  if (shape.hasFailed) listings.push(["dead-letter", deadLetters(shape)]);
  return listings;
});

/** Reads what needs a person: the first of each kind, and their number. */
export function readAttention(
  db: Db,
  sight: AttentionSight,
  limits: AttentionLimits,
): Promise<FirstOf<AttentionKind, AttentionRow>[]> {
  const { places, failedPlaces } = sight;
  const shape = { ...toShape(sight), ...limits, waits: places.length > 0, hasFailed: failedPlaces.length > 0 };
  return readListings(db, shape, {
    ...toValues(sight),
    ...toPlaceValues("waiting", places),
    ...toPlaceValues("failed", failedPlaces),
  });
}

const ATTENTION_TASK = sql`task.tenant_id as "tenantId", task.queue, task.lane, task.id as "taskId", task.title`;
const NO_TEXT = sql`null::text`;

/** Waiting approvals of tasks' runs. */
const waitingApprovals =
  (shape: SightShape): Listing =>
  (max) =>
    sql`
    select ${ATTENTION_TASK}, approval.id as "approvalId", task.run_id as "runId",
      task.session_id as "sessionId", coalesce(approval.command, approval.reason, approval.kind) as detail,
      null::float8 as "untilMs", (extract(epoch from approval.created_at) * 1000)::float8 as "sinceMs"
    from agentrun_approvals approval
    join agentrun_runs run on run.id = approval.run_id
    join agentrun_queue_tasks task on task.id = run.task_id and task.run_id = run.id
    where approval.status = 'pending' and task.state in ('dispatched', 'running') ${inSight(shape, sql`task`)}
      ${shape.ofTenant ? sql`and approval.tenant_id = ${TENANT}` : sql``}
    order by approval.created_at limit ${sql.raw(String(max))}`;

/** Paused queues and lanes. */
const pausedPlaces =
  (shape: SightShape): Listing =>
  (max) =>
    sql`
    select control.tenant_id as "tenantId", control.queue, control.lane, ${NO_TEXT} as "taskId",
      ${NO_TEXT} as title, ${NO_TEXT} as "approvalId", ${NO_TEXT} as "runId", ${NO_TEXT} as "sessionId",
      control.reason as detail, null::float8 as "untilMs",
      (extract(epoch from control.updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_queue_controls control where control.state = 'paused'
      ${shape.ofTenant ? sql`and control.tenant_id in (${TENANT}, '*')` : sql``}
      ${shape.ofQueue ? sql`and control.queue = ${QUEUE}` : sql``}
    order by control.updated_at desc limit ${sql.raw(String(max))}`;

const FIRST_SESSION_NOTE = sql.raw(`'${SESSION_NOTE_PREFIX}'`);
const SESSION_NOTES = sql.raw(`'${SESSION_NOTE_PREFIX}%'`);

/** Tasks that wait for a session whose volume is gone; the first task of each session. */
const evicted =
  (shape: SightShape): Listing =>
  (max) =>
    sql`
    with recursive blockers as (
      (select blocked_on from agentrun_queue_tasks
        where state = 'pending' and not_before is null and blocked_on >= ${FIRST_SESSION_NOTE} order by blocked_on limit 1)
      union all
      select (select task.blocked_on from agentrun_queue_tasks task where task.state = 'pending'
        and task.not_before is null and task.blocked_on > blockers.blocked_on order by task.blocked_on limit 1)
      from blockers where blockers.blocked_on is not null),
    sessions as (
      select blocked_on, blocked_on::jsonb ->> 1 as session_id
      from (select blocked_on from blockers where blocked_on is not null limit ${sql.raw(String(BLOCKERS_MAX))}) known
      where blocked_on like ${SESSION_NOTES})
    select ${ATTENTION_TASK}, ${NO_TEXT} as "approvalId", ${NO_TEXT} as "runId",
      sessions.session_id as "sessionId", ${NO_TEXT} as detail, null::float8 as "untilMs",
      (extract(epoch from coalesce(session.storage_evicted_at, task.ready_at)) * 1000)::float8 as "sinceMs"
    from sessions join agentrun_sessions session on session.session_id = sessions.session_id
    cross join lateral (
      select task.tenant_id, task.queue, task.lane, task.id, task.title, task.ready_at from agentrun_queue_tasks task
      where task.state = 'pending' and task.not_before is null and task.blocked_on = sessions.blocked_on
        ${inSight(shape, sql`task`)}
      order by task.priority desc, task.created_at, task.id limit 1) task
    where session.storage_state in ('deleting', 'evicted') and session.execution_state <> 'running'
    limit ${sql.raw(String(max))}`;

/** Tasks whose provider's limit is reached and that do not continue by themselves. */
const parked =
  (shape: SightShape): Listing =>
  (max, inOrder) => {
    const each = sql.raw(String(max));
    return sql`
    select ${ATTENTION_TASK}, ${NO_TEXT} as "approvalId", task.run_id as "runId",
      task.session_id as "sessionId", task.failure_message as detail,
      (extract(epoch from task.parked_until) * 1000)::float8 as "untilMs",
      (extract(epoch from task.parked_at) * 1000)::float8 as "sinceMs"
    from ${unnestPlaces("waiting")} cross join lateral (
      select task.tenant_id, task.queue, task.lane, task.id, task.title, task.run_id, task.session_id,
        task.failure_message, task.parked_until, task.parked_at
      from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue and task.state = 'pending'
        and task.parked_at is not null and task.not_before = ${NEVER_SQL} ${ofProject(shape)}
      order by task.parked_at desc limit ${each}) task
    ${inOrder(sql`task.parked_at desc`)} limit ${each}`;
  };

/** Maximum dependents of a failed task that are counted. */
const DEPENDENTS_MAX = 100;

/** Tasks that failed or were cancelled while others wait for them: each once, with the number of those. */
const failedDependencies =
  (shape: SightShape): Listing =>
  (max, inOrder) => {
    const each = sql.raw(String(max));
    return sql`
    select ${ATTENTION_TASK}, ${NO_TEXT} as "approvalId", task.run_id as "runId", task.session_id as "sessionId",
      concat(case task.state when 'failed' then 'failed' else 'was cancelled' end, ' and blocks ',
        case waiting.tasks when 1 then '1 task' when ${sql.raw(String(DEPENDENTS_MAX + 1))}
          then 'more than ${sql.raw(String(DEPENDENTS_MAX))} tasks' else waiting.tasks || ' tasks' end) as detail,
      null::float8 as "untilMs", (extract(epoch from task.updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_queue_failed_dependencies noted join agentrun_queue_tasks task on task.id = noted.task_id
    cross join lateral (
      select count(*)::int as tasks from (
        select from agentrun_queue_dependencies known join agentrun_queue_tasks dependent on dependent.id = known.task_id
        where known.depends_on_id = task.id and known.on_failed = 'hold'
          and dependent.state = 'pending' and dependent.not_before = ${HELD}
        limit ${sql.raw(String(DEPENDENTS_MAX + 1))}) counted) waiting
    where task.state in ('failed', 'cancelled') and waiting.tasks > 0 ${inSight(shape, sql`task`)}
      ${shape.ofTenant ? sql`and noted.tenant_id = ${TENANT}` : sql``}
    ${inOrder(sql`task.updated_at desc`)} limit ${each}`;
  };

/** Tasks that failed recently and are not tried again. */
const deadLetters =
  (shape: AttentionShape): Listing =>
  (max, inOrder) => {
    const each = sql.raw(String(max));
    return sql`
    select ${ATTENTION_TASK}, ${NO_TEXT} as "approvalId", task.run_id as "runId",
      task.session_id as "sessionId", concat_ws(': ', task.dead_letter, task.failure_message) as detail,
      null::float8 as "untilMs", (extract(epoch from task.updated_at) * 1000)::float8 as "sinceMs"
    from ${unnestPlaces("failed")} cross join lateral (
      select task.tenant_id, task.queue, task.lane, task.id, task.title, task.run_id, task.session_id,
        task.failure_message, task.dead_letter, task.updated_at
      from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue and task.state = 'failed'
        and task.dead_letter is not null ${ofProject(shape)}
        and task.updated_at > now() - ${sql.raw(String(shape.deadLetterMs))} * interval '1 millisecond'
      order by task.updated_at desc limit ${each}) task
    ${inOrder(sql`task.updated_at desc`)} limit ${each}`;
  };
