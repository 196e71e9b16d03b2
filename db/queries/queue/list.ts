import { and, eq, gt, type SQL, sql } from "drizzle-orm";
import type { MetadataFilter } from "@/contract/query/metadata";
import type { TaskState } from "@/contract/queue";
import type { TimeRange } from "@/contract/time-range";
import type { Db } from "@/db/client";
import { contains } from "@/db/queries/sql/contains";
import { hasMetadata } from "@/db/queries/sql/has-metadata";
import { isWithin } from "@/db/queries/sql/is-within";
import { executeNamed } from "@/db/queries/sql/named";
import { queueReadCursors, queueTasks } from "@/db/schema";
import { HELD } from "./held-until";

/** Which tasks are listed, also by when they were added. Every condition but the search is exact. */
export type TaskListFilter = TimeRange & {
  /** The caller's own tenant, and the one asked for. Two different ones match nothing. */
  tenantIds: string[];
  projectId?: string;
  queue?: string;
  lane?: string;
  state?: TaskState;
  /** Only tasks with a version above this one. */
  updatedAfter?: number;
  backendProfile?: string;
  sessionId?: string;
  failureKind?: string;
  concurrencyKey?: string;
  /** The id of a task: lists those that depend on it. */
  dependsOn?: string;
  parked?: boolean;
  /** Judged by the reader's marks. */
  unread?: boolean;
  readerId?: string;
  metadata?: MetadataFilter;
  search?: string;
};
/** A task's place in the order of the screen; the instant is the database's own text. */
export type TaskPosition = { priority: number; createdAt: string; id: string };

/** A full task id as this program makes them: it is looked up, not searched for. */
const TASK_ID = /^qt_[0-9a-f]{32}$/;
/**
 * Maximum tasks that one page looks at for conditions without an index. The page may then be short, and its cursor
 * continues.
 */
const SCANNED_MAX = 1_000;
/** Maximum kinds of tasks that a page is merged from. */
const KINDS_MAX = 500;
/** Tasks that wait for an instant. Up to this number of them, parked tasks are looked for among these. */
const NOT_DUE_MAX = 2_000;

/**
 * Returns the places of a page: the first tasks after a given place, by priority, age and id. `last` is how far a short
 * page has looked; null where the page is full or nothing is left.
 *
 * One index holds the tasks of each tenant, project, queue, lane and state together, in the order of the screen. The
 * counters know which of these kinds exist. So a page of any of these filters merges the heads of a few kinds and reads
 * nothing else, however rare the matching tasks are. Only where there are too many kinds, and for a search, the list is
 * read row by row, a bounded number for each page.
 */
export async function readTaskPositions(
  db: Db,
  filter: TaskListFilter,
  { after, count }: { after: TaskPosition | null; count: number },
): Promise<{ places: TaskPosition[]; last: TaskPosition | null }> {
  const source = await chooseSource(db, filter);
  const isScan = source.rest !== undefined;
  const { rows } = await db.execute<TaskPosition & { isMatch: boolean }>(sql`
    select head.id, head.priority, head.created_at::text as "createdAt", ${source.rest ?? sql`true`} as "isMatch"
    from (${source.heads(after, isScan ? SCANNED_MAX : count)}) head
    ${isScan ? sql`join agentrun_queue_tasks on agentrun_queue_tasks.id = head.id` : sql``}
    order by head.priority desc, head.created_at, head.id`);
  const places = rows.filter(({ isMatch }) => isMatch).slice(0, count);
  const scanned = isScan && rows.length === SCANNED_MAX ? rows.at(-1) : undefined;
  return { places, last: places.length < count ? (scanned ?? null) : null };
}

/** The conditions of a filter that are the same for every page. */
export function matchesTasks(filter: TaskListFilter): SQL | undefined {
  return and(
    ofKind(filter),
    filter.updatedAfter === undefined ? undefined : gt(queueTasks.version, filter.updatedAfter),
    looksFor(filter),
  );
}

