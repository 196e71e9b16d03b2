import { and, asc, desc, eq, getTableColumns, inArray } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListTasksInput, QueueTaskSummary } from "@/contract/queue";
import { countDependencies } from "@/db/queries/queue-dependencies";
import { matchesTasks, readTaskPlaces, type TaskListFilter, type TaskPlace } from "@/db/queries/queue-list";
import { type NewestPlace, readNewestTasks } from "@/db/queries/queue-newest";
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
  const wanted = wantedOf(tenantOf(ctx), input);
  const page = input.sort === "updatedAt" ? await newestPage(ctx, input, wanted) : await firstPage(ctx, input, wanted);
  const rows = await readRows(ctx, { ids: page.ids, filter: wanted, sort: input.sort });
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

type PlacesPage = { ids: string[]; cursor: string | null };

async function firstPage(ctx: ServiceContext, input: ListTasksInput, wanted: TaskListFilter): Promise<PlacesPage> {
  const filter = cursorFilter(ctx, input);
  const after = placeOf(filter, input.cursor);
  const { places, last } = await readTaskPlaces(ctx.db, wanted, { after, count: input.limit + 1 });
  const cursorOf = ({ priority, createdAt, id }: TaskPlace) => encodeCursor(filter, [priority, createdAt, id]);
  const page = pageFrom(places, input.limit, cursorOf);
  return { ids: page.rows.map(({ id }) => id), cursor: page.cursor ?? (last && cursorOf(last)) };
}

async function newestPage(ctx: ServiceContext, input: ListTasksInput, wanted: TaskListFilter): Promise<PlacesPage> {
  const filter = cursorFilter(ctx, input);
  const after = newestPlaceOf(filter, input.cursor);
  const { places, last } = await readNewestTasks(ctx.db, wanted, { after, count: input.limit + 1 });
  const cursorOf = ({ changeXid, version, id }: NewestPlace) => encodeCursor(filter, [changeXid, version, id]);
  const page = pageFrom(places, input.limit, cursorOf);
  return { ids: page.rows.map(({ id }) => id), cursor: page.cursor ?? (last && cursorOf(last)) };
}

/** Returns what a cursor is bound to. */
function cursorFilter(ctx: ServiceContext, { cursor: _cursor, limit: _limit, ...asked }: ListTasksInput): object {
  return { ...asked, list: "queue.listTasks", boundTenant: tenantOf(ctx) };
}

/** Counts the tasks of a list up to `max`. The answer says if there may be more. */
export async function countTasks(ctx: ServiceContext, input: ListTasksInput, max: number): Promise<Counted> {
  const { places, last } = await readTaskPlaces(ctx.db, wantedOf(tenantOf(ctx), input), {
    after: null,
    count: max + 1,
  });
  return countedFrom(places.length, max, last !== null);
}

function wantedOf(
  bound: string | null,
  { tenantId, cursor: _cursor, limit: _limit, sort: _sort, ...wanted }: ListTasksInput,
): TaskListFilter {
  assertReader({ unread: wanted.unread, readerId: wanted.readerId });
  return { ...wanted, tenantIds: [...new Set([bound, tenantId])].filter((id) => typeof id === "string") };
}

function placeOf(filter: object, cursor: string | undefined): TaskPlace | null {
  if (cursor === undefined) return null;
  const [priority, createdAt, id] = decodePlace(filter, cursor, 3);
  if (typeof priority !== "number" || typeof createdAt !== "string" || typeof id !== "string") {
    throw new InvalidCursorError("the cursor is damaged");
  }
  return { priority, createdAt, id };
}

function newestPlaceOf(filter: object, cursor: string | undefined): NewestPlace | null {
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
  want: { ids: string[]; filter: TaskListFilter; sort: ListTasksInput["sort"] },
) {
  const order =
    want.sort === "updatedAt"
      ? [desc(queueTasks.changeXid), desc(queueTasks.version), desc(queueTasks.id)]
      : [desc(queueTasks.priority), asc(queueTasks.createdAt), asc(queueTasks.id)];
  return ctx.db
    .select({ task: getTableColumns(queueTasks), readVersion: queueReadCursors.taskVersion })
    .from(queueTasks)
    .leftJoin(
      queueReadCursors,
      and(eq(queueReadCursors.taskId, queueTasks.id), eq(queueReadCursors.readerId, want.filter.readerId ?? "")),
    )
    .where(and(inArray(queueTasks.id, want.ids), matchesTasks(want.filter)))
    .orderBy(...order);
}
