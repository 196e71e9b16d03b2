/**
 * What a tab wrote into its address and the router has not rendered yet. Until it has, `location` may be older: for each
 * write the router renders, it writes that one again over all that came after it.
 */
export class UncommittedWrites {
  #searches: string[] = [];

  /** The newest, or null where the address is what `location` has. */
  get newest(): string | null {
    return this.#searches.at(-1) ?? null;
  }

  /** Notes a write, as its parameters without a question mark. */
  add(search: string): void {
    this.#searches.push(search);
  }

  /** Takes what the router rendered: one of the writes and what came before it, or what somebody else wrote after all. */
  commit(search: string): void {
    this.#searches = this.#searches.slice(this.#searches.indexOf(search) + 1 || this.#searches.length);
  }

  /** What was written is no longer wished: the tab went somewhere else. */
  clear(): void {
    this.#searches = [];
  }
}
