import { type SQL, sql } from "drizzle-orm";
import type { TaskState } from "@/contract/queue";
import type { AttentionKind } from "@/contract/queue-commander";
import type { Db } from "@/db/client";
import { type FirstOf, type Listing, readFirst } from "./first-of";
import { executeNamed } from "./named";
import { textArray } from "./queue-dispatch";

// What the commander reads beside the counters. Where a tenant's tasks are read, or the oldest of any, it is queue by
// queue, by indexes that begin with both: the counters tell which there are. So nothing is read that is not answered.

/** A tenant's queue. */
export type Place = { tenantId: string; queue: string };
/** What is asked for; `places` are those in it that hold the tasks in question. */
export type Sight = { tenantId: string | null; projectId?: string; queue?: string; places: Place[] };

/** A task in a line; instants are milliseconds. */
export type LineRow = {
  taskId: string;
  title: string;
  tenantId: string;
  queue: string;
  lane: string;
  priority: number;
  state: TaskState;
  backendProfile: string;
  runId: string | null;
  sessionId: string | null;
  sinceMs: number;
};

const LINE = sql`task.id as "taskId", task.title, task.tenant_id as "tenantId", task.queue, task.lane, task.priority,
  task.state, task.backend_profile as "backendProfile", task.run_id as "runId", task.session_id as "sessionId"`;

const LINE_COLUMNS = sql`task.id, task.title, task.tenant_id, task.queue, task.lane, task.priority, task.state,
  task.backend_profile, task.run_id, task.session_id`;

function placesOf(places: Place[]): SQL {
  const tenants = textArray(places.map(({ tenantId }) => tenantId));
  return sql`unnest(${tenants}, ${textArray(places.map(({ queue }) => queue))}) as place (tenant_id, queue)`;
}

function ofProject(projectId: string | undefined): SQL {
  return projectId === undefined ? sql`` : sql`and task.project_id = ${projectId}`;
}

function inSight({ tenantId, projectId, queue }: Sight, row: SQL): SQL {
  return sql.join(
    [
      tenantId === null ? sql`` : sql`and ${row}.tenant_id = ${tenantId}`,
      projectId === undefined ? sql`` : sql`and ${row}.project_id = ${projectId}`,
      queue === undefined ? sql`` : sql`and ${row}.queue = ${queue}`,
    ],
    sql` `,
  );
}

/** Ids of the tasks that come first, whatever their state: a subquery. */
export function topTaskIds(sight: Sight, max: number): SQL {
  const order = sql`order by priority desc, created_at, id limit ${sql.raw(String(max))}`;
  if (sight.tenantId === null && sight.projectId === undefined) {
    const where = sight.queue === undefined ? sql`` : sql`where task.queue = ${sight.queue}`;
    return sql`select task.id from agentrun_queue_tasks task ${where} ${order}`;
  }
  return sql`
    select top.id from ${placesOf(sight.places)} cross join lateral (
      select task.id, task.priority, task.created_at from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue ${ofProject(sight.projectId)} ${order}) top
    ${order}`;
}

export type WaitsRow = { p50Ms: number | null; p95Ms: number | null; samples: number };

/** How long the tasks that started last, of the last hour, waited for their slot. */
export async function readWaits(db: Db, sight: Sight, max: number): Promise<WaitsRow> {
  const isAll = sight.tenantId === null && sight.projectId === undefined && sight.queue === undefined;
  const newest = (each: number) => sql`
    attempt.dispatched_at > now() - interval '1 hour' order by attempt.dispatched_at desc limit ${each}`;
  // Many queues share what is read, so that it stays bounded.
  const each = Math.max(10, Math.ceil((2 * max) / Math.max(1, sight.places.length)));
  const project = sight.projectId === undefined ? sql`` : sql`attempt.project_id = ${sight.projectId} and`;
  const starts = isAll
    ? sql`select attempt.ready_at, attempt.dispatched_at from agentrun_queue_attempts attempt where ${newest(max)}`
    : sql`select start.* from ${placesOf(sight.places)} cross join lateral (
        select attempt.ready_at, attempt.dispatched_at from agentrun_queue_attempts attempt
        where attempt.tenant_id = place.tenant_id and attempt.queue = place.queue and ${project}
        ${newest(Math.min(max, each))}) start
      order by start.dispatched_at desc limit ${max}`;
  const rows = await executeNamed<WaitsRow>(
    db,
    sql`
    with waits as (
      select greatest(0, extract(epoch from dispatched_at - ready_at) * 1000)::float8 as ms from (${starts}) started)
    select percentile_cont(0.5) within group (order by ms) as "p50Ms",
      percentile_cont(0.95) within group (order by ms) as "p95Ms", count(*)::int as samples from waits`,
  );
  return rows[0] ?? { p50Ms: null, p95Ms: null, samples: 0 };
}