/** Conditions that are checked task by task, since no index serves them. */
function looksFor(filter: TaskListFilter): SQL | undefined {
  const { backendProfile, sessionId, failureKind, concurrencyKey, dependsOn, parked, search } = filter;
  return and(
    backendProfile === undefined ? undefined : eq(queueTasks.backendProfile, backendProfile),
    sessionId === undefined ? undefined : eq(queueTasks.sessionId, sessionId),
    failureKind === undefined ? undefined : eq(queueTasks.failureKind, failureKind),
    concurrencyKey === undefined ? undefined : eq(queueTasks.concurrencyKey, concurrencyKey),
    dependsOn === undefined ? undefined : comesAfter(dependsOn),
    parked === undefined ? undefined : sql`(${IS_PARKED}) = ${parked}`,
    matchesReader(filter),
    hasMetadata(queueTasks.metadata, filter.metadata),
    matchesSearch(search),
    isWithin(queueTasks.createdAt, filter),
  );
}

const IS_PARKED = sql`${queueTasks.state} = 'pending' and ${queueTasks.parkedAt} is not null`;

function comesAfter(taskId: string): SQL {
  return sql`exists (select from agentrun_queue_dependencies known
    where known.task_id = ${queueTasks.id} and known.depends_on_id = ${taskId})`;
}

/** Whether a reader has read the current version of a task. */
function matchesReader({ unread, readerId }: TaskListFilter): SQL | undefined {
  if (unread === undefined || readerId === undefined) return undefined;
  const isRead = sql`exists (select 1 from ${queueReadCursors} where ${queueReadCursors.taskId} = ${queueTasks.id}
    and ${queueReadCursors.readerId} = ${readerId} and ${queueReadCursors.taskVersion} >= ${queueTasks.version})`;
  return unread ? sql`not ${isRead}` : isRead;
}

type Source = {
  /** Selects the first tasks after a place, in order: columns id, priority and created_at. */
  heads(after: TaskPosition | null, max: number): SQL;
  /** The remaining conditions; undefined where every task selected by `heads` matches. */
  rest: SQL | undefined;
};

async function chooseSource(db: Db, filter: TaskListFilter): Promise<Source> {
  const { tenantIds, projectId, queue, lane, state } = filter;
  const search = looksFor(filter);
  // A single task is found by its id, and recent changes by their version, whatever the kind; both are then sorted.
  if (filter.updatedAfter !== undefined || TASK_ID.test(filter.search ?? ""))
    return { heads: selectHeads(matchesTasks(filter)), rest: undefined };
  if (filter.dependsOn !== undefined) {
    const dependents = sql`select task_id from agentrun_queue_dependencies where depends_on_id = ${filter.dependsOn}`;
    return {
      heads: selectHeads(and(sql`${queueTasks.id} = any(array(${dependents}))`, matchesTasks(filter))),
      rest: undefined,
    };
  }
  if (filter.parked === true && (await areFewNotDue(db)))
    return {
      heads: selectHeads(and(sql`${queueTasks.id} = any(array(${NOT_DUE}))`, matchesTasks(filter))),
      rest: undefined,
    };
  const hasKind = projectId !== undefined || lane !== undefined || state !== undefined;
  const isIndexed = tenantIds.length === 0 || (tenantIds.length === 1 && queue !== undefined);
  if (!hasKind && isIndexed) return { heads: selectHeads(ofKind({ tenantIds, queue })), rest: search };
  if ((await countKinds(db, filter)) <= KINDS_MAX) return { heads: selectHeadsOfKinds(filter), rest: search };
  const rest = and(ofKind(filter), search) ?? sql`true`;
  // For a tenant, only its own tasks: a place among those of other tenants is nobody else's business.
  if (tenantIds.length > 0) return { heads: selectHeadsOfQueues({ tenantIds, queue }), rest };
  return { heads: selectHeads(ofKind({ tenantIds, queue })), rest };
}

/**
 * Tasks that wait for an instant or a person, from an index of their own. Parked tasks are among them; tasks that wait
 * for other tasks, however many, are not.
 */
const NOT_DUE = sql`select id from (
    select id from agentrun_queue_tasks where state = 'pending' and not_before < ${HELD}
    union all select id from agentrun_queue_tasks where state = 'pending' and not_before > ${HELD}) waiting
  limit ${NOT_DUE_MAX + 1}`;

async function areFewNotDue(db: Db): Promise<boolean> {
  const [row] = await executeNamed<{ tasks: number }>(db, sql`select count(*)::int as tasks from (${NOT_DUE}) waiting`);
  return (row?.tasks ?? 0) <= NOT_DUE_MAX;
}

/** Matches titles that contain the text, ignoring case, or the task with that id. */
export function matchesSearch(search: string | undefined): SQL | undefined {
  if (search === undefined || search === "") return undefined;
  if (TASK_ID.test(search)) return eq(queueTasks.id, search);
  return sql`(${contains(search, queueTasks.title)} or ${eq(queueTasks.id, search)})`;
}

