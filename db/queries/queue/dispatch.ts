import { type SQL, sql } from "drizzle-orm";
import type { BackendProbe } from "@/contract/backend";
import type { ControlState } from "@/contract/queue-control";
import type { Db, Tx } from "@/db/client";
import { HAS_OTHER_TURN } from "@/db/queries/other-turns";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";
import { RATE, type Rate } from "./rates";
import { IS_DUE } from "./settle-dependencies";

/** Any constant. Allows one dispatch, or one change of a limit, at a time in a database. */
const DISPATCH_KEY = 7_150_301;

/** What the dispatcher judges a task by. `createdAt` is PostgreSQL's own text: it is compared, never computed with. */
export type ReadyTask = {
  id: string;
  tenantId: string;
  projectId: string;
  queue: string;
  lane: string;
  priority: number;
  createdAt: string;
  backendProfile: string;
  concurrencyKey: string | null;
  sessionId: string | null;
};
export type Lane = Pick<ReadyTask, "tenantId" | "queue" | "lane">;
/** Numbers of tasks that hold slots, by every field that can have a limit. */
export type ActiveTasks = Lane &
  Pick<ReadyTask, "backendProfile" | "concurrencyKey" | "sessionId"> & {
    tasks: number;
    /** The tasks that this program dispatched, which use its executor. */
    own: number;
    /** The first few. */
    holders: string[];
  };

/** Whether a task waits and is due. The partial indexes of lanes and of notes state the same: change them together. */
export const WAITS = sql`state = 'pending' and not_before is null`;
/**
 * The clock as a value that an index can be searched by: a volatile function would be called for every row. Conditions
 * also state that the compared column is not null, because the planner otherwise expects a third of all rows to match.
 */
const NOW = sql`(select clock_timestamp())`;

const STRANDED = sql`
  select task.id from agentrun_queue_tasks task
  join agentrun_runs run on run.id = task.run_id and run.status = 'pending'
  join agentrun_sessions session on session.session_id = run.session_id and session.storage_state in ('deleting', 'evicted')
  where task.state = 'dispatched'`;

/** Waits until no other dispatch or change of limits is in progress; the lock is held until the transaction ends. */
export async function lockDispatch(tx: Tx): Promise<void> {
  await executeNamed(tx, sql`select pg_advisory_xact_lock(${DISPATCH_KEY})`);
}

/**
 * The earliest value of a column among waiting tasks, found through an index that begins with it. Asking instead
 * whether any value lies in the past would let the planner expect a third of all tasks, and read them all to find none.
 */
const firstWaiting = (instant: SQL) =>
  sql`(select ${instant} from agentrun_queue_tasks where state = 'pending' and ${instant} is not null
    order by ${instant} limit 1)`;

/** What there is to do beside dispatching. Most passes find nothing, and learn that in one round trip. */
export type Upkeep = {
  hasExpired: boolean;
  hasStranded: boolean;
  hasDue: boolean;
  hasBlocked: boolean;
  /** Tasks with dependencies that have to be judged. */
  hasDoubts: boolean;
};

export async function readUpkeep(db: Db | Tx): Promise<Upkeep> {
  const [upkeep] = await executeNamed<Upkeep>(
    db,
    sql`
    select
      coalesce(${firstWaiting(sql`expires_at`)} <= clock_timestamp(), false) as "hasExpired",
      exists (${STRANDED}) as "hasStranded",
      coalesce(${firstWaiting(sql`not_before`)} <= clock_timestamp(), false) as "hasDue",
      (select blocked_on from agentrun_queue_tasks where ${WAITS} and blocked_on is not null
        order by blocked_on limit 1) is not null as "hasBlocked",
      exists (select from agentrun_queue_dependency_doubts where ${IS_DUE}) as "hasDoubts"`,
  );
  if (!upkeep) throw new Error("what there is to do was not read");
  return upkeep;
}

