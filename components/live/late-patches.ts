import type { QueryClient } from "@tanstack/react-query";

/** Of so many records the last change is kept; those that changed first are let go, as before. */
const KEPT_MAX = 2_000;

/**
 * Changes of cached data that the stream told of, or that were made here. What is fetched meanwhile may have been read before the change and come
 * after it, and would take it back, until the record changes again: so each is made again over whatever is fetched, as
 * long as anything is under way. A patch takes nothing newer back, or only until the stream tells of that too.
 */
class LatePatches {
  /** The newest patch of each record. */
  readonly #kept = new Map<string, () => void>();
  readonly #client: QueryClient;

  constructor(client: QueryClient) {
    this.#client = client;
    client.getQueryCache().subscribe((event) => {
      if (event.type !== "updated" || this.#kept.size === 0) return;
      const { action } = event;
      if (action.type === "success") {
        // What was put into the cache by hand, such as by a patch, was not fetched.
        if (action.manual) return;
        for (const patch of this.#kept.values()) patch();
      }
      if (client.isFetching() === 0) this.#kept.clear();
    });
  }

  /** Makes a change of the record that `key` names. */
  apply(key: string, patch: () => void): void {
    patch();
    if (this.#client.isFetching() === 0) return;
    this.#kept.delete(key);
    this.#kept.set(key, patch);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

const byClient = new WeakMap<QueryClient, LatePatches>();

/** Those of a tab's one cache, as long as it lives: the stream's and a reader's own changes are kept together. */
export function getLatePatches(client: QueryClient): LatePatches {
  const patches = byClient.get(client) ?? new LatePatches(client);
  byClient.set(client, patches);
  return patches;
}
