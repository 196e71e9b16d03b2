import { and, asc, desc, eq, getTableColumns, inArray } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListTasksInput, QueueTaskSummary } from "@/contract/queue";
import { countDependencies } from "@/db/queries/queue/dependencies";
import { matchesTasks, readTaskPositions, type TaskListFilter, type TaskPosition } from "@/db/queries/queue/list";
import { type NewestPosition, readNewestTasks } from "@/db/queries/queue/newest";
import { queueReadCursors, queueTasks } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { type Counted, countedFrom, decodeCursor, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { assertReader } from "@/server/readers-filter";
import { toTask } from "./task";
import { isUnread } from "./unread";
import { readWaitReasons } from "./wait-reasons";

/**
 * Lists tasks by priority, the highest first, then age, then id; or by their last change, the newest first. Where a
 * condition has to be checked task by task, a page may be short or even empty: only a null cursor is the end.
 */
export async function listTasks(ctx: ServiceContext, input: ListTasksInput): Promise<Page<QueueTaskSummary>> {
  const listFilter = toListFilter(tenantOf(ctx), input);
  const page =
    input.sort === "updatedAt" ? await newestPage(ctx, input, listFilter) : await firstPage(ctx, input, listFilter);
  const rows = await readRows(ctx, { ids: page.ids, filter: listFilter, sort: input.sort });
  const reader = (readVersion: number | null) => (input.readerId === undefined ? null : { readVersion });
  const blockers = await readWaitReasons(
    ctx,
    rows.map(({ task }) => task),
  );
  const dependencies = await countDependencies(ctx.db, page.ids);
  return {
    items: rows.map(({ task, readVersion }) => ({
      ...toTask(task),
      blocker: blockers.get(task.id) ?? null,
      dependencyCount: dependencies.get(task.id) ?? 0,
      unread: isUnread(task.version, reader(readVersion)),
    })),
    cursor: page.cursor,
  };
}

type IdPage = { ids: string[]; cursor: string | null };

async function firstPage(ctx: ServiceContext, input: ListTasksInput, listFilter: TaskListFilter): Promise<IdPage> {
  const filter = cursorFilter(ctx, input);
  const after = decodePosition(filter, input.cursor);
  const { places, last } = await readTaskPositions(ctx.db, listFilter, { after, count: input.limit + 1 });
  const cursorOf = ({ priority, createdAt, id }: TaskPosition) => encodeCursor(filter, [priority, createdAt, id]);
  const page = pageFrom(places, input.limit, cursorOf);
  return { ids: page.rows.map(({ id }) => id), cursor: page.cursor ?? (last && cursorOf(last)) };
}

async function newestPage(ctx: ServiceContext, input: ListTasksInput, listFilter: TaskListFilter): Promise<IdPage> {
  const filter = cursorFilter(ctx, input);
  const after = decodeNewestPosition(filter, input.cursor);
  const { places, last } = await readNewestTasks(ctx.db, listFilter, { after, count: input.limit + 1 });
  const cursorOf = ({ changeXid, version, id }: NewestPosition) => encodeCursor(filter, [changeXid, version, id]);
  const page = pageFrom(places, input.limit, cursorOf);
  return { ids: page.rows.map(({ id }) => id), cursor: page.cursor ?? (last && cursorOf(last)) };
}

/** Returns what a cursor is bound to. */
function cursorFilter(ctx: ServiceContext, { cursor: _cursor, limit: _limit, ...conditions }: ListTasksInput): object {
  return { ...conditions, list: "queue.listTasks", boundTenant: tenantOf(ctx) };
}

/** Counts the tasks of a list up to `max`. The answer says if there may be more. */
export async function countTasks(ctx: ServiceContext, input: ListTasksInput, max: number): Promise<Counted> {
  const { places, last } = await readTaskPositions(ctx.db, toListFilter(tenantOf(ctx), input), {
    after: null,
    count: max + 1,
  });
  return countedFrom(places.length, max, last !== null);
}

function toListFilter(
  bound: string | null,
  { tenantId, cursor: _cursor, limit: _limit, sort: _sort, ...listFilter }: ListTasksInput,
): TaskListFilter {
  assertReader({ unread: listFilter.unread, readerId: listFilter.readerId });
  return { ...listFilter, tenantIds: [...new Set([bound, tenantId])].filter((id) => typeof id === "string") };
}

function decodePosition(filter: object, cursor: string | undefined): TaskPosition | null {
  if (cursor === undefined) return null;
  const [priority, createdAt, id] = decodePlace(filter, cursor, 3);
  if (typeof priority !== "number" || typeof createdAt !== "string" || typeof id !== "string") {
    throw new InvalidCursorError("the cursor is damaged");
  }
  return { priority, createdAt, id };
}

function decodeNewestPosition(filter: object, cursor: string | undefined): NewestPosition | null {
  if (cursor === undefined) return null;
  const [changeXid, version, id] = decodeCursor(filter, cursor, 3);
  if (typeof changeXid !== "string" || !/^\d{1,20}$/.test(changeXid) || typeof id !== "string")
    throw new InvalidCursorError("the cursor is damaged");
  if (!Number.isSafeInteger(version)) throw new InvalidCursorError("the cursor is damaged");
  return { changeXid, version: version as number, id };
}

/** Reads the tasks themselves, except those that have changed since and no longer match the filter. */
async function readRows(
  ctx: ServiceContext,
  request: { ids: string[]; filter: TaskListFilter; sort: ListTasksInput["sort"] },
) {
  const order =
    request.sort === "updatedAt"
      ? [desc(queueTasks.changeXid), desc(queueTasks.version), desc(queueTasks.id)]
      : [desc(queueTasks.priority), asc(queueTasks.createdAt), asc(queueTasks.id)];
  return ctx.db
    .select({ task: getTableColumns(queueTasks), readVersion: queueReadCursors.taskVersion })
    .from(queueTasks)
    .leftJoin(
      queueReadCursors,
      and(eq(queueReadCursors.taskId, queueTasks.id), eq(queueReadCursors.readerId, request.filter.readerId ?? "")),
    )
    .where(and(inArray(queueTasks.id, request.ids), matchesTasks(request.filter)))
    .orderBy(...order);
}