/** Locks tasks whose time has come, the earliest first; leaves out what others hold. */
export async function lockDue(tx: Tx, max: number, except: string[]): Promise<string[]> {
  const due = await executeNamed<{ id: string }>(
    tx,
    sql`
    select id from agentrun_queue_tasks
    where state = 'pending' and not_before is not null and not_before <= ${NOW} and id <> all(${textArray(except)})
    order by not_before limit ${max}::int for no key update skip locked`,
  );
  return due.map(({ id }) => id);
}

/** Makes locked tasks ready whose time has come. */
export async function releaseDue(tx: Tx, taskIds: string[]): Promise<void> {
  await executeNamed(
    tx,
    sql`
    update agentrun_queue_tasks set not_before = null, parked_at = null, parked_until = null, ready_at = clock_timestamp()
    where id in (select unnest(${hiddenArray(textArray(taskIds))}))`,
  );
}

/** A queue's or lane's limits, as far as the dispatcher uses them. */
export type Limits = Lane & {
  maxRunning: number | null;
  keyMaxRunning: number | null;
  weight: number | null;
  /** null: any number may start at any time. */
  rate: Rate | null;
  state: ControlState;
  reason: string | null;
};
/** `tenantId` `*`: all tenants. null: every project, every profile. `endsAt` is an instant as JSON has it. */
export type HeldBudget = {
  id: string;
  name: string;
  tenantId: string;
  projectId: string | null;
  backendProfile: string | null;
  endsAt: string;
};
export type DispatchFacts = {
  active: ActiveTasks[];
  controls: Limits[];
  backends: {
    profile: string;
    capacity: Record<string, unknown> | null;
    health: Record<string, unknown> | null;
    probe: BackendProbe | null;
    isDisabled: boolean;
    disabledReason: string | null;
    /** Running turns in runs that no task made; counted where the profile has a limit. */
    otherTurns: number;
  }[];
  /** Budgets that are reached, and hold what they bound until they are raised or their period ends. */
  budgets: HeldBudget[];
  /** Live runner jobs for runs that no task made. */
  otherRunners: number;
};

/**
 * Reads everything that limits dispatching, as of one moment and in one round trip. `RATE` refers to the row of controls
 * as `placed`.
 */
export async function readDispatchFacts(db: Db | Tx): Promise<DispatchFacts> {
  const rows = await executeNamed<DispatchFacts>(
    db,
    sql`
    select
      (select coalesce(json_agg(counted), '[]') from (
        select tenant_id as "tenantId", queue, lane, backend_profile as "backendProfile",
          concurrency_key as "concurrencyKey", session_id as "sessionId", count(*) as tasks, count(run_id) as own,
          (array_agg(id order by id))[1:3] as holders
        from agentrun_queue_tasks where state in ('dispatched', 'running')
        group by tenant_id, queue, lane, backend_profile, concurrency_key, session_id) counted) as active,
      (select coalesce(json_agg(control), '[]') from (
        select tenant_id as "tenantId", queue, lane, max_running as "maxRunning", key_max_running as "keyMaxRunning",
          weight, state, reason, case when starts_max is not null then (${RATE}) end as rate
        from agentrun_queue_controls placed) control) as controls,
      (select coalesce(json_agg(backend), '[]') from (
        select profile, capacity, health, probe, disabled_at is not null as "isDisabled",
          disabled_reason as "disabledReason", case when jsonb_typeof(capacity -> 'maxRunning') = 'number' then (
            select count(*)::int from agentrun_runs run
            where ${HAS_OTHER_TURN} and run.backend_profile = profile) else 0 end as "otherTurns"
        from agentrun_backends) backend) as backends,
      (select coalesce(json_agg(held order by held.id), '[]') from (
        select budget.id, budget.name, budget.tenant_id as "tenantId", budget.project_id as "projectId",
          budget.backend_profile as "backendProfile",
          to_char(period.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "endsAt"
        from agentrun_budget_periods period join agentrun_budgets budget on budget.id = period.budget_id
        where period.reached_at is not null and period.ends_at > ${NOW} and budget.action = 'hold') held) as budgets,
      (select count(*)::int from agentrun_runner_jobs job join agentrun_runs run on run.id = job.run_id
        where job.state in ('launching', 'running') and run.task_id is null) as "otherRunners"`,
  );
  const [facts] = rows;
  if (!facts) throw new Error("the facts of a dispatch were not read");
  return facts;
}

