import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm";
import type { ListStorageInput, StoragePage } from "@/contract/storage";
import type { ARCHIVE_STANDINGS } from "@/contract/words";
import { contains } from "@/db/queries/sql/contains";
import { runs, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { type Counted, countedFrom, encodeCursor, pageFrom } from "@/server/pagination";
import { expiresWithin, isExpiredOrIdle } from "./expiry";
import { decodePosition, STORAGE_ORDER, type StorageOrder } from "./order";
import { HAS_CURRENT_ARCHIVE, WITHOUT_VOLUME } from "./retention-reason";
import { summarizeAll } from "./summary";
import { readTotals } from "./totals";

type Filter = Omit<ListStorageInput, "cursor" | "limit">;
type Position = (string | number | null)[];

/**
 * The maximum of rows that one page looks at for conditions that no index answers. Such a page may be short, and its
 * cursor continues.
 */
const SCANNED_MAX = 10_000;
/** The same for a count, which is one of many in a menu that somebody waits for. */
const COUNTED_MAX = 2_000;

const IS_ATTACHED = sql`exists (select from ${runs} where ${and(eq(runs.sessionId, sessions.sessionId), eq(runs.status, "claimed"))})`;
/** A volume that waits for its first pod, as some storage classes require, is as healthy as a bound one. */
const IS_HEALTHY = sql`(${inArray(sessions.storageState, [...WITHOUT_VOLUME])}
  or coalesce(${sessions.storagePvcPhase}, 'Bound') not in ('Lost', 'Terminating'))`;
const HAS_ARCHIVE: Record<(typeof ARCHIVE_STANDINGS)[number], SQL | undefined> = {
  current: HAS_CURRENT_ARCHIVE,
  behind: sql`${sessions.archiveManifestId} is not null and not (${HAS_CURRENT_ARCHIVE})`,
  none: isNull(sessions.archiveManifestId),
};

/**
 * Lists volumes in the given order. Sessions that never had a volume are left out, unless their kind or state is asked
 * for. Where a condition has to be checked row by row, a page may be short or even empty: only a null cursor is the
 * end.
 */
export async function listStorage(ctx: ServiceContext, input: ListStorageInput): Promise<StoragePage> {
  const { cursor, limit, ...filter } = input;
  const bound = { ...filter, list: "storage.list" };
  const order = STORAGE_ORDER[input.sort];
  const after = cursor === undefined ? undefined : isAfter(order, decodePosition(input.sort, bound, cursor));
  const scanEnd = needsScan(filter) ? await findScanEnd(ctx, order, { filter, after, rowsMax: SCANNED_MAX }) : null;
  const rows = await ctx.db
    .select({ session: sessions, position: order.position })
    .from(sessions)
    .where(
      and(
        matchesIndexed(ctx, filter),
        matchesScanned(ctx, filter),
        after,
        scanEnd === null ? undefined : isUpTo(order, scanEnd),
      ),
    )
    .orderBy(...orderBy(order))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, ({ position, session }) => encodeCursor(bound, [position, session.sessionId]));
  return {
    items: await summarizeAll(
      ctx,
      page.rows.map((row) => row.session),
    ),
    cursor: page.cursor ?? (scanEnd === null ? null : encodeCursor(bound, scanEnd)),
    totals: cursor === undefined ? await readTotals(ctx, ownedBy(ctx, filter)) : null,
  };
}

/** Counts the volumes of a list up to `max`. The answer says if there may be more. */
export async function countStorage(ctx: ServiceContext, input: ListStorageInput, max: number): Promise<Counted> {
  const { cursor: _cursor, limit: _limit, ...filter } = input;
  const order = STORAGE_ORDER[input.sort];
  const scan = { filter, after: undefined, rowsMax: COUNTED_MAX };
  const scanEnd = needsScan(filter) ? await findScanEnd(ctx, order, scan) : null;
  const found = ctx.db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .where(
      and(
        matchesIndexed(ctx, filter),
        matchesScanned(ctx, filter),
        scanEnd === null ? undefined : isUpTo(order, scanEnd),
      ),
    )
    .limit(max + 1)
    .as("found");
  return countedFrom(await ctx.db.$count(found), max, scanEnd !== null);
}