/** Of those that wait for a slot the one that waits longest; null when none waits. */
export async function readOldest(db: Db, { places, projectId }: Sight): Promise<LineRow | null> {
  if (places.length === 0) return null;
  const rows = await executeNamed<LineRow>(
    db,
    sql`
    select ${LINE}, (extract(epoch from task.ready_at) * 1000)::float8 as "sinceMs"
    from ${placesOf(places)} cross join lateral (
      select ${LINE_COLUMNS}, task.ready_at from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue and task.state = 'pending'
        and task.not_before is null ${ofProject(projectId)}
      order by task.ready_at limit 1) task
    order by task.ready_at limit 1`,
  );
  return rows[0] ?? null;
}

/** What holds a slot, the longest first, by what its attempt says of its times; callers of their own may say anything. */
export function readActiveLines(db: Db, sight: Sight, max: number): Promise<(LineRow & { times: string[] })[]> {
  return executeNamed(
    db,
    sql`
    select ${LINE}, (extract(epoch from task.updated_at) * 1000)::float8 as "sinceMs",
      array_remove(array[task.latest_attempt ->> 'startedAt', task.latest_attempt ->> 'dispatchedAt'], null) as times
    from agentrun_queue_tasks task
    where task.state in ('dispatched', 'running') ${inSight(sight, sql`task`)}
    order by task.updated_at, task.id limit ${sql.raw(String(max))}`,
  );
}

export type MinutesRow = { started: number; completed: number; failed: number; minutes: number };

/** What happened in the last whole minutes and the one under way, and how long that is. */
export async function readThroughput(db: Db, sight: Sight, minutes: number): Promise<MinutesRow> {
  const { tenantId, queue } = sight;
  const since = sql`date_trunc('minute', now()) - ${minutes} * interval '1 minute'`;
  const rows = await executeNamed<MinutesRow>(
    db,
    sql`
    select coalesce(sum(started), 0)::float8 as started, coalesce(sum(completed), 0)::float8 as completed,
      coalesce(sum(failed), 0)::float8 as failed, (extract(epoch from now() - (${since})) / 60)::float8 as minutes
    from agentrun_queue_minutes where minute >= ${since}
      ${tenantId === null ? sql`` : sql`and tenant_id = ${tenantId}`} ${queue === undefined ? sql`` : sql`and queue = ${queue}`}`,
  );
  return rows[0] ?? { started: 0, completed: 0, failed: 0, minutes };
}

