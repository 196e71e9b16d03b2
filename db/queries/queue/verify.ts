import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import type { TaskCount } from "./counts";

export type CountDifferenceRow = Omit<TaskCount, "tasks"> & { counted: number; inTable: number };
export type Recount = { tasks: number; kinds: number; differing: number; differences: CountDifferenceRow[] };

/**
 * Counts the table and compares each kind of task with the counters, in one statement, so that both are of one moment
 * whoever writes meanwhile.
 */
export async function recountTasks(db: Db | Tx, max: number): Promise<Recount> {
  const kind = sql`tenant_id, project_id, queue, lane, backend_profile, state`;
  const { rows } = await db.execute<Recount>(sql`
    with counted as (
      select ${kind}, sum(tasks) as tasks from (
        select ${kind}, tasks from agentrun_queue_counts
        union all select ${kind}, entered - gone from agentrun_queue_count_changes) counters
      group by ${kind} having sum(tasks) <> 0),
    actual as (select ${kind}, count(*) as tasks from agentrun_queue_tasks group by ${kind}),
    both_of as materialized (
      select ${kind}, coalesce(counted.tasks, 0)::float8 as counted, coalesce(actual.tasks, 0)::float8 as in_table
      from counted full join actual using (${kind})),
    differing as (select * from both_of where counted <> in_table)
    select coalesce(sum(in_table), 0)::float8 as tasks, count(*)::int as kinds,
      (select count(*)::int from differing) as differing,
      coalesce((select jsonb_agg(jsonb_build_object('tenantId', tenant_id, 'projectId', project_id, 'queue', queue,
          'lane', lane, 'backendProfile', backend_profile, 'state', state, 'counted', counted, 'inTable', in_table))
        from (select * from differing order by ${kind} limit ${max}) first), '[]') as differences
    from both_of`);
  return rows[0] ?? { tasks: 0, kinds: 0, differing: 0, differences: [] };
}