function ofKind({ tenantIds, projectId, queue, lane, state }: TaskListFilter): SQL | undefined {
  return and(
    ...tenantIds.map((tenantId) => eq(queueTasks.tenantId, tenantId)),
    projectId === undefined ? undefined : eq(queueTasks.projectId, projectId),
    queue === undefined ? undefined : eq(queueTasks.queue, queue),
    lane === undefined ? undefined : eq(queueTasks.lane, lane),
    state === undefined ? undefined : eq(queueTasks.state, state),
  );
}

function selectHeads(matches: SQL | undefined): Source["heads"] {
  return (after, max) => {
    const parts = afterPosition(after).map(
      (isAfter) => sql`(select id, priority, created_at from agentrun_queue_tasks
        where ${and(matches, isAfter) ?? sql`true`} ${IN_ORDER} limit ${max})`,
    );
    return sql`select * from (${sql.join(parts, sql` union all `)}) part ${IN_ORDER} limit ${max}`;
  };
}

function selectHeadsOfKinds(filter: TaskListFilter): Source["heads"] {
  return selectHeadsOfEach(selectKinds(filter), ["tenant_id", "project_id", "queue", "lane", "state"]);
}

/** The heads of each queue of some tenants; there are few queues, however many lanes they have. */
function selectHeadsOfQueues(filter: TaskListFilter): Source["heads"] {
  return selectHeadsOfEach(sql`select distinct tenant_id, queue from (${selectKinds(filter)}) known`, [
    "tenant_id",
    "queue",
  ]);
}

/**
 * Merges the heads of groups of tasks. Each group is sorted by an index that begins with the columns shared within it.
 */
function selectHeadsOfEach(groups: SQL, shared: string[]): Source["heads"] {
  const isOfGroup = sql.raw(shared.map((name) => `agentrun_queue_tasks.${name} = kind.${name}`).join(" and "));
  return (after, max) => {
    const parts = afterPosition(after).map(
      (isAfter) => sql`(select id, priority, created_at from agentrun_queue_tasks
        where ${isOfGroup} ${isAfter === undefined ? sql`` : sql`and ${isAfter}`} ${IN_ORDER} limit ${max})`,
    );
    return sql`select head.* from (${groups}) kind
      cross join lateral (${sql.join(parts, sql` union all `)}) head ${IN_ORDER} limit ${max}`;
  };
}

const IN_ORDER = sql`order by priority desc, created_at, id`;

/**
 * After a place come the later tasks of its priority, then the lower priorities. These are two conditions, because a
 * single one with an OR over both directions could not start in the middle of an index.
 */
function afterPosition(place: TaskPosition | null): (SQL | undefined)[] {
  if (place === null) return [undefined];
  return [
    sql`${queueTasks.priority} = ${place.priority}
      and (${queueTasks.createdAt}, ${queueTasks.id}) > (${place.createdAt}::timestamptz, ${place.id})`,
    sql`${queueTasks.priority} < ${place.priority}`,
  ];
}

/** The existing kinds of tasks, by the counters and the changes since they were folded. */
export function selectKinds(filter: TaskListFilter): SQL {
  const where = kindConditions(filter);
  return sql`
    select tenant_id, project_id, queue, lane, state from agentrun_queue_counts where tasks > 0 and ${where}
    union
    select tenant_id, project_id, queue, lane, state from agentrun_queue_count_changes where entered > 0 and ${where}`;
}

/** Conditions that select the counters' rows of a filter's kinds. */
export function kindConditions({ tenantIds, projectId, queue, lane, state }: TaskListFilter): SQL {
  const conditions = [
    ...tenantIds.map((tenantId) => sql`tenant_id = ${tenantId}`),
    projectId === undefined ? undefined : sql`project_id = ${projectId}`,
    queue === undefined ? undefined : sql`queue = ${queue}`,
    lane === undefined ? undefined : sql`lane = ${lane}`,
    state === undefined ? undefined : sql`state = ${state}`,
  ].filter((condition) => condition !== undefined);
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

async function countKinds(db: Db, filter: TaskListFilter): Promise<number> {
  const [row] = await executeNamed<{ kinds: number }>(
    db,
    sql`select count(*)::int as kinds from (${selectKinds(filter)}) kind`,
  );
  return row?.kinds ?? 0;
}
