import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import { EVICTED_SHOWN_DAYS } from "@/contract/query/sessions";
import type { ListSessionsInput, SessionSummary } from "@/contract/session";
import { silentSince } from "@/db/queries/silent-since";
import { contains } from "@/db/queries/sql/contains";
import { hasMetadata } from "@/db/queries/sql/has-metadata";
import { isWithin } from "@/db/queries/sql/is-within";
import { sessionReadCursors, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { type Counted, countedFrom, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { assertReader } from "@/server/readers-filter";
import { isReadBy, toSummary } from "./session";

type Filter = Omit<ListSessionsInput, "cursor" | "limit">;
type Position = (string | number | null)[];

/**
 * The maximum of rows that one page looks at for conditions that no index answers. Such a page may be short, and its
 * cursor continues.
 */
const SCANNED_MAX = 1_000;

/**
 * Lists sessions by their last change, then by id. Every condition is in the statement, so that every match can be
 * reached. Where a condition has to be checked row by row, a page may be short or even empty: only a null cursor is the
 * end.
 */
export async function listSessions(ctx: ServiceContext, input: ListSessionsInput): Promise<Page<SessionSummary>> {
  const { cursor, limit, ...filter } = input;
  assertReader(filter);
  const readerId = filter.readerId ?? null;
  const after = cursor === undefined ? undefined : isAfterPosition(decodePlace(filter, cursor, 2));
  const scanEnd = needsScan(filter) ? await findScanEnd(ctx, filter, after) : null;
  const rows = await ctx.db
    .select({
      session: sessions,
      readVersion: sessionReadCursors.sessionVersion,
      silentSinceMs: silentSince(ctx.settings.stuckAfterMs),
      position: sql<string>`${sessions.updatedAt}::text`,
    })
    .from(sessions)
    .leftJoin(sessionReadCursors, isReadBy(readerId))
    .where(
      and(
        matchesIndexed(ctx, filter),
        matchesScanned(ctx, filter),
        after,
        scanEnd === null ? undefined : isUpToPosition(scanEnd),
      ),
    )
    .orderBy(desc(sessions.updatedAt), asc(sessions.sessionId))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.session.sessionId]));
  return {
    items: page.rows.map(({ session, readVersion, silentSinceMs }) =>
      toSummary(session, readerId === null ? null : { readVersion }, silentSinceMs),
    ),
    cursor: page.cursor ?? (scanEnd === null ? null : encodeCursor(filter, scanEnd)),
  };
}

/** Counts the sessions of a list up to `max`. The answer says if there may be more. */
export async function countSessions(ctx: ServiceContext, input: ListSessionsInput, max: number): Promise<Counted> {
  const { cursor: _cursor, limit: _limit, ...filter } = input;
  assertReader(filter);
  const scanEnd = needsScan(filter) ? await findScanEnd(ctx, filter, undefined) : null;
  const found = ctx.db
    .select({ sessionId: sessions.sessionId })
    .from(sessions)
    .leftJoin(sessionReadCursors, isReadBy(filter.readerId ?? null))
    .where(
      and(
        matchesIndexed(ctx, filter),
        matchesScanned(ctx, filter),
        scanEnd === null ? undefined : isUpToPosition(scanEnd),
      ),
    )
    .limit(max + 1)
    .as("found");
  return countedFrom(await ctx.db.$count(found), max, scanEnd !== null);
}

/**
 * The condition for the caller's sessions that match a filter of the list. The statement must join the reader's marks.
 */
export function matchesSessions(ctx: ServiceContext, filter: Filter): SQL | undefined {
  assertReader(filter);
  return and(matchesIndexed(ctx, filter), matchesScanned(ctx, filter));
}

/** Whether a filter has conditions that must be checked row by row. An index answers all others. */
function needsScan(filter: Filter): boolean {
  const { state, search, unread, hasFailure, failureKind, expiresWithinMinutes, metadata } = filter;
  if (["unread", "needs-me", "default"].includes(state) || (search ?? "") !== "") return true;
  return [unread, hasFailure, failureKind, expiresWithinMinutes, metadata].some((condition) => condition !== undefined);
}

