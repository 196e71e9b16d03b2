import { and, asc, desc, eq, getTableColumns, inArray } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListTasksInput, QueueTaskSummary } from "@/contract/queue";
import { matchesTasks, readTaskPlaces, type TaskListFilter, type TaskPlace } from "@/db/queries/queue-list";
import { queueReadCursors, queueTasks } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { type Counted, countedFrom, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { toTask } from "./task";
import { isUnread } from "./unread";
import { readWaitReasons } from "./wait-reasons";

/**
 * Tasks by priority, high first, then age, then id. A page may be short, even empty, where a search has to be looked
 * up task by task: only a null cursor is the end.
 */
export async function listTasks(ctx: ServiceContext, input: ListTasksInput): Promise<Page<QueueTaskSummary>> {
  const { cursor, limit, ...asked } = input;
  const bound = tenantOf(ctx);
  const filter = { ...asked, list: "queue.listTasks", boundTenant: bound };
  const wanted = wantedOf(bound, input);
  const after = placeOf(filter, cursor);
  const { places, last } = await readTaskPlaces(ctx.db, wanted, { after, count: limit + 1 });
  const cursorOf = ({ priority, createdAt, id }: TaskPlace) => encodeCursor(filter, [priority, createdAt, id]);
  const page = pageFrom(places, limit, cursorOf);
  const ids = page.rows.map(({ id }) => id);
  const rows = await readRows(ctx, { ids, filter: wanted, readerId: input.readerId });
  const reader = (readVersion: number | null) => (input.readerId === undefined ? null : { readVersion });
  const blockers = await readWaitReasons(
    ctx,
    rows.map(({ task }) => task),
  );
  return {
    items: rows.map(({ task, readVersion }) => ({
      ...toTask(task),
      blocker: blockers.get(task.id) ?? null,
      unread: isUnread(task.version, reader(readVersion)),
    })),
    cursor: page.cursor ?? (last && cursorOf(last)),
  };
}

/** How many tasks a list has, counted up to `max`; there may be more where it says so. */
export async function countTasks(ctx: ServiceContext, input: ListTasksInput, max: number): Promise<Counted> {
  const { places, last } = await readTaskPlaces(ctx.db, wantedOf(tenantOf(ctx), input), {
    after: null,
    count: max + 1,
  });
  return countedFrom(places.length, max, last !== null);
}

function wantedOf(
  bound: string | null,
  { tenantId, readerId: _reader, cursor: _cursor, limit: _limit, ...wanted }: ListTasksInput,
): TaskListFilter {
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

/** The tasks themselves, but those that changed since their places were read and are what was asked for no more. */
async function readRows(
  ctx: ServiceContext,
  want: { ids: string[]; filter: TaskListFilter; readerId: string | undefined },
) {
  return ctx.db
    .select({ task: getTableColumns(queueTasks), readVersion: queueReadCursors.taskVersion })
    .from(queueTasks)
    .leftJoin(
      queueReadCursors,
      and(eq(queueReadCursors.taskId, queueTasks.id), eq(queueReadCursors.readerId, want.readerId ?? "")),
    )
    .where(and(inArray(queueTasks.id, want.ids), matchesTasks(want.filter)))
    .orderBy(desc(queueTasks.priority), asc(queueTasks.createdAt), asc(queueTasks.id));
}
