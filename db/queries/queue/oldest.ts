import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** Maximum queues of a tenant that are looked at, and tasks of each: those that have waited longest. */
const QUEUES_MAX = 20;
const TASKS_MAX = 100;

export type OldestTask = { tenantId: string; queue: string; lane: string; sinceMs: number };

/**
 * Returns for each lane since when its longest-waiting task waits for a slot. An index has a queue's tasks in that
 * order, whatever their lane. A lane whose oldest task is not among the first of its queue is left out, and so is every
 * lane where there are too many queues.
 */
export async function readOldestTasks(
  db: Db,
  queues: readonly { tenantId: string; queue: string }[],
): Promise<OldestTask[]> {
  if (queues.length === 0 || queues.length > QUEUES_MAX) return [];
  const { rows } = await db.execute<OldestTask>(sql`
    select place."tenantId", place.queue, head.lane, (extract(epoch from min(head.ready_at)) * 1000)::float8 as "sinceMs"
    from jsonb_to_recordset(${JSON.stringify(queues)}::jsonb) as place ("tenantId" text, queue text)
    cross join lateral (
      select lane, ready_at from agentrun_queue_tasks
      where tenant_id = place."tenantId" and queue = place.queue and state = 'pending' and not_before is null
      order by ready_at limit ${TASKS_MAX}) head
    group by place."tenantId", place.queue, head.lane`);
  return rows;
}
