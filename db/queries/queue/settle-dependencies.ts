import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";
import { HAS_FAILED, IS_SATISFIED } from "./dependencies";
import { HELD } from "./held-until";

/** `endedId`: all tasks that depend on it are to be judged, starting after `judgedTo`; else `taskId` alone. */
export type DependencyRecheck = { id: string; endedId: string | null; judgedTo: string; taskId: string | null };

const IS_HELD = sql`state = 'pending' and not_before = ${HELD}`;

/** Whether a doubt is to be judged now: it was not put off. */
export const IS_DUE = sql`(retry_at is null or retry_at <= clock_timestamp())`;

/** Takes what is to be judged, oldest first; leaves out what another worker is judging. */
export function takeDoubts(tx: Tx, max: number): Promise<DependencyRecheck[]> {
  return executeNamed<DependencyRecheck>(
    tx,
    sql`
    select id, ended_id as "endedId", judged_to as "judgedTo", task_id as "taskId"
    from agentrun_queue_dependency_doubts where ${IS_DUE} order by id limit ${sql.raw(String(max))} for update skip locked`,
  );
}

/** Returns the next tasks that depend on each ended task, at most `each` of them. */
export function readDependents(
  tx: Tx,
  doubts: DependencyRecheck[],
  each: number,
): Promise<{ endId: string; taskId: string }[]> {
  const column = (value: (doubt: DependencyRecheck) => string) => hiddenArray(textArray(doubts.map(value)));
  return executeNamed(
    tx,
    sql`
    select noted.id as "endId", next.task_id as "taskId"
    from unnest(${column(({ id }) => id)}, ${column(({ endedId }) => endedId ?? "")}, ${column(({ judgedTo }) => judgedTo)})
      as noted (id, ended_id, judged_to)
    cross join lateral (
      select task_id from agentrun_queue_dependencies
      where depends_on_id = noted.ended_id and task_id > noted.judged_to order by task_id limit ${each}) next
    order by noted.id, next.task_id`,
  );
}

/** Removes the doubts that are done, and records how far the others were judged. */
export async function keepDoubts(
  tx: Tx,
  doubts: DependencyRecheck[],
  unfinished: { id: string; judgedTo: string }[],
): Promise<void> {
  const ids = hiddenArray(textArray(unfinished.map(({ id }) => id)));
  await executeNamed(
    tx,
    sql`
    with going_on as (
      update agentrun_queue_dependency_doubts kept set judged_to = noted.judged_to
      from unnest(${ids}, ${hiddenArray(textArray(unfinished.map(({ judgedTo }) => judgedTo)))}) as noted (id, judged_to)
      where kept.id = noted.id::bigint)
    delete from agentrun_queue_dependency_doubts
    where id in (select unnest(${hiddenArray(textArray(doubts.map(({ id }) => id)))})::bigint except select unnest(${ids})::bigint)`,
  );
}

/**
 * Puts off the judgement of a task that could not be judged: of the one that a doubt names, or of the next dependent of
 * an ended task, after which the others go on. The first delay is two seconds, and each later one twice as long, up to
 * about ten minutes. Does nothing where another worker has judged or taken it meanwhile.
 */
export async function putOffDoubt(tx: Tx, doubt: DependencyRecheck, taskId: string | null): Promise<void> {
  const unchanged = sql`id = ${doubt.id}::bigint and judged_to = ${doubt.judgedTo}`;
  const isOwn = doubt.endedId === null || taskId === null;
  if (isOwn)
    await executeNamed(
      tx,
      sql`
      update agentrun_queue_dependency_doubts set tries = tries + 1,
        retry_at = clock_timestamp() + interval '2 seconds' * power(2, least(tries, 8))
      where ${unchanged}`,
    );
  else
    await executeNamed(
      tx,
      sql`
      with passed as (
        update agentrun_queue_dependency_doubts set judged_to = ${taskId} where ${unchanged} returning id)
      insert into agentrun_queue_dependency_doubts (task_id, tries, retry_at)
      select ${taskId}, 1, clock_timestamp() + interval '2 seconds' from passed`,
    );
}

/**
 * Locks the given tasks that still wait for others. A task that somebody else is changing is noted, to be judged later.
 */
export async function lockHeld(tx: Tx, taskIds: string[]): Promise<{ locked: string[]; missed: number }> {
  const rows = await executeNamed<{ id: string }>(
    tx,
    sql`
    select id from agentrun_queue_tasks where id = any(${textArray(taskIds)}) and ${IS_HELD}
    order by id for no key update skip locked`,
  );
  const locked = new Set(rows.map(({ id }) => id));
  const unlocked = taskIds.filter((id) => !locked.has(id));
  if (unlocked.length === 0) return { locked: [...locked], missed: 0 };
  const missed = await executeNamed<{ id: string }>(
    tx,
    sql`
    insert into agentrun_queue_dependency_doubts (task_id)
    select id from agentrun_queue_tasks where id = any(${textArray(unlocked)}) and ${IS_HELD} returning id`,
  );
  return { locked: [...locked], missed: missed.length };
}

