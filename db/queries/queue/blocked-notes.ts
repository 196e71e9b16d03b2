import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";
import { type Lane, type ReadyTask, WAITS } from "./dispatch";

/** Returns distinct notes of what tasks wait for, in order, after a given note. */
export async function readBlockers(db: Db | Tx, after: string, max: number): Promise<string[]> {
  const rows = await executeNamed<{ on: string }>(
    db,
    sql`
    with recursive blockers as (
      (select blocked_on from agentrun_queue_tasks where ${WAITS} and blocked_on > ${after} order by blocked_on limit 1)
      union all
      select (select task.blocked_on from agentrun_queue_tasks task
        where ${WAITS} and task.blocked_on > blockers.blocked_on order by task.blocked_on limit 1)
      from blockers where blockers.blocked_on is not null)
    select blocked_on as on from blockers where blocked_on is not null limit ${max}`,
  );
  return rows.map((row) => row.on);
}

export type NotedLane = Lane & { on: string };

/**
 * Returns the lanes of the tasks with the given notes, by skipping from one lane to the next in the index, however many
 * tasks they hold.
 */
export async function readNotedLanes(tx: Tx, notes: string[]): Promise<NotedLane[]> {
  if (notes.length === 0) return [];
  return executeNamed<NotedLane>(
    tx,
    sql`
    with recursive noted as (
      select first.* from unnest(${hiddenArray(textArray(notes))}) as note (note) cross join lateral (
        select blocked_on, tenant_id, queue, lane from agentrun_queue_tasks where ${WAITS} and blocked_on = note.note
        order by tenant_id, queue, lane limit 1) first
      union all
      select next.* from noted cross join lateral (
        select task.blocked_on, task.tenant_id, task.queue, task.lane from agentrun_queue_tasks task
        where ${WAITS} and task.blocked_on = noted.blocked_on
          and (task.tenant_id, task.queue, task.lane) > (noted.tenant_id, noted.queue, noted.lane)
        order by task.tenant_id, task.queue, task.lane limit 1) next)
    select blocked_on as on, tenant_id as "tenantId", queue, lane from noted`,
  );
}

/** Clears the note of the first tasks of some lanes that wait for something of which `slots` slots are free. */
export async function unblock(tx: Tx, on: string, { lanes, slots }: { lanes: Lane[]; slots: number }): Promise<void> {
  const column = (key: keyof Lane) => hiddenArray(textArray(lanes.map((lane) => lane[key])));
  await executeNamed(
    tx,
    sql`
    update agentrun_queue_tasks set blocked_on = null where id in (
      select task.id from agentrun_queue_tasks task join (
        select head.* from unnest(${column("tenantId")}, ${column("queue")}, ${column("lane")}) as place (tenant_id, queue, lane)
        cross join lateral (
          select id, priority, created_at from agentrun_queue_tasks noted
          where ${WAITS} and blocked_on = ${on}
            and noted.tenant_id = place.tenant_id and noted.queue = place.queue and noted.lane = place.lane
          order by priority desc, created_at, id limit ${slots}) head
        order by head.priority desc, head.created_at, head.id limit ${slots}) first on first.id = task.id
      where ${WAITS} and task.blocked_on = ${on} for no key update of task skip locked)`,
  );
}

/**
 * Notes what tasks wait for, so that no further pass looks at them until it is free. A task that somebody is changing,
 * or that was moved since it was looked at, is left to the next pass.
 */
export async function noteBlocked(tx: Tx, blocked: { task: ReadyTask; on: string }[]): Promise<void> {
  if (blocked.length === 0) return;
  const column = (value: (note: { task: ReadyTask; on: string }) => string) =>
    hiddenArray(textArray(blocked.map(value)));
  await executeNamed(
    tx,
    sql`
    update agentrun_queue_tasks task set blocked_on = held.blocker from (
      select waiting.id, note.blocker
      from unnest(${column(({ task }) => task.id)}, ${column(({ task }) => task.queue)}, ${column(({ task }) => task.lane)},
        ${column(({ on }) => on)}) as note (id, queue, lane, blocker)
      join agentrun_queue_tasks waiting on waiting.id = note.id and waiting.queue = note.queue and waiting.lane = note.lane
      where waiting.state = 'pending' and waiting.not_before is null and waiting.blocked_on is null
      for no key update of waiting skip locked) held
    where task.id = held.id`,
  );
}
