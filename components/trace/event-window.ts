import type { EventPage, RunEvent } from "@/contract/event";

/** What is loaded before the event that the address names, to be read with it. */
const BEFORE_EVENTS = 250;
const PAGE_EVENTS = 500;
/** More than this and those at the other end go. */
export const WINDOW_EVENTS_MAX = 3_000;

export type EventWindowSnapshot = { state: "loading" | "ready"; events: readonly RunEvent[]; error: unknown };

/**
 * A bounded part of a long run's log around one event, far from its end: what lies between the two is not loaded. It
 * grows to either side on demand.
 */
export class EventWindow {
  #snapshot: EventWindowSnapshot = { state: "loading", events: [], error: null };
  #loading: Promise<void> | undefined;
  /** What was asked for last, to be tried again. */
  #last: () => Promise<void> = () => this.load();
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly target: number,
    readonly fetchPage: (afterSeq: number, limit: number) => Promise<EventPage>,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): EventWindowSnapshot => this.#snapshot;

  holds(seq: number): boolean {
    const { events } = this.#snapshot;
    const [first] = events;
    if (first === undefined) return seq === this.target;
    return first.seq <= seq && seq <= (events.at(-1)?.seq ?? 0);
  }

  load(): Promise<void> {
    return this.#run(() => this.#add(Math.max(0, this.target - 1 - BEFORE_EVENTS), PAGE_EVENTS, "later"));
  }

  loadEarlier(): Promise<void> {
    const firstSeq = this.#snapshot.events[0]?.seq ?? 1;
    const afterSeq = Math.max(0, firstSeq - 1 - PAGE_EVENTS);
    if (firstSeq === 1) return Promise.resolve();
    return this.#run(() => this.#add(afterSeq, firstSeq - 1 - afterSeq, "earlier"));
  }

  loadLater(): Promise<void> {
    const lastSeq = this.#snapshot.events.at(-1)?.seq ?? 0;
    return this.#run(() => this.#add(lastSeq, PAGE_EVENTS, "later"));
  }

  retry(): Promise<void> {
    return this.#run(this.#last);
  }

  #run(load: () => Promise<void>): Promise<void> {
    this.#last = load;
    this.#loading ??= load()
      .catch((error: unknown) => this.#set({ error }))
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  async #add(afterSeq: number, limit: number, side: "earlier" | "later"): Promise<void> {
    const { items } = await this.fetchPage(afterSeq, limit);
    const { events } = this.#snapshot;
    const all = side === "earlier" ? [...items, ...events] : [...events, ...items];
    const kept = side === "earlier" ? all.slice(0, WINDOW_EVENTS_MAX) : all.slice(-WINDOW_EVENTS_MAX);
    this.#set({ state: "ready", events: kept, error: null });
  }

  #set(next: Partial<EventWindowSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...next };
    for (const listener of this.#listeners) listener();
  }
}