/**
 * A lane in which a task is ready. `servedAtMs`: when the lane was last served, in milliseconds since 1970; 0: never.
 * `queueServedAtMs`: when its tenant was last served in any lane of the queue; 0 also where no rate of all tenants
 * bounds the queue.
 */
export type ReadyLane = Lane & { servedAtMs: number; queueServedAtMs: number };

/**
 * Returns every lane in which a task is ready, by skipping from one lane to the next in the index, however many tasks
 * they hold. `also` is added: a lane in which a task is imagined.
 */
export async function readReadyLanes(db: Db | Tx, also: Lane | null = null): Promise<ReadyLane[]> {
  const more =
    also === null ? sql`` : sql`union select ${also.tenantId}::text, ${also.queue}::text, ${also.lane}::text`;
  const rows = await executeNamed<ReadyLane>(
    db,
    sql`
    with recursive lanes as (
      (select tenant_id, queue, lane from agentrun_queue_tasks where ${WAITS} and blocked_on is null
        order by tenant_id, queue, lane limit 1)
      union all
      select next.* from lanes cross join lateral (
        select task.tenant_id, task.queue, task.lane from agentrun_queue_tasks task
        where ${WAITS} and blocked_on is null
          and (task.tenant_id, task.queue, task.lane) > (lanes.tenant_id, lanes.queue, lanes.lane)
        order by task.tenant_id, task.queue, task.lane limit 1) next)
    select tenant_id as "tenantId", queue, lane,
      coalesce((extract(epoch from served.served_at) * 1000)::float8, 0) as "servedAtMs",
      coalesce((extract(epoch from (
        select started.dispatched_at from agentrun_queue_attempts started
        where started.tenant_id = place.tenant_id and started.queue = place.queue and exists (
          select from agentrun_queue_controls control where control.tenant_id = '*' and control.queue = place.queue
            and control.lane = '' and control.starts_max is not null)
        order by started.dispatched_at desc limit 1)) * 1000)::float8, 0) as "queueServedAtMs"
    from (select * from lanes ${more}) place left join agentrun_queue_lanes_served served using (tenant_id, queue, lane)`,
  );
  return rows;
}

/** Returns the first ready tasks of each lane that have not expired, in order. */
export async function readHeads(db: Db | Tx, lanes: Lane[], each: number): Promise<ReadyTask[]> {
  if (lanes.length === 0) return [];
  const column = (key: keyof Lane) => hiddenArray(textArray(lanes.map((lane) => lane[key])));
  const rows = await executeNamed<ReadyTask>(
    db,
    sql`
    select head.* from unnest(${column("tenantId")}, ${column("queue")}, ${column("lane")}) as place (tenant_id, queue, lane)
    cross join lateral (
      select id, tenant_id as "tenantId", project_id as "projectId", queue, lane, priority, created_at::text as "createdAt",
        backend_profile as "backendProfile", concurrency_key as "concurrencyKey", session_id as "sessionId"
      from agentrun_queue_tasks task
      where task.tenant_id = place.tenant_id and task.queue = place.queue and task.lane = place.lane
        and ${WAITS} and blocked_on is null and (expires_at is null or expires_at > ${NOW})
      order by priority desc, created_at, id limit ${sql.raw(String(each))}) head`,
  );
  return rows;
}

/** Tasks whose run waits for a runner that cannot come, because their session was evicted meanwhile. */
export async function readStranded(db: Db | Tx, max: number): Promise<string[]> {
  const rows = await executeNamed<{ id: string }>(
    db,
    sql`
    ${STRANDED} order by task.id limit ${max}`,
  );
  return rows.map((row) => row.id);
}
