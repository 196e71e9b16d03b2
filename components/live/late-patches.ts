import type { Query, QueryClient } from "@tanstack/react-query";
import { toServerTime } from "@/components/ui/time/clock";

/** Changes what is cached; `only`: that one query alone, if it holds what the change is about. */
export type Patch = (only?: Query) => void;

type Kept = { patch: Patch; order: number; atMs: number };

/** Of so many records the last change is kept; those that changed first are let go, as before. */
const KEPT_MAX = 2_000;
/** Nothing that was asked for before a change comes later after it than this. */
const KEPT_MS = 60_000;
/** What a server's page read may be older than its date by. */
const PAGE_READ_MS = 2_000;

/**
 * Changes of cached data that the stream told of, or that were made here. What is fetched meanwhile may have been read
 * before the change and come after it, and would take it back, until the record changes again: so each is made again over
 * what was asked for before it, be it by a query or for a page. A patch takes nothing newer back, or only until the stream
 * tells of that too.
 */
class LatePatches {
  /** The newest patch of each record, the oldest of them first. */
  readonly #kept = new Map<string, Kept>();
  /** When each query's fetch began, in the order of all fetches and patches. */
  readonly #begun = new WeakMap<Query, number>();
  #order = 0;

  constructor(client: QueryClient) {
    client.getQueryCache().subscribe((event) => {
      const { query } = event;
      // A page's data comes with the page, read by the server: it has no fetch, but a date.
      if (event.type === "added") this.#repeatOverPage(query);
      if (event.type !== "updated") return;
      const { action } = event;
      if (action.type === "fetch") this.#begun.set(query, this.#next());
      if (action.type === "setState") this.#repeatOverPage(query);
      // What was put into the cache by hand, such as by a patch, was not fetched.
      if (action.type !== "success" || action.manual) return;
      const begun = this.#begun.get(query) ?? 0;
      this.#repeat(query, ({ order }) => order > begun);
    });
  }

  /** Makes a change of the record that `key` names. */
  apply(key: string, patch: Patch): void {
    patch();
    const atMs = Date.now();
    this.#kept.delete(key);
    this.#kept.set(key, { patch, order: this.#next(), atMs });
    for (const [oldestKey, oldest] of this.#kept) {
      if (this.#kept.size <= KEPT_MAX && oldest.atMs > atMs - KEPT_MS) break;
      this.#kept.delete(oldestKey);
    }
  }

  #repeatOverPage(query: Query): void {
    const { data, dataUpdatedAt } = query.state;
    if (data === undefined) return;
    this.#repeat(query, ({ atMs }) => toServerTime(atMs) >= dataUpdatedAt - PAGE_READ_MS);
  }

  #repeat(query: Query, isMissing: (kept: Kept) => boolean): void {
    for (const kept of this.#kept.values()) if (isMissing(kept)) kept.patch(query);
  }

  #next(): number {
    this.#order += 1;
    return this.#order;
  }
}

const byClient = new WeakMap<QueryClient, LatePatches>();

/** Those of a tab's one cache, as long as it lives: the stream's and a reader's own changes are kept together. */
export function getLatePatches(client: QueryClient): LatePatches {
  const patches = byClient.get(client) ?? new LatePatches(client);
  byClient.set(client, patches);
  return patches;
}
