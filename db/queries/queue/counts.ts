import { type SQL, sql } from "drizzle-orm";
import type { TaskState } from "@/contract/queue";
import type { Db, Tx } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";

export type TaskCount = {
  tenantId: string;
  projectId: string;
  queue: string;
  lane: string;
  backendProfile: string;
  state: TaskState;
  tasks: number;
};
export type CountScope = { tenantId?: string | null; projectId?: string; queue?: string; lane?: string };

/**
 * Counts the tasks of each kind: the folded counts and the changes since, read at one moment, so that they equal a
 * count of the table at that moment.
 */
export async function readTaskCounts(db: Db | Tx, scope: CountScope): Promise<TaskCount[]> {
  const inScope = matchScope(scope);
  return executeNamed<TaskCount>(
    db,
    sql`
    select tenant_id as "tenantId", project_id as "projectId", queue, lane, backend_profile as "backendProfile", state,
      sum(tasks)::float8 as tasks
    from (
      select tenant_id, project_id, queue, lane, backend_profile, state, tasks from agentrun_queue_counts where ${inScope}
      union all
      select tenant_id, project_id, queue, lane, backend_profile, state, entered - gone from agentrun_queue_count_changes
      where ${inScope}) counted
    group by tenant_id, project_id, queue, lane, backend_profile, state
    having sum(tasks) <> 0`,
  );
}

function matchScope({ tenantId, projectId, queue, lane }: CountScope): SQL {
  const conditions = [
    typeof tenantId === "string" ? sql`tenant_id = ${tenantId}` : undefined,
    projectId === undefined ? undefined : sql`project_id = ${projectId}`,
    queue === undefined ? undefined : sql`queue = ${queue}`,
    lane === undefined ? undefined : sql`lane = ${lane}`,
  ].filter((condition) => condition !== undefined);
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** The sum of the changes of one lane that were folded together. */
export type LaneMoves = {
  tenantId: string;
  queue: string;
  lane: string;
  added: number;
  started: number;
  completed: number;
  failed: number;
  cancelled: number;
};

/**
 * Adds the oldest changes to their counts, within the caller's transaction. Returns the number of changes folded, and
 * their sums by lane.
 */
export async function foldTaskCounts(tx: Tx, max: number): Promise<{ folded: number; lanes: LaneMoves[] }> {
  const { rows } = await tx.execute<LaneMoves & { folded: number }>(sql`
    with gone as (
      delete from agentrun_queue_count_changes where id in (
        select id from agentrun_queue_count_changes order by id limit ${max} for update skip locked)
      returning *),
    summed as (
      select tenant_id, project_id, queue, lane, backend_profile, state, sum(entered - gone) as tasks from gone
      group by tenant_id, project_id, queue, lane, backend_profile, state),
    folded as (
      insert into agentrun_queue_counts as counts (tenant_id, project_id, queue, lane, backend_profile, state, tasks)
      select * from summed where tasks <> 0
      order by tenant_id, project_id, queue, lane, backend_profile, state
      on conflict (tenant_id, project_id, queue, lane, backend_profile, state)
      do update set tasks = counts.tasks + excluded.tasks)
    select tenant_id as "tenantId", queue, lane, count(*)::int as folded,
      coalesce(sum(entered) filter (where state = 'pending'), 0)::float8 as added,
      -- A task that another program runs was never dispatched.
      (coalesce(sum(entered) filter (where state = 'dispatched'), 0) + greatest(0,
        coalesce(sum(entered) filter (where state = 'running'), 0)
        - coalesce(sum(gone) filter (where state = 'dispatched'), 0)))::float8 as started,
      coalesce(sum(entered) filter (where state = 'completed'), 0)::float8 as completed,
      coalesce(sum(entered) filter (where state = 'failed'), 0)::float8 as failed,
      coalesce(sum(entered) filter (where state = 'cancelled'), 0)::float8 as cancelled
    from gone group by tenant_id, queue, lane`);
  return { folded: rows.reduce((sum, row) => sum + row.folded, 0), lanes: rows };
}
