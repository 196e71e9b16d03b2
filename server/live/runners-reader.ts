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
const LOOK_MS = 2_000;
/** Runs change many times a second on a busy server, so changes are gathered this long and their runners read once. */
const GATHER_MS = 400;

/** What a look found: runners that are new or changed, and those with beats since the previous look. */
export type RunnersNews = { changed: FoundRunner[]; beaten: { found: FoundRunner; fresh: number }[] };
type Known = { print: string; beatCount: number };

/**
 * Reports living runners as they change, and their beats. A beat writes no event and no row of a feed: one statement
 * for all followers reads what the beats left in the runners' rows.
 */
export class RunnersReader {
  readonly #listeners = new Set<(news: RunnersNews) => void>();
  #known = new Map<string, Known>();
  #unsubscribe: (() => void) | null = null;
  #looks: NodeJS.Timeout | null = null;
  #gathering: NodeJS.Timeout | null = null;
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
  async follow(listener: (news: RunnersNews) => void): Promise<() => void> {
    this.#listeners.add(listener);
    this.#unsubscribe ??= this.hub.subscribe("runs", this.#gather);
    this.#looks ??= setInterval(this.#refresh, LOOK_MS);
    // The first look only learns what exists.
    if (this.#isFirst) await this.#look();
    if (this.#isFirst) {
      // The look failed: changes until the next one would be reported to nobody.
      this.#leave(listener);
      throw this.#failure;
    }
    return () => this.#leave(listener);
  }

  #leave(listener: (news: RunnersNews) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.close();
  }

  close(): void {
    if (this.#looks) clearInterval(this.#looks);
    if (this.#gathering) clearTimeout(this.#gathering);
    this.#looks = null;
    this.#gathering = null;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#known = new Map();
    this.#isFirst = true;
  }

  readonly #gather = (): void => {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = null;
      this.#refresh();
    }, GATHER_MS);
  };

  readonly #refresh = (): void => void this.#look();

  /** Looks, or joins the look under way, which then repeats. */
  async #look(): Promise<void> {
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
        this.#compare(await this.#readKnown());
      }
    } catch (error) {
      this.#failure = error;
      this.onFailure(error);
    }
  }

  /** Reads living runners, and those that were known before and are no longer among them. */
  async #readKnown(): Promise<FoundRunner[]> {
    const living = await readRunners(this.db, isLiving, LIVING_MAX);
    const ids = new Set(living.map(({ runner }) => runner.id));
    const left = [...this.#known.keys()].filter((id) => !ids.has(id));
    if (left.length === 0) return living;
    return [...living, ...(await readRunners(this.db, inArray(runners.id, left), left.length))];
  }

  #compare(rows: FoundRunner[]): void {
    const news: RunnersNews = { changed: [], beaten: [] };
    const known = new Map<string, Known>();
    for (const found of rows) {
      const { id, beatCount, beatGaps, endedAt } = found.runner;
      const before = this.#known.get(id);
      const print = printOf(found);
      if (before?.print !== print) news.changed.push(found);
      else if (beatCount > before.beatCount)
        news.beaten.push({ found, fresh: Math.min(beatCount - before.beatCount, beatGaps.length) });
      if (endedAt === null) known.set(id, { print, beatCount });
    }
    this.#known = known;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst || (news.changed.length === 0 && news.beaten.length === 0)) return;
    for (const listener of this.#listeners) listener(news);
  }
}

/** Everything about a runner except what a beat changes. */
function printOf({ runner, leaseExpiresAt: _lease, ...found }: FoundRunner): string {
  const { heartbeatAt: _at, beatCount: _count, beatGaps: _gaps, beatTrips: _trips, ...rest } = runner;
  const { cpuPercent: _cpu, rssBytes: _rss, ...slow } = rest;
  return JSON.stringify([slow, found]);
}