/** Returns where a page's scan ends, by the index of the order alone; null: the rest of the list is shorter. */
async function findScanEnd(ctx: ServiceContext, filter: Filter, after: SQL | undefined): Promise<Position | null> {
  const [row] = await ctx.db
    .select({ position: sql<string>`${sessions.updatedAt}::text`, sessionId: sessions.sessionId })
    .from(sessions)
    .where(and(matchesIndexed(ctx, filter), after))
    .orderBy(desc(sessions.updatedAt), asc(sessions.sessionId))
    .offset(SCANNED_MAX - 1)
    .limit(1);
  return row ? [row.position, row.sessionId] : null;
}

function matchesIndexed(ctx: ServiceContext, filter: Filter): SQL | undefined {
  return and(
    isNull(sessions.deletedAt),
    isOwned(ctx, sessions, filter),
    filter.backendProfile === undefined ? undefined : eq(sessions.backendProfile, filter.backendProfile),
    filter.storageKind === undefined ? undefined : eq(sessions.storageKind, filter.storageKind),
    filter.sessionIds === undefined ? undefined : inArray(sessions.sessionId, filter.sessionIds),
    isWithin(sessions.updatedAt, filter),
    ["running", "idle", "terminal"].includes(filter.state) ? inState(ctx, filter.state) : undefined,
  );
}

const IS_UNREAD = sql`${sessions.version} > coalesce(${sessionReadCursors.sessionVersion}, 0)`;

function matchesScanned(ctx: ServiceContext, filter: Filter): SQL | undefined {
  const { unread, hasFailure, failureKind, expiresWithinMinutes } = filter;
  return and(
    filter.search ? contains(filter.search, sessions.title, sessions.sessionId) : undefined,
    inState(ctx, filter.state),
    hasMetadata(sessions.metadata, filter.metadata),
    unread === undefined ? undefined : sql`(${IS_UNREAD}) = ${unread}`,
    hasFailure === undefined ? undefined : hasFailure ? isNotNull(sessions.failureKind) : isNull(sessions.failureKind),
    failureKind === undefined ? undefined : eq(sessions.failureKind, failureKind),
    expiresWithinMinutes === undefined
      ? undefined
      : sql`${sessions.expiresAt} <= now() + make_interval(mins => ${expiresWithinMinutes}::int)`,
  );
}

function inState(ctx: ServiceContext, state: Filter["state"]): SQL | undefined {
  switch (state) {
    case "all":
      return undefined;
    case "default":
      return or(
        ne(sessions.storageKind, "evicted"),
        isNull(sessions.storageEvictedAt),
        sql`${sessions.storageEvictedAt} > now() - make_interval(days => ${EVICTED_SHOWN_DAYS}::int)`,
      );
    case "needs-me":
      // Sessions that ask for an approval, whose turn hangs, or that failed and were not read since.
      return or(
        gt(sessions.pendingApprovals, 0),
        sql`${silentSince(ctx.settings.stuckAfterMs)} is not null`,
        and(eq(sessions.executionState, "terminal"), eq(sessions.terminalStatus, "failed"), IS_UNREAD),
      );
    case "unread":
      return IS_UNREAD;
    case "running":
    case "idle":
    case "terminal":
      return eq(sessions.executionState, state);
    default:
      return state satisfies never;
  }
}

/**
 * The condition for rows further down the list. The index answers the first comparison; the second separates rows
 * changed at the same time.
 */
function isAfterPosition([updatedAt, sessionId]: Position): SQL {
  const at = sql`${updatedAt}::timestamptz`;
  return sql`(${sessions.updatedAt} <= ${at} and (${sessions.updatedAt} < ${at} or ${sessions.sessionId} > ${sessionId}))`;
}

function isUpToPosition([updatedAt, sessionId]: Position): SQL {
  const at = sql`${updatedAt}::timestamptz`;
  return sql`(${sessions.updatedAt} >= ${at} and (${sessions.updatedAt} > ${at} or ${sessions.sessionId} <= ${sessionId}))`;
}
