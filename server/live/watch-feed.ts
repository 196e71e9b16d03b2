import { type ServiceContext, tenantFor } from "@/server/context";
import { type FeedFilter, type FeedPosition, type FeedReader, type FeedRow, isAfter, readSettled } from "./feed";
import { decodeFeedCursor, encodeFeedCursor, type FeedScope, readFeedEpoch } from "./feed-cursor";
import { WakeSignal } from "./hub";

/** The maximum of rows that wait for a slow reader; beyond it, the reader reads the database again. */
const BUFFERED_MAX = 2_000;

export type FeedEntry<Item> = { id: string; item: Item; row: FeedRow<Item> };
export type FeedStream<Item> = {
  /** Names the filter: streams with the same key send the same bytes. */
  key: string;
  /** The id to continue from before anything was received. */
  startId: string;
  entries: AsyncGenerator<FeedEntry<Item>>;
};

/**
 * Follows a feed: first what changed after the last id, then new changes. Subscribes before it replays, so that nothing
 * is lost between the two, and skips what it has already reported.
 */
export async function openFeed<Item>(
  ctx: ServiceContext,
  reader: FeedReader<Item>,
  input: FeedFilter & { lastEventId?: string; from?: FeedPosition | null },
  signal: AbortSignal,
): Promise<FeedStream<Item>> {
  const { lastEventId, from: startFrom = null, ...requested } = input;
  const filter = tenantFilter(ctx, requested);
  const scope: FeedScope = { feed: reader.source.name, ...filter };
  const epoch = await readFeedEpoch(ctx.db);
  const from = lastEventId === undefined ? startFrom : decodeFeedCursor(scope, epoch, lastEventId);

  const wake = new WakeSignal();
  let buffered: FeedRow<Item>[] = [];
  let isBehind = from !== null;
  const { position, stop } = await reader.follow((rows) => {
    buffered.push(...rows.filter((row) => matchesFilter(row, filter)));
    if (buffered.length > BUFFERED_MAX) {
      buffered = [];
      isBehind = true;
    }
    wake.set();
  });
  let at = from ?? position;

  async function* entries(): AsyncGenerator<FeedEntry<Item>> {
    try {
      while (!signal.aborted) {
        const rows = isBehind ? await catchUp() : buffered.splice(0);
        for (const row of rows) {
          if (!isAfter(row, at)) continue;
          at = { xid: row.xid, version: row.version };
          yield { id: encodeFeedCursor(scope, epoch, at), item: row.item, row };
          if (signal.aborted) return;
        }
        if (!isBehind && buffered.length === 0) await wake.next(signal);
      }
    } finally {
      stop();
    }
  }

  async function catchUp(): Promise<FeedRow<Item>[]> {
    // Cleared before the read: rows that arrive meanwhile are either in the page or delivered after it.
    isBehind = false;
    const page = await readSettled(ctx.db, reader.source, at, filter);
    if (page.isFull && !page.hasUnsettled) isBehind = true;
    return page.rows;
  }

  // If the stream is closed before it is read, its generator never runs. The reader may have left while it was opened.
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return { key: JSON.stringify(scope), startId: encodeFeedCursor(scope, epoch, at), entries: entries() };
}

function tenantFilter(ctx: ServiceContext, requested: FeedFilter): FeedFilter {
  const tenantId = tenantFor(ctx, requested.tenantId);
  return tenantId === null ? requested : { ...requested, tenantId };
}

function matchesFilter<Item>(row: FeedRow<Item>, filter: FeedFilter): boolean {
  if (filter.tenantId !== undefined && row.tenantId !== filter.tenantId) return false;
  if (filter.projectId !== undefined && row.projectId !== filter.projectId) return false;
  if (filter.sessionId !== undefined && row.sessionId !== filter.sessionId) return false;
  return filter.queue === undefined || row.queue === filter.queue;
}
