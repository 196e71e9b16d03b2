import type { TimelinePage, TimelineSpan, TimelineStretch } from "@/contract/timeline";

/** What is known of a run's timeline at one moment. */
export type TimelineSnapshot = {
  runId: string;
  state: "loading" | "ready" | "failed";
  startMs: number | null;
  endMs: number | null;
  /** The last event's instant. */
  readMs: number;
  readSeq: number;
  lastSeq: number;
  spans: readonly TimelineSpan[];
  stretches: readonly TimelineStretch[];
  error: unknown;
};

type Options = {
  fetchPage: (runId: string, cursor: string | null) => Promise<TimelinePage>;
  /** Puts off a look at what came meanwhile, so that a burst of events is one. */
  schedule?: (run: () => void) => void;
};

const REFETCH_WAIT_MS = 400;

/** One run's timeline, read page by page from its beginning, and on from there whenever it is told of more. */
export class RunTimeline {
  readonly #spans = new Map<string, TimelineSpan>();
  readonly #stretches = new Map<string, TimelineStretch>();
  readonly #listeners = new Set<() => void>();
  readonly #options: Required<Options>;
  #snapshot: TimelineSnapshot;
  #cursor: string | null = null;
  #isOver = false;
  #isScheduled = false;
  /** Somebody asked while a page was read, which may have been answered before what they know of. */
  #isAskedAgain = false;
  #toldSeq = 0;
  #reading: Promise<void> | undefined;

  constructor(
    readonly runId: string,
    options: Options,
  ) {
    this.#options = { schedule: (run) => void setTimeout(run, REFETCH_WAIT_MS), ...options };
    this.#snapshot = {
      ...{ runId, state: "loading", startMs: null, endMs: null, readMs: 0, readSeq: 0, lastSeq: 0 },
      ...{ spans: [], stretches: [], error: null },
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): TimelineSnapshot => this.#snapshot;

  /** Reads what there is to read; a read under way goes on to it by itself. */
  read(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#isAskedAgain = this.#reading !== undefined;
    this.#reading ??= this.#readOn();
    return this.#reading;
  }

  /** Says that there may be events up to a seq. */
  noteSeq(seq: number): void {
    if (seq <= this.#toldSeq || this.#isOver) return;
    this.#toldSeq = seq;
    if (this.#isScheduled || seq <= this.#snapshot.readSeq) return;
    this.#isScheduled = true;
    this.#options.schedule(() => {
      this.#isScheduled = false;
      void this.read();
    });
  }

  async #readOn(): Promise<void> {
    try {
      for (;;) {
        const before = this.#snapshot.readSeq;
        this.#isAskedAgain = false;
        const page = await this.#options.fetchPage(this.runId, this.#cursor);
        this.#add(page);
        const isRead = page.readSeq >= Math.max(page.lastSeq, this.#toldSeq);
        if (page.cursor === null) break;
        if ((isRead || page.readSeq === before) && !this.#isAskedAgain) break;
      }
    } catch (error) {
      const { state } = this.#snapshot;
      this.#set({ error, state: state === "loading" ? "failed" : state });
    } finally {
      // At once: who asks from now on begins a read of their own.
      this.#reading = undefined;
    }
  }

  #add(page: TimelinePage): void {
    for (const span of page.spans) this.#spans.set(span.key, span);
    for (const stretch of page.stretches) this.#stretches.set(stretch.startedAt, stretch);
    this.#cursor = page.cursor;
    this.#isOver = page.cursor === null;
    const isRead = page.readSeq >= page.lastSeq;
    this.#set({
      ...{ startMs: Date.parse(page.startedAt), endMs: page.endedAt === null ? null : Date.parse(page.endedAt) },
      ...{ readMs: Date.parse(page.readAt), readSeq: page.readSeq, lastSeq: page.lastSeq, error: null },
      ...{ spans: [...this.#spans.values()], stretches: [...this.#stretches.values()] },
      state: isRead ? "ready" : this.#snapshot.state === "ready" ? "ready" : "loading",
    });
  }

  #set(change: Partial<TimelineSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
