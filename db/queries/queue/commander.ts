import { asc, desc, type SQL, sql } from "drizzle-orm";
import type { TaskState } from "@/contract/queue";
import type { Db } from "@/db/client";
import { hiddenArray } from "@/db/queries/sql/arrays";
import { shaped } from "@/db/queries/sql/named";
import { prepared } from "@/db/queries/sql/prepared";
import { type QueueTaskRow, queueTasks } from "@/db/schema";

// What the commander reads in addition to the counters. A tenant's tasks, and the oldest of all, are read queue by
// queue through indexes that begin with tenant and queue; the counters say which queues there are. So no row is read
// that is not returned.

const TOP_TASKS = 20;
/** Up to this number of queues, it is acceptable to read some older starts in vain. */
const FEW_PLACES = 30;

/** A tenant's queue. */
export type QueueRef = { tenantId: string; queue: string };
/** What is asked for. `places` are the queues within it that hold the tasks in question. */
export type CommanderScope = { tenantId: string | null; projectId?: string; queue?: string; places: QueueRef[] };
/** What a statement's text depends on: the columns that it is narrowed by. */
export type SightShape = { ofTenant: boolean; ofProject: boolean; ofQueue: boolean };

/** A task in a row; instants are milliseconds. */
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

export function toShape({ tenantId, projectId, queue }: CommanderScope): SightShape {
  return { ofTenant: tenantId !== null, ofProject: projectId !== undefined, ofQueue: queue !== undefined };
}

/** The values of a sight's placeholders, except its places: one statement may have several sets of places. */
export function toValues({ tenantId, projectId, queue }: CommanderScope): Record<string, unknown> {
  return { tenantId, projectId, queue };
}

export function toPlaceValues(name: string, places: QueueRef[]): Record<string, string[]> {
  return {
    [`${name}Tenants`]: places.map(({ tenantId }) => tenantId),
    [`${name}Queues`]: places.map(({ queue }) => queue),
  };
}

/** Unnests the places of that name, however many, each as `place`. */
export function unnestPlaces(name: string): SQL {
  const column = (key: string) => hiddenArray(sql`${sql.placeholder(`${name}${key}`)}::text[]`);
  return sql`unnest(${column("Tenants")}, ${column("Queues")}) as place (tenant_id, queue)`;
}

const NOTHING = sql``;
export const TENANT = sql.placeholder("tenantId");
const PROJECT = sql.placeholder("projectId");
export const QUEUE = sql.placeholder("queue");
const OF_PROJECT = sql`and task.project_id = ${PROJECT}`;
export function ofProject(shape: SightShape): SQL {
  return shape.ofProject ? OF_PROJECT : NOTHING;
}

export function inSight({ ofTenant, ofProject, ofQueue }: SightShape, row: SQL): SQL {
  return sql.join(
    [
      ofTenant ? sql`and ${row}.tenant_id = ${TENANT}` : NOTHING,
      ofProject ? sql`and ${row}.project_id = ${PROJECT}` : NOTHING,
      ofQueue ? sql`and ${row}.queue = ${QUEUE}` : NOTHING,
    ],
    sql` `,
  );
}

const prepareTop = (shape: string, ids: SQL) =>
  prepared(`top-${shape}`, (db) =>
    db
      .select()
      .from(queueTasks)
      .where(sql`${queueTasks.id} = any(array(${ids}))`)
      .orderBy(desc(queueTasks.priority), asc(queueTasks.createdAt), asc(queueTasks.id)),
  );
const TOP_ORDER = sql`order by priority desc, created_at, id limit ${sql.raw(String(TOP_TASKS))}`;
const topOfPlaces = (project: SQL) => sql`
  select top.id from ${unnestPlaces("all")} cross join lateral (
    select task.id, task.priority, task.created_at from agentrun_queue_tasks task
    where task.tenant_id = place.tenant_id and task.queue = place.queue ${project} ${TOP_ORDER}) top
  ${TOP_ORDER}`;
const topOfAll = prepareTop("all", sql`select task.id from agentrun_queue_tasks task ${TOP_ORDER}`);
const topOfQueue = prepareTop(
  "queue",
  sql`select task.id from agentrun_queue_tasks task where task.queue = ${QUEUE} ${TOP_ORDER}`,
);
const topOfTenant = prepareTop("tenant", topOfPlaces(NOTHING));
const topOfProject = prepareTop("project", topOfPlaces(OF_PROJECT));

/** Returns the tasks that come first, whatever their state. */
export async function readTop(db: Db, { tenantId, projectId, queue, places }: CommanderScope): Promise<QueueTaskRow[]> {
  if (tenantId === null && projectId === undefined)
    return queue === undefined ? topOfAll(db).execute() : topOfQueue(db).execute({ queue });
  const values = toPlaceValues("all", places);
  return projectId === undefined ? topOfTenant(db).execute(values) : topOfProject(db).execute({ ...values, projectId });
}

export type WaitsRow = { p50Ms: number | null; p95Ms: number | null; samples: number };
export type MinutesRow = { started: number; completed: number; failed: number; minutes: number };
/** `times`: the attempt's own start times, which may hold anything, since old callers wrote them. */
export type ActiveRow = LineRow & { times: string[] };
/** How a queue progresses. `oldest`: the task that has waited longest for a slot. */
export type Pace = { waits: WaitsRow; throughput: MinutesRow; oldest: LineRow | null; active: ActiveRow[] };
export type PaceLimits = { startsMax: number; minutes: number; activeMax: number };

