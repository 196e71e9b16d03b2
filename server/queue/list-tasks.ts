import { and, asc, desc, eq, getTableColumns, gt, lt, or, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListTasksInput, QueueTaskSummary } from "@/contract/queue";
import { contains } from "@/db/queries/contains";
import { queueReadCursors, queueTasks } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { inScope } from "./scope";
import { toTask } from "./task";
import { isUnread } from "./unread";
import { readWaitReasons } from "./wait-reasons";

type Place = { priority: number; createdAt: string; id: string };

/** Tasks by priority, high first, then age, then id. */
export async function listTasks(ctx: ServiceContext, input: ListTasksInput): Promise<Page<QueueTaskSummary>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "queue.listTasks", boundTenant: tenantOf(ctx) };
  const matches = and(
    inScope(ctx, input),
    input.lane === undefined ? undefined : eq(queueTasks.lane, input.lane),
    input.state === undefined ? undefined : eq(queueTasks.state, input.state),
    input.updatedAfter === undefined ? undefined : gt(queueTasks.version, input.updatedAfter),
    matchesSearch(input.search),
  );
  const reader = (readVersion: number | null) => (input.readerId === undefined ? null : { readVersion });
  const rows = await readPage(ctx, {
    matches,
    place: placeOf(filter, cursor),
    count: limit + 1,
    readerId: input.readerId,
  });
  const page = pageFrom(rows, limit, ({ task, createdAt }) =>
    encodeCursor(filter, [task.priority, createdAt, task.id]),
  );
  const blockers = await readWaitReasons(
    ctx,
    page.rows.map(({ task }) => task),
  );
  return {
    items: page.rows.map(({ task, readVersion }) => ({
      ...toTask(task),
      blocker: blockers.get(task.id) ?? null,
      unread: isUnread(task.version, reader(readVersion)),
    })),
    cursor: page.cursor,
  };
}

function placeOf(filter: object, cursor: string | undefined): Place | null {
  if (cursor === undefined) return null;
  const [priority, createdAt, id] = decodePlace(filter, cursor, 3);
  if (typeof priority !== "number" || typeof createdAt !== "string" || typeof id !== "string") {
    throw new InvalidCursorError("the cursor is damaged");
  }
  return { priority, createdAt, id };
}

/**
 * After a place come the later tasks of its priority, then the lower priorities: two statements, because one with an
 * OR over both directions could not start in the middle of the index.
 */
async function readPage(
  ctx: ServiceContext,
  want: { matches: SQL | undefined; place: Place | null; count: number; readerId: string | undefined },
) {
  const { place, count } = want;
  if (place === null) return readRows(ctx, { ...want, after: undefined });
  const createdAt = sql`${place.createdAt}::timestamptz`;
  const samePriority = and(
    eq(queueTasks.priority, place.priority),
    sql`(${queueTasks.createdAt}, ${queueTasks.id}) > (${createdAt}, ${place.id})`,
  );
  const first = await readRows(ctx, { ...want, after: samePriority });
  if (first.length === count) return first;
  const rest = await readRows(ctx, {
    ...want,
    count: count - first.length,
    after: lt(queueTasks.priority, place.priority),
  });
  return [...first, ...rest];
}

async function readRows(
  ctx: ServiceContext,
  want: { matches: SQL | undefined; after: SQL | undefined; count: number; readerId: string | undefined },
) {
  return ctx.db
    .select({
      task: getTableColumns(queueTasks),
      createdAt: sql<string>`${queueTasks.createdAt}::text`,
      readVersion: queueReadCursors.taskVersion,
    })
    .from(queueTasks)
    .leftJoin(
      queueReadCursors,
      and(eq(queueReadCursors.taskId, queueTasks.id), eq(queueReadCursors.readerId, want.readerId ?? "")),
    )
    .where(and(want.matches, want.after))
    .orderBy(desc(queueTasks.priority), asc(queueTasks.createdAt), asc(queueTasks.id))
    .limit(want.count);
}

/** Titles that hold the text, whatever its case, or the task of that id. */
export function matchesSearch(search: string | undefined): SQL | undefined {
  if (search === undefined || search === "") return undefined;
  return or(contains(search, queueTasks.title), eq(queueTasks.id, search));
}
