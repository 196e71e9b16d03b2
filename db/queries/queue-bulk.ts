import { type SQL, sql } from "drizzle-orm";
import type { BulkOutcome } from "@/contract/queue-bulk";
import type { Tx } from "@/db/client";
import { type QueueBulkActionRow, queueTasks } from "@/db/schema";

export type NewBulk = Pick<
  QueueBulkActionRow,
  "id" | "tenantId" | "projectId" | "action" | "filter" | "priority" | "queue" | "lane" | "reason" | "createdBy"
>;
/** A place in the order of a bulk action, which has a task. */
export type BulkPlace = { bulkId: string; place: number };

/** Matching and noting many tasks takes longer than other statements may. */
const TAKE_TIMEOUT = "30s";

/**
 * Makes a bulk action of all tasks that match at this moment, in the order of the screen: in one statement, so that it
 * is of one moment. Where more than `max` match none is made. Answers how many match.
 */
export async function takeMatching(tx: Tx, bulk: NewBulk, { matches, max }: { matches: SQL; max: number }) {
  await tx.execute(sql`set local statement_timeout = ${sql.raw(`'${TAKE_TIMEOUT}'`)}`);
  const { rows } = await tx.execute<{ total: number }>(sql`
    with matched as materialized (
      select id, (row_number() over (order by priority desc, created_at, id))::int as place
      from (
        select ${queueTasks.id}, ${queueTasks.priority}, ${queueTasks.createdAt}
        from ${queueTasks} where ${matches} limit ${max + 1}) found),
    counted as (select count(*)::int as total from matched),
    made as (
      insert into agentrun_queue_bulk_actions
        (id, tenant_id, project_id, action, filter, priority, queue, lane, reason, created_by, total, state, ended_at)
      select ${bulk.id}, ${bulk.tenantId}, ${bulk.projectId}, ${bulk.action}, ${JSON.stringify(bulk.filter)}::jsonb,
        ${bulk.priority}::int, ${bulk.queue}, ${bulk.lane}, ${bulk.reason}, ${bulk.createdBy}, total,
        case when total = 0 then 'completed' else 'pending' end, case when total = 0 then clock_timestamp() end
      from counted where total <= ${max}
      returning id),
    taken as (
      insert into agentrun_queue_bulk_results (bulk_id, place, task_id)
      select made.id, matched.place, matched.id from made cross join matched)
    select total from counted`);
  return rows[0]?.total ?? 0;
}

/** The first tasks of a bulk action that are not dealt with. */
export async function readOpenPlaces(tx: Pick<Tx, "execute">, bulkId: string, max: number) {
  const { rows } = await tx.execute<{ place: number; taskId: string }>(sql`
    select place, task_id as "taskId" from agentrun_queue_bulk_results
    where bulk_id = ${bulkId} and outcome is null order by place limit ${max}`);
  return rows;
}

/** Locks a place that nobody has dealt with, or deals with now; false where there is none. */
export async function lockOpenPlace(tx: Tx, { bulkId, place }: BulkPlace): Promise<boolean> {
  const { rowCount } = await tx.execute(sql`
    select from agentrun_queue_bulk_results
    where bulk_id = ${bulkId} and place = ${place} and outcome is null for update skip locked`);
  return rowCount === 1;
}

/**
 * Notes what became of a locked place and counts it. False where the bulk action has been aborted: what was done for
 * the place must not be committed. The action's row is locked last, so that it is held but for a moment.
 */
export async function endPlace(
  tx: Tx,
  { bulkId, place }: BulkPlace,
  { outcome, message }: { outcome: BulkOutcome; message: string | null },
): Promise<boolean> {
  await tx.execute(sql`
    update agentrun_queue_bulk_results set outcome = ${outcome}, message = ${message}
    where bulk_id = ${bulkId} and place = ${place}`);
  const isLast = sql`done + unchanged + refused + 1 >= total`;
  const { rowCount } = await tx.execute(sql`
    update agentrun_queue_bulk_actions set ${sql.identifier(outcome)} = ${sql.identifier(outcome)} + 1,
      state = case when ${isLast} then 'completed' else 'running' end,
      ended_at = case when ${isLast} then clock_timestamp() end
    where id = ${bulkId} and ended_at is null`);
  return rowCount === 1;
}

/** Removes a part of what is kept of bulk actions that ended so long ago. Answers how many rows went. */
export async function removeOldBulk(tx: Tx, keptMs: number, max: number): Promise<number> {
  const old = sql`ended_at < clock_timestamp() - ${keptMs} * interval '1 millisecond'`;
  const results = await tx.execute(sql`
    delete from agentrun_queue_bulk_results where (bulk_id, place) in (
      select result.bulk_id, result.place from agentrun_queue_bulk_results result
      join (select id from agentrun_queue_bulk_actions where ${old} order by created_at limit 1) bulk
        on bulk.id = result.bulk_id
      limit ${max})`);
  if ((results.rowCount ?? 0) === max) return max;
  const actions = await tx.execute(sql`
    delete from agentrun_queue_bulk_actions where id in (
      select id from agentrun_queue_bulk_actions bulk where ${old} and not exists (
        select from agentrun_queue_bulk_results where bulk_id = bulk.id)
      order by created_at limit 100)`);
  return (results.rowCount ?? 0) + (actions.rowCount ?? 0);
}
