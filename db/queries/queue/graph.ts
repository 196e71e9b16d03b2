import { sql } from "drizzle-orm";
import { GRAPH_TASKS_MAX } from "@/contract/queue-graph";
import type { OnDependencyFailed } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import { hiddenArray, textArray } from "@/db/queries/sql/arrays";
import { executeNamed } from "@/db/queries/sql/named";

// Each walk is cut off by the limit of what reads it: PostgreSQL makes no more rows of a recursion than are read. A limit
// within each step keeps its plan to the index, so that a task that a hundred thousand come after costs what is shown of
// it; of so many neighbours at least one is new, as long as more are wanted. Rows are ids alone, so that a task is walked through once on whatever ways it is reached.
const STEP = sql.raw(`limit ${GRAPH_TASKS_MAX + 1}`);
const BEFORE = sql`select depends_on_id as id from agentrun_queue_dependencies where task_id = reached.id
  order by depends_on_id ${STEP}`;
const AFTER = sql`select task_id as id from agentrun_queue_dependencies where depends_on_id = reached.id
  order by task_id ${STEP}`;

/** What a task comes after and what comes after it, over any number of steps: the nearest first, so many of each. */
export async function walkGraph(
  db: Db | Tx,
  taskId: string,
  max: number,
): Promise<{ before: string[]; after: string[] }> {
  const walk = (step: typeof BEFORE) => sql`
    with recursive reached as (
      select ${taskId}::text as id union select next.id from reached cross join lateral (${step}) next)
    select id from reached offset 1 limit ${max}::bigint`;
  const [found] = await executeNamed<{ before: string[]; after: string[] }>(
    db,
    sql`select array(${walk(BEFORE)}) as before, array(${walk(AFTER)}) as after`,
  );
  return found ?? { before: [], after: [] };
}

/** Some tasks and what is connected with them over any steps, to and fro: the nearest first, so many with them. */
export async function walkAround(db: Db | Tx, taskIds: string[], max: number): Promise<string[]> {
  const rows = await executeNamed<{ id: string }>(
    db,
    sql`
    with recursive reached as (
      select id from unnest(${hiddenArray(textArray(taskIds))}) known (id)
      union
      select next.id from reached cross join lateral ((${BEFORE}) union all (${AFTER})) next)
    select id from reached limit ${max}::bigint`,
  );
  return rows.map(({ id }) => id);
}

export type Neighbours = { id: string; before: string[]; onFailed: OnDependencyFailed | null; afterCount: number };

/** Of some tasks, what each comes directly after, and how many come directly after it, as far as they are counted. */
export function readNeighbours(db: Db | Tx, taskIds: string[], countedMax: number): Promise<Neighbours[]> {
  return executeNamed(
    db,
    sql`
    select shown.id, before.ids as before, before.on_failed as "onFailed", after.count as "afterCount"
    from unnest(${hiddenArray(textArray(taskIds))}) shown (id)
    cross join lateral (
      select coalesce(array_agg(depends_on_id order by depends_on_id), '{}') as ids, min(on_failed) as on_failed
      from agentrun_queue_dependencies where task_id = shown.id) before
    cross join lateral (
      select count(*)::int as count from (
        -- Without an order, one after which most come has them all be read for each of the others.
        select from agentrun_queue_dependencies where depends_on_id = shown.id order by task_id limit ${countedMax}::bigint) counted) after`,
  );
}
