import { sql } from "drizzle-orm";
import type { Dependency } from "@/contract/queue";
import type { OnDependencyFailed } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";
import type { QueueTaskRow } from "@/db/schema";

/** Whether `dependency`, the task that a row `known` names, failed or was cancelled. */
export const HAS_FAILED = sql`dependency.state in ('failed', 'cancelled')`;
export const IS_SATISFIED = sql`(dependency.state = 'completed' or known.on_failed = 'start' and ${HAS_FAILED})`;

/** How to look up a task: by tenant, and by its id or its project and key. */
export type DependencyLookup = { tenantId: string } & (
  | { taskId: string }
  | { projectId: string; idempotencyKey: string }
);
export type FoundDependency = Pick<
  QueueTaskRow,
  "id" | "tenantId" | "projectId" | "idempotencyKey" | "title" | "state"
>;

/** Finds the tasks that others depend on, as far as they exist. */
export function findDependencies(db: Db | Tx, lookups: DependencyLookup[]): Promise<FoundDependency[]> {
  return executeNamed<FoundDependency>(db, sql`${selectDependencies(lookups)}`);
}

/**
 * Finds and locks them until the transaction ends: a task that ends meanwhile sees its new dependents, and one that is
 * about to end is waited for.
 */
export function lockDependencies(tx: Tx, lookups: DependencyLookup[]): Promise<FoundDependency[]> {
  return executeNamed<FoundDependency>(tx, sql`${selectDependencies(lookups)} order by id for share`);
}

/** Finds and locks those that nobody else is changing now; waits for nobody. */
export function lockFreeDependencies(tx: Tx, lookups: DependencyLookup[]): Promise<FoundDependency[]> {
  return executeNamed<FoundDependency>(tx, sql`${selectDependencies(lookups)} order by id for share skip locked`);
}

const selectDependencies = (lookups: DependencyLookup[]) => {
  const byId = lookups.flatMap((lookup) => ("taskId" in lookup ? [lookup] : []));
  const byKey = lookups.flatMap((lookup) => ("taskId" in lookup ? [] : [lookup]));
  const column = (values: string[]) => hiddenArray(textArray(values));
  return sql`
    select id, tenant_id as "tenantId", project_id as "projectId", idempotency_key as "idempotencyKey", title, state
    from agentrun_queue_tasks where id in (
      select task.id from unnest(${column(byId.map(({ tenantId }) => tenantId))}, ${column(byId.map(({ taskId }) => taskId))})
        as asked (tenant_id, id) join agentrun_queue_tasks task using (tenant_id, id)
      union
      select task.id from unnest(${column(byKey.map(({ tenantId }) => tenantId))},
          ${column(byKey.map(({ projectId }) => projectId))}, ${column(byKey.map(({ idempotencyKey }) => idempotencyKey))})
        as asked (tenant_id, project_id, idempotency_key)
      join agentrun_queue_tasks task using (tenant_id, project_id, idempotency_key))`;
};

/** `place`: among those of its task, from 0. */
export type NewDependency = { taskId: string; dependsOnId: string; onFailed: OnDependencyFailed; place: number };

/** Inserts dependencies. The `doubtful` tasks are judged anew by the dispatcher after the commit. */
export async function insertDependencies(tx: Tx, added: NewDependency[], doubtful: string[]): Promise<void> {
  const column = (key: "taskId" | "dependsOnId" | "onFailed") =>
    hiddenArray(textArray(added.map((dependency) => dependency[key])));
  const places = hiddenArray(sql`${sql.param(added.map(({ place }) => place))}::int[]`);
  await executeNamed(
    tx,
    sql`
    with added as (
      insert into agentrun_queue_dependencies (task_id, depends_on_id, on_failed, place)
      select * from unnest(${column("taskId")}, ${column("dependsOnId")}, ${column("onFailed")}, ${places})
      on conflict do nothing)
    insert into agentrun_queue_dependency_doubts (task_id) select * from unnest(${hiddenArray(textArray(doubtful))})`,
  );
}

/** Asks the dispatcher to judge a task anew. */
export async function noteDoubtful(tx: Tx, taskId: string): Promise<void> {
  await executeNamed(tx, sql`insert into agentrun_queue_dependency_doubts (task_id) values (${taskId})`);
}

/** Removes a task's dependencies except those to keep. Returns the removed ones. */
export async function keepDependencies(tx: Tx, taskId: string, kept: string[]): Promise<string[]> {
  const rows = await executeNamed<{ id: string }>(
    tx,
    sql`
    delete from agentrun_queue_dependencies where task_id = ${taskId} and depends_on_id <> all(${textArray(kept)})
    returning depends_on_id as id`,
  );
  return rows.map(({ id }) => id);
}

/**
 * What a task waits for: the number of its open dependencies, the first of them, and how many have failed and hold it
 * until a person decides.
 */
export type OpenDependencies = { count: number; failed: number; tasks: Dependency[] };

/** Maximum dependencies of a task that are named. */
export const DEPENDENCIES_LISTED = 10;

/** Returns what each task still waits for; a task that waits for nothing has no entry. */
export async function readOpenDependencies(db: Db | Tx, taskIds: string[]): Promise<Map<string, OpenDependencies>> {
  const rows = await executeNamed<OpenDependencies & { taskId: string }>(
    db,
    sql`
    select known.task_id as "taskId", count(*)::int as count,
      (count(*) filter (where ${HAS_FAILED} and known.on_failed = 'hold'))::int as failed,
      (array_agg(jsonb_build_object('taskId', dependency.id, 'title', dependency.title, 'state', dependency.state)
        order by ${HAS_FAILED} desc, dependency.created_at, dependency.id))[1:${sql.raw(String(DEPENDENCIES_LISTED))}] as tasks
    from agentrun_queue_dependencies known join agentrun_queue_tasks dependency on dependency.id = known.depends_on_id
    where known.task_id = any(${textArray(taskIds)}) and not ${IS_SATISFIED}
    group by known.task_id`,
  );
  return new Map(rows.map(({ taskId, ...open }) => [taskId, open]));
}

/** Counts the dependencies of each task; a task without any has no entry. */
export async function countDependencies(db: Db | Tx, taskIds: string[]): Promise<Map<string, number>> {
  const rows = await executeNamed<{ taskId: string; count: number }>(
    db,
    sql`
    select task_id as "taskId", count(*)::int as count from agentrun_queue_dependencies
    where task_id = any(${textArray(taskIds)}) group by task_id`,
  );
  return new Map(rows.map(({ taskId, count }) => [taskId, count]));
}

/** What a task comes after, in the order in which that was said. */
export function readDependencies(
  db: Db | Tx,
  taskId: string,
): Promise<(Dependency & { onFailed: OnDependencyFailed })[]> {
  return executeNamed(
    db,
    sql`
    select dependency.id as "taskId", dependency.title, dependency.state, known.on_failed as "onFailed"
    from agentrun_queue_dependencies known join agentrun_queue_tasks dependency on dependency.id = known.depends_on_id
    where known.task_id = ${taskId} order by known.place, dependency.created_at, dependency.id`,
  );
}
