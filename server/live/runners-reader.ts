import { inArray } from "drizzle-orm";
import type { Db } from "@/db/client";
import { type FoundRunner, isLiving, readRunners } from "@/db/queries/runner-state";
import { runners } from "@/db/schema";
import type { Hub } from "./hub";

/**
 * The maximum of living runners that are followed, the newest first. A page shows fewer; a look at 1,000 took 111 ms on
 * a busy machine.
 */
const LIVING_MAX = 500;
/** Neither beats nor silence wake anybody, so while somebody follows they are looked for this often. */
const POLL_MS = 2_000;
/** Runs change many times a second on a busy server, so changes are gathered this long and their runners read once. */
const DEBOUNCE_MS = 400;

/** What a look found: runners that are new or changed, and those with beats since the previous look. */
export type RunnersUpdate = { changed: FoundRunner[]; beaten: { found: FoundRunner; newBeats: number }[] };
type LastSeen = { print: string; beatCount: number };

/**
 * Reports living runners as they change, and their beats. A beat writes no event and no row of a feed: one statement
 * for all followers reads what the beats left in the runners' rows.
 */
export class RunnersReader {
  readonly #listeners = new Set<(update: RunnersUpdate) => void>();
  #seen = new Map<string, LastSeen>();
  #unsubscribe: (() => void) | null = null;
  #pollTimer: NodeJS.Timeout | null = null;
  #debounceTimer: NodeJS.Timeout | null = null;
  #reading: Promise<void> | null = null;
  #isStale = false;
  #isFirst = true;
  #failure: unknown = null;

  constructor(
    private readonly db: Db,
    private readonly hub: Hub,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Resolves once the existing runners are known, so that a follower that reads the list after that misses nothing. */
  async follow(listener: (update: RunnersUpdate) => void): Promise<() => void> {
    this.#listeners.add(listener);
    this.#unsubscribe ??= this.hub.subscribe("runs", this.#refreshSoon);
    this.#pollTimer ??= setInterval(this.#refresh, POLL_MS);
    // The first look only learns what exists.
    if (this.#isFirst) await this.#poll();
    if (this.#isFirst) {
      // The look failed: changes until the next one would be reported to nobody.
      this.#unfollow(listener);
      throw this.#failure;
    }
    return () => this.#unfollow(listener);
  }

  #unfollow(listener: (update: RunnersUpdate) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.close();
  }

  close(): void {
    if (this.#pollTimer) clearInterval(this.#pollTimer);
    if (this.#debounceTimer) clearTimeout(this.#debounceTimer);
    this.#pollTimer = null;
    this.#debounceTimer = null;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#seen = new Map();
    this.#isFirst = true;
  }

  readonly #refreshSoon = (): void => {
    this.#debounceTimer ??= setTimeout(() => {
      this.#debounceTimer = null;
      this.#refresh();
    }, DEBOUNCE_MS);
  };

  readonly #refresh = (): void => void this.#poll();

  /** Looks, or joins the look under way, which then repeats. */
  async #poll(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (this.#isStale && this.#listeners.size > 0) {
        this.#isStale = false;
        this.#compare(await this.#readLiving());
      }
    } catch (error) {
      this.#failure = error;
      this.onFailure(error);
    }
  }

  /** Reads living runners, and those that were known before and are no longer among them. */
  async #readLiving(): Promise<FoundRunner[]> {
    const living = await readRunners(this.db, isLiving, LIVING_MAX);
    const ids = new Set(living.map(({ runner }) => runner.id));
    const goneIds = [...this.#seen.keys()].filter((id) => !ids.has(id));
    if (goneIds.length === 0) return living;
    return [...living, ...(await readRunners(this.db, inArray(runners.id, goneIds), goneIds.length))];
  }

  #compare(rows: FoundRunner[]): void {
    const update: RunnersUpdate = { changed: [], beaten: [] };
    const seen = new Map<string, LastSeen>();
    for (const found of rows) {
      const { id, beatCount, beatGaps, endedAt } = found.runner;
      const previous = this.#seen.get(id);
      const fingerprint = fingerprintOf(found);
      if (previous?.print !== fingerprint) update.changed.push(found);
      else if (beatCount > previous.beatCount)
        update.beaten.push({ found, newBeats: Math.min(beatCount - previous.beatCount, beatGaps.length) });
      if (endedAt === null) seen.set(id, { print: fingerprint, beatCount });
    }
    this.#seen = seen;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst || (update.changed.length === 0 && update.beaten.length === 0)) return;
    for (const listener of this.#listeners) listener(update);
  }
}

/** Everything about a runner except what a beat changes. */
function fingerprintOf({ runner, leaseExpiresAt: _lease, ...found }: FoundRunner): string {
  const { heartbeatAt: _at, beatCount: _count, beatGaps: _gaps, beatTrips: _trips, ...rest } = runner;
  const { cpuPercent: _cpu, rssBytes: _rss, ...slow } = rest;
  return JSON.stringify([slow, found]);
}