export type AttentionRow = {
  kind: AttentionKind;
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

/** Notes of what tasks wait for that are looked at for evicted sessions. */
const BLOCKERS_MAX = 200;

type AttentionSight = Sight & { failedPlaces: Place[] };

type Limits = { eachMax: number; countMax: number; deadLetterMs: number };

/** What needs a person, of each kind the first, and how many there are. Statements of their own: together they take longer to plan. */
export function readAttention(db: Db, sight: AttentionSight, limits: Limits): Promise<FirstOf<AttentionRow>[]> {
  const { eachMax: shownMax, countMax, deadLetterMs } = limits;
  const kinds: Listing[] = [
    waitingApprovals(sight),
    pausedPlaces(sight),
    evicted(sight),
    ...(sight.places.length === 0 ? [] : [parked(sight)]),
    ...(sight.failedPlaces.length === 0 ? [] : [deadLetters(sight, deadLetterMs)]),
  ];
  return Promise.all(kinds.map((kind) => readFirst<AttentionRow>(db, kind, { shownMax, countMax })));
}

const ATTENTION_TASK = sql`task.tenant_id as "tenantId", task.queue, task.lane, task.id as "taskId", task.title`;
const NO_TEXT = sql`null::text`;

/** Approvals that runs of tasks wait for. */
const waitingApprovals =
  (sight: Sight): Listing =>
  (max) =>
    sql`
    select 'approval' as kind, ${ATTENTION_TASK}, approval.id as "approvalId", task.run_id as "runId",
      task.session_id as "sessionId", coalesce(approval.command, approval.reason, approval.kind) as detail,
      null::float8 as "untilMs", (extract(epoch from approval.created_at) * 1000)::float8 as "sinceMs"
    from agentrun_approvals approval
    join agentrun_runs run on run.id = approval.run_id
    join agentrun_queue_tasks task on task.id = run.task_id and task.run_id = run.id
    where approval.status = 'pending' and task.state in ('dispatched', 'running') ${inSight(sight, sql`task`)}
      ${sight.tenantId === null ? sql`` : sql`and approval.tenant_id = ${sight.tenantId}`}
    order by approval.created_at limit ${sql.raw(String(max))}`;

/** Queues and lanes that are paused. */
const pausedPlaces =
  (sight: Sight): Listing =>
  (max) =>
    sql`
    select 'paused' as kind, control.tenant_id as "tenantId", control.queue, control.lane, ${NO_TEXT} as "taskId",
      ${NO_TEXT} as title, ${NO_TEXT} as "approvalId", ${NO_TEXT} as "runId", ${NO_TEXT} as "sessionId",
      control.reason as detail, null::float8 as "untilMs",
      (extract(epoch from control.updated_at) * 1000)::float8 as "sinceMs"
    from agentrun_queue_controls control where control.state = 'paused'
      ${sight.tenantId === null ? sql`` : sql`and control.tenant_id in (${sight.tenantId}, '*')`}
      ${sight.queue === undefined ? sql`` : sql`and control.queue = ${sight.queue}`}
    order by control.updated_at desc limit ${sql.raw(String(max))}`;

/** Of tasks that wait for a session whose volume is gone the first of each session. */
const evicted =
  (sight: Sight): Listing =>
  (max) =>
    sql`
    with recursive blockers as (
      (select blocked_on from agentrun_queue_tasks
        where state = 'pending' and not_before is null and blocked_on >= '["session",' order by blocked_on limit 1)
      union all
      select (select task.blocked_on from agentrun_queue_tasks task where task.state = 'pending'
        and task.not_before is null and task.blocked_on > blockers.blocked_on order by task.blocked_on limit 1)
      from blockers where blockers.blocked_on is not null),
    sessions as (
      select blocked_on, blocked_on::jsonb ->> 1 as session_id
      from (select blocked_on from blockers where blocked_on is not null limit ${sql.raw(String(BLOCKERS_MAX))}) known
      where blocked_on like '["session",%')
    select 'session-evicted' as kind, ${ATTENTION_TASK}, ${NO_TEXT} as "approvalId", ${NO_TEXT} as "runId",
      sessions.session_id as "sessionId", ${NO_TEXT} as detail, null::float8 as "untilMs",
      (extract(epoch from coalesce(session.storage_evicted_at, task.ready_at)) * 1000)::float8 as "sinceMs"
    from sessions join agentrun_sessions session on session.session_id = sessions.session_id
    cross join lateral (
      select task.tenant_id, task.queue, task.lane, task.id, task.title, task.ready_at from agentrun_queue_tasks task
      where task.state = 'pending' and task.not_before is null and task.blocked_on = sessions.blocked_on
        ${inSight(sight, sql`task`)}
      order by task.priority desc, task.created_at, task.id limit 1) task
    where session.storage_state in ('deleting', 'evicted') and session.execution_state <> 'running'
    limit ${sql.raw(String(max))}`;

/** Tasks whose provider's limit is reached, and that do not go on by themselves. */
const parked =
  (sight: Sight): Listing =>
  (max, inOrder) => {
    const each = sql.raw(String(max));
    return sql`
    select 'parked' as kind, ${ATTENTION_TASK}, ${NO_TEXT} as "approvalId", task.run_id as "runId",
      task.session_id as "sessionId", task.failure_message as detail,
      (extract(epoch from task.parked_until) * 1000)::float8 as "untilMs",
      (extract(epoch from task.parked_at) * 1000)::float8 as "sinceMs"
    from ${placesOf(sight.places)} cross join lateral (
      select task.tenant_id, task.queue, task.lane, task.id, task.title, task.run_id, task.session_id,
        task.failure_message, task.parked_until, task.parked_at
      from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue and task.state = 'pending'
        and task.parked_at is not null and task.not_before = '9999-12-31 00:00:00+00' ${ofProject(sight.projectId)}
      order by task.parked_at desc limit ${each}) task
    ${inOrder(sql`task.parked_at desc`)} limit ${each}`;
  };

/** Tasks that failed of late and are not tried again. */
const deadLetters =
  (sight: AttentionSight, deadLetterMs: number): Listing =>
  (max, inOrder) => {
    const each = sql.raw(String(max));
    return sql`
    select 'dead-letter' as kind, ${ATTENTION_TASK}, ${NO_TEXT} as "approvalId", task.run_id as "runId",
      task.session_id as "sessionId", concat_ws(': ', task.dead_letter, task.failure_message) as detail,
      null::float8 as "untilMs", (extract(epoch from task.updated_at) * 1000)::float8 as "sinceMs"
    from ${placesOf(sight.failedPlaces)} cross join lateral (
      select task.tenant_id, task.queue, task.lane, task.id, task.title, task.run_id, task.session_id,
        task.failure_message, task.dead_letter, task.updated_at
      from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue and task.state = 'failed'
        and task.dead_letter is not null ${ofProject(sight.projectId)}
        and task.updated_at > now() - ${deadLetterMs} * interval '1 millisecond'
      order by task.updated_at desc limit ${each}) task
    ${inOrder(sql`task.updated_at desc`)} limit ${each}`;
  };
