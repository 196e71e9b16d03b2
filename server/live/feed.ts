import type { SQL } from "drizzle-orm";
import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Topic } from "@/server/context";
import type { Hub } from "./hub";

/** Where a reader of a feed stands: it has seen everything up to here. */
export type FeedPosition = { xid: string; version: number };
export type FeedRow<Item> = FeedPosition & {
  tenantId: string;
  projectId: string;
  sessionId?: string | null;
  queue?: string;
  item: Item;
};
export type FeedPage<Item> = { rows: FeedRow<Item>[]; hasUnsettled: boolean };

/** One table's changes, in the order of the transactions that made them. */
export type FeedSource<Item> = {
  name: "sessions" | "runs" | "queue";
  topic: Topic;
  /** Reads at most `limit` rows after a position that satisfy the filter, in order of (xid, version). */
  read(
    db: Db,
    after: FeedPosition,
    filter: FeedFilter,
    limit: number,
  ): Promise<(FeedRow<Item> & { isSettled: boolean })[]>;
};

export type FeedFilter = { tenantId?: string; projectId?: string; sessionId?: string; queue?: string };

const PAGE = 500;
/** Delays before rows above the horizon are read again; after these, every poll reads them. */
const REREAD_MS = [5, 10, 20, 50, 100, 250, 500] as const;

/** The test for the horizon as SQL. Where it is true for a row, no open transaction can add a row before that one. */
export function settled(column: SQL | { getSQL(): SQL }): SQL<boolean> {
  return sql<boolean>`${column} < pg_snapshot_xmin(pg_current_snapshot())`;
}

export function isAfter(left: FeedPosition, right: FeedPosition): boolean {
  const [a, b] = [BigInt(left.xid), BigInt(right.xid)];
  return a === b ? left.version > right.version : a > b;
}

/** Returns the position of a reader that wants only future changes. */
export async function positionNow(db: Db): Promise<FeedPosition> {
  const { rows } = await db.execute<{ xid: string }>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`);
  return { xid: rows[0]?.xid ?? "0", version: -1 };
}

/**
 * Reads the settled changes after a position. A version is taken before its commit, so a lower version can appear after
 * a higher one. Rows are therefore returned only below the oldest transaction still open, and none can appear behind
 * what a reader has seen.
 */
export async function readSettled<Item>(
  db: Db,
  source: FeedSource<Item>,
  after: FeedPosition,
  filter: FeedFilter,
): Promise<FeedPage<Item> & { isFull: boolean }> {
  const rows = await source.read(db, after, filter, PAGE);
  const horizon = rows.findIndex((row) => !row.isSettled);
  const hasUnsettled = horizon !== -1;
  return { rows: hasUnsettled ? rows.slice(0, horizon) : rows, hasUnsettled, isFull: rows.length === PAGE };
}

/** Reads one feed for all its followers in this process. */
export class FeedReader<Item> {
  readonly #listeners = new Set<(rows: FeedRow<Item>[]) => void>();
  #position: FeedPosition | null = null;
  #unsubscribe: (() => void) | null = null;
  #isReading = false;
  #isStale = false;
  #rereads = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly db: Db,
    private readonly hub: Hub,
    readonly source: FeedSource<Item>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Calls the listener with settled changes from now on. */
  async follow(listener: (rows: FeedRow<Item>[]) => void): Promise<{ position: FeedPosition; stop: () => void }> {
    this.#listeners.add(listener);
    try {
      const now = this.#position ?? (await positionNow(this.db));
      // Another follower may have set the position meanwhile; an earlier one only means that this follower gets more.
      this.#position ??= now;
    } catch (error) {
      this.#unfollow(listener);
      throw error;
    }
    this.#unsubscribe ??= this.hub.subscribe(this.source.topic, () => this.refresh());
    return { position: this.#position, stop: () => this.#unfollow(listener) };
  }

  /** Looks for changes now. Called at every wake and by the poll. */
  readonly refresh = (): void => {
    this.#isStale = true;
    this.#rereads = 0;
    void this.#read();
  };

  get hasReaders(): boolean {
    return this.#listeners.size > 0;
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#position = null;
  }

  #unfollow(listener: (rows: FeedRow<Item>[]) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.close();
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#isStale && this.#position) {
        this.#isStale = false;
        const page = await readSettled(this.db, this.source, this.#position, {});
        if (page.rows.length > 0) this.#notify(page.rows);
        if (page.isFull && !page.hasUnsettled) this.#isStale = true;
        else if (page.hasUnsettled) this.#scheduleReread();
      }
    } catch (error) {
      this.onFailure(error);
    } finally {
      this.#isReading = false;
    }
  }

  #notify(rows: FeedRow<Item>[]): void {
    const last = rows.at(-1);
    // All followers may have left while the page was read.
    if (!last || !this.#position) return;
    this.#position = { xid: last.xid, version: last.version };
    this.#rereads = 0;
    for (const listener of this.#listeners) listener(rows);
  }

  #scheduleReread(): void {
    const delayMs = REREAD_MS[Math.min(this.#rereads, REREAD_MS.length - 1)] ?? 500;
    this.#rereads += 1;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isStale = true;
      void this.#read();
    }, delayMs);
  }
}
