import { type SQL, sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { TRACE_FEEDS, type TraceFeed } from "@/db/schema";

/** How far a feed was read, with the epoch in which that place is valid. */
export type TracePosition = { feed: TraceFeed; epoch: string; xid: string; version: number };
/** A row of a feed. `isEnded`: it no longer changes by itself. `isFresh`: it ended a moment ago. */
export type FeedChange = { id: string; xid: string; version: number; isEnded: boolean; isFresh: boolean };

const TABLES = {
  queue: { table: sql`agentrun_queue_tasks`, status: sql`state` },
  runs: { table: sql`agentrun_runs`, status: sql`status` },
} as const satisfies Record<TraceFeed, { table: SQL; status: SQL }>;
const ENDED = sql`('completed', 'failed', 'cancelled')`;

/**
 * Returns how far each feed was read. A feed that nobody has read yet, or that was read in another database before a
 * dump was restored here, starts now: below the oldest open transaction.
 */
export async function readTracePositions(db: Db | Tx): Promise<TracePosition[]> {
  const known = await readPositions(db);
  if (known.length === TRACE_FEEDS.length && known.every(({ isOfNow }) => isOfNow)) return known;
  await db.execute(sql`
    insert into agentrun_trace_feeds as known (feed, epoch, xid, version)
    select feed, coalesce((select epoch from agentrun_feed_epoch), 'none'),
      pg_snapshot_xmin(pg_current_snapshot()), -1
    from unnest(${sql.param([...TRACE_FEEDS])}::text[]) as feed
    on conflict (feed) do update set epoch = excluded.epoch, xid = excluded.xid, version = excluded.version,
      moved_at = clock_timestamp()
    where known.epoch <> excluded.epoch`);
  return readPositions(db);
}

async function readPositions(db: Db | Tx): Promise<(TracePosition & { isOfNow: boolean })[]> {
  const { rows } = await db.execute<TracePosition & { isOfNow: boolean }>(sql`
    select feed, epoch, xid::text as xid, version::float8 as version,
      epoch = coalesce((select epoch from agentrun_feed_epoch), 'none') as "isOfNow"
    from agentrun_trace_feeds order by feed`);
  return rows;
}

/**
 * Returns what changed after a place, in the order of its index. Columns are qualified by their table, since the
 * selected values have the same names and another type. A row dated by a clock that was ahead does not count as fresh.
 * Everything lies below the oldest open transaction, so nothing can appear before it later.
 */
export async function readFeedChanges(
  db: Db | Tx,
  place: TracePosition,
  { settleMs, limit }: { settleMs: number; limit: number },
): Promise<FeedChange[]> {
  const { table, status } = TABLES[place.feed];
  const { rows } = await db.execute<FeedChange>(sql`
    select id, change_xid::text as xid, version::float8 as version, ${status} in ${ENDED} as "isEnded",
      updated_at between clock_timestamp() - ${settleMs} * interval '1 millisecond' and clock_timestamp() as "isFresh"
    from ${table} changed
    where (changed.change_xid, changed.version) > (${place.xid}::xid8, ${place.version}::bigint)
      and changed.change_xid < pg_snapshot_xmin(pg_current_snapshot())
    order by changed.change_xid, changed.version limit ${limit}`);
  return rows;
}

export type TraceCounts = { sent: number; rejected: number; givenUp: number };

/** Moves a place and counts the results of what lay between; returns false where somebody else has moved it. */
export async function moveTracePosition(
  db: Db | Tx,
  from: TracePosition,
  to: Pick<TracePosition, "xid" | "version">,
  counts: TraceCounts,
): Promise<boolean> {
  const { rowCount } = await db.execute(sql`
    update agentrun_trace_feeds set xid = ${to.xid}::xid8, version = ${to.version}::bigint,
      sent = sent + ${counts.sent}::bigint, rejected = rejected + ${counts.rejected}::bigint,
      given_up = given_up + ${counts.givenUp}::bigint, moved_at = clock_timestamp()
    where feed = ${from.feed} and epoch = ${from.epoch} and xid = ${from.xid}::xid8
      and version = ${from.version}::bigint`);
  return rowCount === 1;
}

/** Removes how far traces were sent, and the note of the loop that sends them: nobody takes traces any more. */
export async function deleteTracePositions(db: Db | Tx): Promise<void> {
  await db.execute(sql`
    with places as (delete from agentrun_trace_feeds)
    delete from agentrun_loops where name = 'traces'`);
}

export type TraceStanding = TraceCounts & { behindSeconds: number };

/** Returns the counts of all spans, and how long the oldest ended run or task has waited to be sent. */
export async function readTraceStanding(db: Db | Tx): Promise<TraceStanding> {
  const waits = TRACE_FEEDS.map((feed) => {
    const { table, status } = TABLES[feed];
    return sql`(select changed.updated_at from ${table} changed
      where (changed.change_xid, changed.version) > (known.xid, known.version) and changed.${status} in ${ENDED}
        and known.feed = ${feed}
      order by changed.change_xid, changed.version limit 1)`;
  });
  const { rows } = await db.execute<TraceStanding>(sql`
    select coalesce(sum(sent), 0)::float8 as sent, coalesce(sum(rejected), 0)::float8 as rejected,
      coalesce(sum(given_up), 0)::float8 as "givenUp",
      greatest(0, coalesce(max(extract(epoch from clock_timestamp() - coalesce(${sql.join(waits, sql`, `)}))), 0))::float8
        as "behindSeconds"
    from agentrun_trace_feeds known`);
  return rows[0] ?? { sent: 0, rejected: 0, givenUp: 0, behindSeconds: 0 };
}