type PaceShape = SightShape & PaceLimits & { startsEach: number; isFew: boolean };

const readPaceRow = shaped<PaceShape, Pace>(
  (shape) => sql`
    select (select to_json(waits) from (${selectWaits(shape)}) waits) as waits,
      (select to_json(throughput) from (${selectThroughput(shape)}) throughput) as throughput,
      (select to_json(oldest) from (${selectOldest(shape)}) oldest) as oldest,
      (select coalesce(json_agg(active), '[]') from (${selectActive(shape)}) active) as active`,
);

/**
 * Reads how the tasks of a sight progress, in one statement: each part reads a few rows, in less time than it takes to
 * send a statement of its own. `waiting` is the same sight with the places in which tasks wait.
 */
export async function readPace(
  db: Db,
  sight: CommanderScope,
  waiting: CommanderScope,
  limits: PaceLimits,
): Promise<Pace> {
  const count = sight.places.length;
  const shape = {
    ...toShape(sight),
    ...limits,
    startsEach: boundStartsEach(limits.startsMax, count),
    isFew: count <= FEW_PLACES && sight.projectId === undefined,
  };
  const values = {
    ...toValues(sight),
    ...toPlaceValues("all", sight.places),
    ...toPlaceValues("waiting", waiting.places),
  };
  const [pace] = await readPaceRow(db, shape, values);
  if (!pace) throw new Error("how the queue goes was not read");
  return pace;
}

/**
 * How long the most recently started tasks of the last hour waited for their slot. For a few queues the hour is applied
 * after the rows are read: applied before, it would make the index of all queues' starts look as good as their own. For
 * many queues, most of them quiet, and for a project, it bounds what is read.
 */
function selectWaits({ ofTenant, ofProject, ofQueue, startsMax, startsEach, isFew }: PaceShape): SQL {
  const isRecent = sql`dispatched_at > now() - interval '1 hour'`;
  const newest = (count: number) => sql`order by dispatched_at desc limit ${sql.raw(String(count))}`;
  const starts =
    ofTenant || ofProject || ofQueue
      ? sql`select start.* from ${unnestPlaces("all")} cross join lateral (
        select ready_at, dispatched_at from agentrun_queue_attempts attempt
        where attempt.tenant_id = place.tenant_id and attempt.queue = place.queue
          ${ofProject ? sql`and project_id = ${PROJECT}` : NOTHING} ${isFew ? NOTHING : sql`and ${isRecent}`}
        ${newest(startsEach)}) start
      ${newest(startsMax)}`
      : sql`select ready_at, dispatched_at from agentrun_queue_attempts ${newest(startsMax)}`;
  return sql`
    select percentile_cont(0.5) within group (order by ms) as "p50Ms",
      percentile_cont(0.95) within group (order by ms) as "p95Ms", count(*)::int as samples
    from (
      select greatest(0, extract(epoch from dispatched_at - ready_at) * 1000)::float8 as ms from (${starts}) started
      where ${isRecent}) wait`;
}

/**
 * The number of starts to read from each queue, so that the total stays bounded; a power of two, so that there are few
 * different statements.
 */
function boundStartsEach(max: number, places: number): number {
  return Math.min(max, 2 ** Math.ceil(Math.log2(Math.max(10, (2 * max) / Math.max(1, places)))));
}

function selectOldest(shape: SightShape): SQL {
  return sql`
    select ${LINE}, (extract(epoch from task.ready_at) * 1000)::float8 as "sinceMs"
    from ${unnestPlaces("waiting")} cross join lateral (
      select ${LINE_COLUMNS}, task.ready_at from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue and task.state = 'pending'
        and task.not_before is null ${ofProject(shape)}
      order by task.ready_at limit 1) task
    order by task.ready_at limit 1`;
}

/** Tasks that hold a slot, longest first. */
function selectActive(shape: PaceShape): SQL {
  return sql`
    select ${LINE}, (extract(epoch from task.updated_at) * 1000)::float8 as "sinceMs",
      array_remove(array[task.latest_attempt ->> 'startedAt', task.latest_attempt ->> 'dispatchedAt'], null) as times
    from agentrun_queue_tasks task
    where task.state in ('dispatched', 'running') ${inSight(shape, sql`task`)}
    order by task.updated_at, task.id limit ${sql.raw(String(shape.activeMax))}`;
}

/** What happened in the last whole minutes and the current one, and the length of that time. */
function selectThroughput({ ofTenant, ofQueue, minutes }: PaceShape): SQL {
  const since = sql`date_trunc('minute', now()) - ${sql.raw(String(minutes))} * interval '1 minute'`;
  return sql`
    select coalesce(sum(started), 0)::float8 as started, coalesce(sum(completed), 0)::float8 as completed,
      coalesce(sum(failed), 0)::float8 as failed, (extract(epoch from now() - (${since})) / 60)::float8 as minutes
    from agentrun_queue_minutes where minute >= ${since}
      ${ofTenant ? sql`and tenant_id = ${TENANT}` : NOTHING} ${ofQueue ? sql`and queue = ${QUEUE}` : NOTHING}`;
}
