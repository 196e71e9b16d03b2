import { and, type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";
import { queueTasks } from "@/db/schema";
import { kindConditions, matchesTasks, selectKinds, type TaskListFilter } from "./list";

/** A task's place among those that changed last. The transaction id is the database's own text. */
export type NewestPosition = { changeXid: string; version: number; id: string };

/** Up to this number of tasks are all sorted; beyond it, only the last to change are looked at. */
const SORTED_MAX = 2_000;
/** Maximum tasks looked at for each page in that case. The page may then be short, and its cursor continues. */
const SCANNED_MAX = 1_000;

/**
 * Returns the places of a page of tasks by when they last changed, newest first. Where the counters know few tasks of
 * these kinds, all of them are read, whenever they changed. Otherwise the last changes are read, a bounded number for
 * each page. `last` is how far a short page has looked.
 */
export async function readNewestTasks(
  db: Db,
  filter: TaskListFilter,
  { after, count }: { after: NewestPosition | null; count: number },
): Promise<{ places: NewestPosition[]; last: NewestPosition | null }> {
  if ((await countKnown(db, filter)) <= SORTED_MAX) {
    const { rows } = await db.execute<NewestPosition>(sql`
      select ${PLACE} from (${selectKinds(filter)}) kind
      cross join lateral (select id from agentrun_queue_tasks
        where tenant_id = kind.tenant_id and project_id = kind.project_id and queue = kind.queue
          and lane = kind.lane and state = kind.state limit ${SORTED_MAX}) known
      join agentrun_queue_tasks on agentrun_queue_tasks.id = known.id
      where ${and(matchesTasks(filter), isAfter(after)) ?? sql`true`} ${NEWEST_FIRST} limit ${count}`);
    return { places: rows, last: null };
  }
  const { tenantIds } = filter;
  const ofTenant = and(...tenantIds.map((tenantId) => sql`tenant_id = ${tenantId}`), isAfter(after)) ?? sql`true`;
  const { rows } = await db.execute<NewestPosition & { isMatch: boolean }>(sql`
    select ${PLACE}, ${matchesTasks(filter) ?? sql`true`} as "isMatch"
    from (select id from agentrun_queue_tasks where ${ofTenant} ${NEWEST_FIRST} limit ${SCANNED_MAX}) head
    join agentrun_queue_tasks on agentrun_queue_tasks.id = head.id ${NEWEST_FIRST}`);
  const places = rows
    .filter(({ isMatch }) => isMatch)
    .slice(0, count)
    .map(({ isMatch: _isMatch, ...place }) => place);
  const scanned = rows.length === SCANNED_MAX ? rows.at(-1) : undefined;
  return { places, last: places.length < count ? (scanned ?? null) : null };
}

const PLACE = sql`agentrun_queue_tasks.id, agentrun_queue_tasks.change_xid::text as "changeXid",
  agentrun_queue_tasks.version::float8 as version`;
const NEWEST_FIRST = sql`order by agentrun_queue_tasks.change_xid desc, agentrun_queue_tasks.version desc,
  agentrun_queue_tasks.id desc`;

function isAfter(place: NewestPosition | null): SQL | undefined {
  if (place === null) return undefined;
  const { changeXid, version, id } = place;
  return sql`(${queueTasks.changeXid}, ${queueTasks.version}, ${queueTasks.id})
    < (${changeXid}::text::xid8, ${version}::bigint, ${id})`;
}

/** Returns how many tasks of a filter's kinds the counters know. */
async function countKnown(db: Db, filter: TaskListFilter): Promise<number> {
  const where = kindConditions(filter);
  const [row] = await executeNamed<{ tasks: number }>(
    db,
    sql`select coalesce(sum(tasks), 0)::float8 as tasks from (
      select tasks from agentrun_queue_counts where ${where}
      union all select entered - gone from agentrun_queue_count_changes where ${where}) counted`,
  );
  return row?.tasks ?? 0;
}
