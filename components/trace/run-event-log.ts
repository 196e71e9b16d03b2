import { Folding } from "@/components/conversation/fold";
import type { Conversation, LiveTexts } from "@/components/conversation/items";
import type { EventPage, LiveFrame, RunEvent } from "@/contract/event";

/** What is shown of a run's log at one moment. */
export type RunLogSnapshot = {
  state: "loading" | "ready" | "failed";
  events: readonly RunEvent[];
  conversation: Conversation;
  live: LiveTexts;
  /** Events before the first one loaded. */
  earlierCount: number;
  /** Events known to exist that are being fetched: shown, so that a gap is never silence. */
  missingCount: number;
  error: unknown;
};

export type RunLogOptions = {
  fetchPage: (afterSeq: number, limit: number) => Promise<EventPage>;
  /** Puts off a notification, so that a burst of events is one render. */
  schedule?: (run: () => void) => void;
};

/** What is loaded at first, and by each step back. */
export const WINDOW_EVENTS = 1_000;
const PAGE_EVENTS = 500;
/** More than this and the oldest go, down to the window, while everybody reads at the end: a tab lives for days. */
export const KEPT_EVENTS_MAX = 3 * WINDOW_EVENTS;

/**
 * One run's events, gapless from the first one loaded to the last one known, from pages and from the stream together.
 * An event that does not follow the last one makes it fetch what lies between.
 */
export class RunEventLog {
  #events: RunEvent[] = [];
  #folding = new Folding();
  #live = new Map<string, LiveFrame>();
  #settled = new Set<string>();
  #firstSeq = 1;
  #state: RunLogSnapshot["state"] = "loading";
  /** The last event that the stream has told of, loaded or not. */
  #knownSeq = 0;
  #error: unknown = null;
  /** Of the last step back, where it failed. */
  #earlierError: unknown = null;
  #snapshot: RunLogSnapshot | undefined;
  #isScheduled = false;
  #filling: Promise<void> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #readers = new Set<() => boolean>();
  readonly fetchPage: RunLogOptions["fetchPage"];
  readonly #schedule: (run: () => void) => void;

  constructor(
    readonly runId: string,
    options: RunLogOptions,
  ) {
    this.fetchPage = options.fetchPage;
    this.#schedule = options.schedule ?? ((run) => void setTimeout(run, 30));
  }

  get lastSeq(): number {
    return this.#events.at(-1)?.seq ?? this.#firstSeq - 1;
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Somebody who reads it, and says when asked whether they are at its end: what others look at is not taken away. */
  addReader(isAtEnd: () => boolean): () => void {
    this.#readers.add(isAtEnd);
    return () => this.#readers.delete(isAtEnd);
  }

  getSnapshot = (): RunLogSnapshot => {
    this.#snapshot ??= {
      state: this.#state,
      events: [...this.#events],
      conversation: this.#folding.conversation,
      live: new Map(this.#live),
      earlierCount: this.#firstSeq - 1,
      missingCount: this.#state === "loading" ? 0 : Math.max(0, this.#knownSeq - this.lastSeq),
      error: this.#error ?? this.#earlierError,
    };
    return this.#snapshot;
  };

  /** Loads the newest events of a log that ends at `lastEventSeq`, then whatever came since. */
  load(lastEventSeq: number): Promise<void> {
    if (this.#events.length === 0) this.#firstSeq = Math.max(1, lastEventSeq - WINDOW_EVENTS + 1);
    return this.catchUp();
  }

  /** Fetches everything after the last event known. */
  catchUp(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  /**
   * Loads the events before the first one shown, as far back as a seq where one is given. A page that fails is told by
   * the snapshot's error, and nothing is held of it.
   */
  async loadEarlier(toSeq = this.#firstSeq - WINDOW_EVENTS): Promise<void> {
    const start = Math.max(1, toSeq);
    const earlier: RunEvent[] = [];
    try {
      // Meanwhile the oldest events may go, or others come: what is fetched ends where those that are held begin.
      for (let after = start - 1; after < this.#firstSeq - 1; ) {
        const { items } = await this.fetchPage(after, PAGE_EVENTS);
        const last = items.at(-1);
        if (last === undefined) break;
        earlier.push(...items);
        after = last.seq;
      }
      const wanted = earlier.filter(({ seq }) => seq < this.#firstSeq);
      if (wanted.length > 0) this.#hold([...wanted, ...this.#events]);
      this.#earlierError = null;
    } catch (error) {
      this.#earlierError = error;
    }
    this.#changed();
  }

  /** Takes an event of the stream: the next one is added, an old one ignored, a later one starts a fetch. */
  push(event: RunEvent): void {
    if (event.seq <= this.lastSeq) return;
    if (this.#state === "ready" && event.seq === this.lastSeq + 1) {
      this.#append(event);
      this.#knownSeq = Math.max(this.#knownSeq, event.seq);
      this.#changed();
      return;
    }
    this.#knownSeq = Math.max(this.#knownSeq, event.seq);
    this.#changed();
    if (this.#state === "ready") void this.catchUp();
  }

  /** Takes text that is still being written; the stored event of the same item supersedes it for good. */
  pushLive(frames: readonly LiveFrame[]): void {
    for (const frame of frames) {
      if (!this.#settled.has(`${frame.kind}:${frame.itemId}`)) this.#live.set(frame.itemId, frame);
    }
    this.#changed();
  }

  async #fill(): Promise<void> {
    try {
      for (;;) {
        const page = await this.fetchPage(this.lastSeq, PAGE_EVENTS);
        for (const event of page.items) if (event.seq > this.lastSeq) this.#append(event);
        this.#knownSeq = Math.max(this.#knownSeq, page.lastSeq);
        // An event told of while this page was read is not in it, so one more page is asked for.
        if (page.items.length === 0 || this.lastSeq >= this.#knownSeq) break;
        this.#changed();
      }
      this.#state = "ready";
      this.#error = null;
      this.#earlierError = null;
    } catch (error) {
      this.#error = error;
      if (this.#state === "loading") this.#state = "failed";
    }
    this.#changed();
  }

  #append(event: RunEvent): void {
    this.#events.push(event);
    this.#folding.add(event);
    this.#settle(event);
    if (this.#events.length > KEPT_EVENTS_MAX && [...this.#readers].every((isAtEnd) => isAtEnd())) {
      this.#hold(this.#events.slice(-WINDOW_EVENTS));
    }
    // Whatever was still being written when the run ended will never be finished.
    if (event.type === "terminal_status") this.#live.clear();
    if (event.type === "backend_status" && event.payload.phase === "turn-completed") this.#live.clear();
  }

  /** Holds these events, and all that follows from them, in the place of those it had. */
  #hold(events: RunEvent[]): void {
    this.#firstSeq = events[0]?.seq ?? this.#firstSeq;
    this.#events = events;
    this.#folding = new Folding();
    this.#settled = new Set();
    for (const event of events) {
      this.#folding.add(event);
      this.#settle(event);
    }
  }

  /** Text of an item that is whole is under way no more. */
  #settle(event: RunEvent): void {
    const { itemId } = event.payload;
    if (typeof itemId !== "string") return;
    if (event.type === "command_execution" && event.payload.status === "inProgress") return;
    this.#live.delete(itemId);
    this.#settled.add(`${event.type === "command_execution" ? "command_output" : event.type}:${itemId}`);
  }

  #changed(): void {
    this.#snapshot = undefined;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
