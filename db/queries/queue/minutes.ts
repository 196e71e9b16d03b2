import { sql } from "drizzle-orm";
import type { QueueHistoryInput, QueueMinute } from "@/contract/queue-commander";
import type { Db, Tx } from "@/db/client";
import type { LaneMoves } from "./counts";

/** What waits and runs in each lane that holds any, by the folded counts. */
const DEPTHS = sql`
  select tenant_id, queue, lane, coalesce(sum(tasks) filter (where state = 'pending'), 0) as waiting,
    coalesce(sum(tasks) filter (where state in ('dispatched', 'running')), 0) as running
  from agentrun_queue_counts`;

/** Adds folded changes to the current minute, with what waits and runs after them: the last fold of a minute stays. */
export async function noteMoves(tx: Tx, lanes: LaneMoves[]): Promise<void> {
  if (lanes.length === 0) return;
  await tx.execute(sql`
    insert into agentrun_queue_minutes as minutes
      (minute, tenant_id, queue, lane, waiting, running, added, started, completed, failed, cancelled)
    select date_trunc('minute', clock_timestamp()), move."tenantId", move.queue, move.lane,
      coalesce(depth.waiting, 0), coalesce(depth.running, 0),
      move.added, move.started, move.completed, move.failed, move.cancelled
    from jsonb_to_recordset(${JSON.stringify(lanes)}::jsonb) as move ("tenantId" text, queue text, lane text,
      added bigint, started bigint, completed bigint, failed bigint, cancelled bigint)
    left join (${DEPTHS} group by tenant_id, queue, lane) depth
      on depth.tenant_id = move."tenantId" and depth.queue = move.queue and depth.lane = move.lane
    order by 2, 3, 4
    on conflict (minute, tenant_id, queue, lane) do update set
      waiting = excluded.waiting, running = excluded.running, added = minutes.added + excluded.added,
      started = minutes.started + excluded.started, completed = minutes.completed + excluded.completed,
      failed = minutes.failed + excluded.failed, cancelled = minutes.cancelled + excluded.cancelled`);
}

/** Records what waits and runs in the deepest lanes in which nothing happens, once a minute. */
export async function noteDepths(tx: Tx, max: number): Promise<void> {
  await tx.execute(sql`
    insert into agentrun_queue_minutes (minute, tenant_id, queue, lane, waiting, running)
    select date_trunc('minute', clock_timestamp()), depth.* from (
      ${DEPTHS} where state in ('pending', 'dispatched', 'running')
      group by tenant_id, queue, lane having sum(tasks) > 0
      order by sum(tasks) desc, tenant_id, queue, lane limit ${max}) depth
    on conflict do nothing`);
}

/** Removes minutes older than the time to keep. Returns their number. */
export async function removeOldMinutes(tx: Tx, keptMs: number, max: number): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    delete from agentrun_queue_minutes where ctid = any(array(
      select ctid from agentrun_queue_minutes
      where minute < clock_timestamp() - ${keptMs} * interval '1 millisecond' order by minute limit ${max}))`);
  return rowCount ?? 0;
}

export type HistoryRow = Omit<QueueMinute, "minute"> & { atMs: number };

/**
 * Returns lanes' steps of a number of minutes: what happened in each, and what waited and ran in its last recorded
 * minute.
 */
export async function readHistory(
  db: Db,
  { tenantId, queue, lane }: Pick<QueueHistoryInput, "queue" | "lane"> & { tenantId: string | null },
  { from, stepMinutes, lanesMax }: { from: Date; stepMinutes: number; lanesMax: number },
): Promise<{ rows: HistoryRow[]; lanes: number }> {
  const fromAt = sql`${from.toISOString()}::timestamptz`;
  const { rows } = await db.execute<HistoryRow & { lanes: number }>(sql`
    with seen as materialized (
      select minute, queue, lane, sum(waiting) as waiting, sum(running) as running, sum(added) as added,
        sum(started) as started, sum(completed) as completed, sum(failed) as failed, sum(cancelled) as cancelled,
        date_bin(${stepMinutes} * interval '1 minute', minute, ${fromAt}) as step
      from agentrun_queue_minutes
      where minute >= ${fromAt} ${tenantId === null ? sql`` : sql`and tenant_id = ${tenantId}`}
        ${queue === undefined ? sql`` : sql`and queue = ${queue}`} ${lane === undefined ? sql`` : sql`and lane = ${lane}`}
      group by minute, queue, lane),
    ends as (select step, max(minute) as minute from seen group by step),
    busiest as (
      select queue, lane, count(*) over () as lanes from seen group by queue, lane
      order by sum(started + added) desc, max(waiting) desc, queue, lane limit ${lanesMax})
    select (extract(epoch from seen.step) * 1000)::float8 as "atMs", queue, lane,
      coalesce(sum(waiting) filter (where seen.minute = ends.minute), 0)::float8 as waiting,
      coalesce(sum(running) filter (where seen.minute = ends.minute), 0)::float8 as running,
      sum(added)::float8 as added, sum(started)::float8 as started, sum(completed)::float8 as completed,
      sum(failed)::float8 as failed, sum(cancelled)::float8 as cancelled, min(busiest.lanes)::int as lanes
    from seen join ends using (step) join busiest using (queue, lane)
    group by seen.step, queue, lane order by seen.step, queue, lane`);
  return { rows, lanes: rows[0]?.lanes ?? 0 };
}