/** The condition for the caller's volumes that match a filter of the list. */
export function matchesStorage(ctx: ServiceContext, filter: Omit<Filter, "sort">): SQL | undefined {
  return and(matchesIndexed(ctx, filter), matchesScanned(ctx, filter));
}

/** Whether a filter has conditions that must be checked row by row. An index answers all others. */
function needsScan(filter: Filter): boolean {
  const { search, storageKind: _kind, tenantId: _tenant, projectId: _project, sort: _sort, ...others } = filter;
  return (search ?? "") !== "" || Object.values(others).some((condition) => condition !== undefined);
}

/** Returns where a page's scan ends, by the index of the order alone; null: the rest of the list is shorter. */
async function findScanEnd(
  ctx: ServiceContext,
  order: StorageOrder,
  { filter, after, rowsMax }: { filter: Filter; after: SQL | undefined; rowsMax: number },
): Promise<Position | null> {
  const [row] = await ctx.db
    .select({ position: order.position, sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(matchesIndexed(ctx, filter), after))
    .orderBy(...orderBy(order))
    .offset(rowsMax - 1)
    .limit(1);
  return row ? [row.position, row.sessionId] : null;
}

function ownedBy(ctx: ServiceContext, filter: Omit<Filter, "sort">): SQL | undefined {
  return and(isNull(sessions.deletedAt), isOwned(ctx, sessions, filter));
}

function matchesIndexed(ctx: ServiceContext, filter: Omit<Filter, "sort">): SQL | undefined {
  const isAny = filter.storageKind === undefined && filter.storageState === undefined;
  return and(
    ownedBy(ctx, filter),
    filter.storageKind === undefined ? undefined : eq(sessions.storageKind, filter.storageKind),
    isAny ? ne(sessions.storageState, "none") : undefined,
  );
}

function matchesScanned(ctx: ServiceContext, filter: Omit<Filter, "sort">): SQL | undefined {
  const { search, pinned, isExpired, storageState, expiresWithinMinutes, isAttached, isHealthy, archive } = filter;
  const { largerThanBytes } = filter;
  return and(
    storageState === undefined ? undefined : eq(sessions.storageState, storageState),
    pinned === undefined ? undefined : pinned ? isNotNull(sessions.pinnedAt) : isNull(sessions.pinnedAt),
    isExpired === undefined ? undefined : sql`coalesce(${isExpiredOrIdle(ctx)}, false) = ${isExpired}`,
    expiresWithinMinutes === undefined ? undefined : expiresWithin(ctx, expiresWithinMinutes),
    isAttached === undefined ? undefined : sql`${IS_ATTACHED} = ${isAttached}`,
    isHealthy === undefined ? undefined : sql`${IS_HEALTHY} = ${isHealthy}`,
    archive === undefined ? undefined : HAS_ARCHIVE[archive],
    largerThanBytes === undefined ? undefined : gt(sessions.storageSizeBytes, largerThanBytes),
    search ? contains(search, sessions.title, sessions.sessionId, sessions.storagePvcName) : undefined,
  );
}

function orderBy({ key, isDescending }: StorageOrder): SQL[] {
  return isDescending ? [desc(key), desc(sessions.sessionId)] : [asc(key), asc(sessions.sessionId)];
}

function isAfter({ key, type, isDescending }: StorageOrder, [position, sessionId]: Position): SQL {
  const cursor = sql`(${position}::${sql.raw(type)}, ${sessionId})`;
  return isDescending
    ? sql`(${key}, ${sessions.sessionId}) < ${cursor}`
    : sql`(${key}, ${sessions.sessionId}) > ${cursor}`;
}

function isUpTo({ key, type, isDescending }: StorageOrder, [position, sessionId]: Position): SQL {
  const cursor = sql`(${position}::${sql.raw(type)}, ${sessionId})`;
  return isDescending
    ? sql`(${key}, ${sessions.sessionId}) >= ${cursor}`
    : sql`(${key}, ${sessions.sessionId}) <= ${cursor}`;
}