export type SettledTask = { id: string; tenantId: string; state: "pending" | "failed"; failureMessage: string | null };

/**
 * Judges locked tasks by the state of their dependencies. A task that waits for nothing more becomes ready or due; one
 * whose dependency failed fails too where it is set to; one that comes to wait for a person is noted, so that webhooks
 * are sent it once. Must be a statement that begins after the tasks were locked.
 */
export function settleHeld(tx: Tx, taskIds: string[]): Promise<SettledTask[]> {
  return executeNamed<SettledTask>(
    tx,
    sql`
    with judged as (
      select held.id,
        coalesce(bool_and(${IS_SATISFIED}), true) as is_free,
        min(dependency.id || ', which ' || case dependency.state when 'failed' then 'failed' else 'was cancelled' end)
          filter (where known.on_failed = 'fail' and ${HAS_FAILED}) as failed
      from unnest(${hiddenArray(textArray(taskIds))}) as held (id)
      left join agentrun_queue_dependencies known on known.task_id = held.id
      left join agentrun_queue_tasks dependency on dependency.id = known.depends_on_id
      group by held.id
    ), held_up as (
      insert into agentrun_queue_failed_dependencies (tenant_id, task_id)
      select distinct dependency.tenant_id, dependency.id from judged
      join agentrun_queue_dependencies known on known.task_id = judged.id
      join agentrun_queue_tasks dependency on dependency.id = known.depends_on_id
      where judged.failed is null and known.on_failed = 'hold' and ${HAS_FAILED}
      order by 1, 2
      -- Waits for who is about to forget it, and holds off who would.
      on conflict (tenant_id, task_id) do update set tenant_id = excluded.tenant_id
    ), failing as (
      select task.id, task.ready_at, dependency.id as failed_id, dependency.ready_at as failed_ready_at from judged
      join agentrun_queue_tasks task on task.id = judged.id
      join agentrun_queue_dependencies known on known.task_id = judged.id
      join agentrun_queue_tasks dependency on dependency.id = known.depends_on_id
      where judged.failed is null and known.on_failed = 'hold' and ${HAS_FAILED}
    ), told as (
      insert into agentrun_queue_held_tasks as held (task_id, ready_at, failed_id, failed_ready_at)
      select distinct on (id) id, ready_at, failed_id, failed_ready_at from failing
      where not exists (
        select from agentrun_queue_held_tasks known join failing lasting
          on (lasting.id, lasting.ready_at, lasting.failed_id, lasting.failed_ready_at)
            = (known.task_id, known.ready_at, known.failed_id, known.failed_ready_at)
        where known.task_id = failing.id)
      order by id, failed_id
      on conflict (task_id) do update set ready_at = excluded.ready_at, failed_id = excluded.failed_id,
        failed_ready_at = excluded.failed_ready_at
    ), untold as (
      delete from agentrun_queue_held_tasks
      where task_id in (select id from judged except select id from failing))
    update agentrun_queue_tasks task set
      state = case when failed is null then 'pending' else 'failed' end,
      not_before = case when failed is null and run_at > clock_timestamp() then run_at end,
      ready_at = clock_timestamp(),
      failure_kind = case when failed is not null then 'cancelled' end,
      dead_letter = case when failed is not null then 'dependency-failed' end,
      failure_message = 'it comes after ' || failed
    from judged where task.id = judged.id and (is_free or failed is not null)
    returning task.id, task.tenant_id as "tenantId", task.state, task.failure_message as "failureMessage"`,
  );
}

const IS_OVER = sql`
  not exists (
    select from agentrun_queue_tasks dependency
    join agentrun_queue_dependencies known on known.depends_on_id = dependency.id and known.on_failed = 'hold'
    join agentrun_queue_tasks task on task.id = known.task_id
    where dependency.id = failed.task_id and ${HAS_FAILED} and task.state = 'pending' and task.not_before = ${HELD})`;

/**
 * Removes tasks that no other task waits for any more, or that are no longer failed. They are checked again once
 * locked. If such a task fails again meanwhile, whoever judges its dependents waits for this lock and then notes it
 * again.
 */
export async function forgetFailedDependencies(tx: Tx, max: number): Promise<void> {
  const finished = await executeNamed<{ taskId: string }>(
    tx,
    sql`
    select failed.task_id as "taskId" from agentrun_queue_failed_dependencies failed where ${IS_OVER}
    limit ${sql.raw(String(max))} for update skip locked`,
  );
  if (finished.length === 0) return;
  const ids = hiddenArray(textArray(finished.map(({ taskId }) => taskId)));
  await executeNamed(
    tx,
    sql`
    delete from agentrun_queue_failed_dependencies failed where task_id in (select unnest(${ids})) and ${IS_OVER}`,
  );
}
