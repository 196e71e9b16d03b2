import { FRAME_NAMES, type FrameName, type Frames, liveUrl, type Topic, type Watched } from "./frames";

export type LiveStatus =
  | { state: "connecting" }
  | { state: "live"; sinceMs: number }
  | { state: "stale"; staleSinceMs: number }
  | { state: "reconnecting"; retryAtMs: number; staleSinceMs: number }
  | { state: "paused"; staleSinceMs: number };

/** What the connection needs of an EventSource; tests give their own. */
export type Source = {
  addEventListener(name: string, listener: (event: { data?: unknown }) => void): void;
  close(): void;
};

export type LiveOptions = {
  openSource: (url: string) => Source;
  /** Where the feeds stood before the page was made: its first stream tells what has changed since. */
  since?: string | null;
  now?: () => number;
  setTimer?: (run: () => void, ms: number) => unknown;
  clearTimer?: (timer: unknown) => void;
};

/** What a stream that lost nothing may have missed all the same, just before it came to life. */
export type Missed = Watched | "approvals";

type Listener<Name extends FrameName> = (frame: Frames[Name]) => void;

const RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;
/**
 * A topic that keeps the stream from opening (its run is gone) is left out, so that all else goes on. It is asked for
 * as often again while the stream lives without it: as likely the server itself was away.
 */
const TOPIC_FAILURES_MAX = 3;
/** From one page that watches something to the next. */
const WATCHED_GRACE_MS = 2_000;
/** A half-open connection is silent. */
const HELLO_TIMEOUT_MS = 10_000;
/** The server says every 15 seconds that it is there. One that did so and has missed it twice is lost, as after a sleep. */
const SILENCE_MAX_MS = 40_000;

/**
 * The one event stream of a tab. A change of topic opens the new stream before it closes the old one, so nothing falls
 * between them; after a loss `onGap` tells the caches that something may have been missed.
 * connecting → live ↔ stale → reconnecting → live; any → paused → connecting.
 */
export class LiveConnection {
  #status: LiveStatus = { state: "connecting" };
  #topic: Topic = null;
  readonly #watchers = new Map<Watched, number>();
  readonly #watched = new Set<Watched>();
  /** What was asked for by a stream that was live without it: what changed just before was not told. */
  readonly #missedWatched = new Set<Watched>();
  #since: string | null;
  #source: Source | undefined;
  #retiring: Source | undefined;
  #timer: unknown;
  #silence: unknown;
  #failures = 0;
  /** Whether the stream was opened without its topic. */
  #leavesOut = false;
  /** Whether the stream that opens is to take the place of a living one only if it lives itself. */
  #isTrial = false;
  #trials = 0;
  #hasLost = false;
  #isStarted = false;
  readonly #listeners = new Map<FrameName, Set<(frame: never) => void>>();
  readonly #statusListeners = new Set<() => void>();
  readonly #gapListeners = new Set<() => void>();
  readonly #missedListeners = new Set<(what: Missed) => void>();
  readonly #options: Required<LiveOptions>;

  constructor(options: LiveOptions) {
    this.#since = options.since ?? null;
    this.#options = {
      since: this.#since,
      now: () => Date.now(),
      setTimer: (run, ms) => setTimeout(run, ms),
      clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
      ...options,
    };
  }

  getStatus = (): LiveStatus => this.#status;

  onStatus = (listener: () => void): (() => void) => {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  };

  onGap(listener: () => void): () => void {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  onMissed(listener: (what: Missed) => void): () => void {
    this.#missedListeners.add(listener);
    return () => this.#missedListeners.delete(listener);
  }

  on<Name extends FrameName>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as (frame: never) => void);
    return () => listeners.delete(listener as (frame: never) => void);
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#open();
  }

  /** Follows another run, or none. The seq of the followed run's last seen event keeps a reopening exact. */
  follow(topic: Topic): void {
    const isSame = topic?.runId === this.#topic?.runId;
    this.#topic = topic;
    if (isSame || !this.#isStarted) return;
    this.#trials = 0;
    this.#open();
  }

  /** Has the stream tell of something until the answer is called; a page's end and the next one's start change nothing. */
  watch(kind: Watched): () => void {
    this.#watchers.set(kind, (this.#watchers.get(kind) ?? 0) + 1);
    if (!this.#watched.has(kind)) {
      this.#watched.add(kind);
      if (this.#status.state === "live" || this.#status.state === "stale") this.#missedWatched.add(kind);
      if (this.#isStarted) this.#open();
    }
    return () => {
      this.#watchers.set(kind, (this.#watchers.get(kind) ?? 1) - 1);
      this.#options.setTimer(() => {
        if ((this.#watchers.get(kind) ?? 0) > 0 || !this.#watched.delete(kind)) return;
        if (this.#isStarted) this.#open();
      }, WATCHED_GRACE_MS);
    };
  }

  /** Remembers how far the followed run has been seen, so that a later reopening starts there. */
  seen(runId: string, seq: number): void {
    if (this.#topic?.runId === runId && seq > this.#topic.afterSeq) this.#topic = { runId, afterSeq: seq };
  }

  /** Closes the stream while nobody looks; one that was never opened catches up all the same when it is. */
  pause(): void {
    this.#isStarted = false;
    this.#hasLost = true;
    this.#closeAll();
    this.#set({ state: "paused", staleSinceMs: this.#options.now() });
  }

  close(): void {
    this.#isStarted = false;
    this.#closeAll();
  }

  #open({ isTrial = false } = {}): void {
    this.#options.clearTimer(this.#timer);
    this.#isTrial = isTrial;
    // The old stream goes on until the new one says hello: doubles are dropped by seq and version, gaps are not seen. One
    // that has not said it yet told nothing, and the one before it stays in its place.
    if (this.#retiring === undefined) this.#retiring = this.#source;
    else this.#source?.close();
    this.#leavesOut = this.#topic !== null && this.#failures >= TOPIC_FAILURES_MAX;
    const topic = this.#leavesOut ? null : this.#topic;
    const source = this.#options.openSource(liveUrl(topic, this.#watched, this.#since));
    this.#source = source;
    for (const name of FRAME_NAMES) source.addEventListener(name, (event) => this.#receive(source, name, event.data));
    source.addEventListener("error", () => this.#lost(source));
    if (this.#retiring === undefined && this.#status.state !== "reconnecting") this.#set({ state: "connecting" });
    this.#timer = this.#options.setTimer(() => this.#lost(source), HELLO_TIMEOUT_MS);
  }

  #receive(source: Source, name: FrameName, data: unknown): void {
    if (source !== this.#source && source !== this.#retiring) return;
    const frame = parse(data);
    if (frame === undefined) return;
    if (name === "hello" && source === this.#source) this.#greeted(frame as Frames["hello"]);
    if (name === "alive" && source === this.#source) this.#expectMore(source);
    if (name === "database" && source === this.#source) this.#tellDatabase(frame as Frames["database"]);
    for (const listener of this.#listeners.get(name) ?? []) listener(frame as never);
  }

  #greeted({ isBehind }: Frames["hello"]): void {
    this.#options.clearTimer(this.#timer);
    this.#retiring?.close();
    this.#retiring = undefined;
    this.#failures = 0;
    this.#set({ state: "live", sinceMs: this.#options.now() });
    if (this.#leavesOut) this.#tryTopic();
    const hasGap = this.#hasLost || isBehind;
    const missed: Missed[] = [];
    // Approvals come by no feed that could go back to where the page was made.
    if (this.#since !== null) missed.push("approvals");
    // Nor do runners.
    if (this.#since !== null && this.#watched.has("runners")) missed.push("runners");
    missed.push(...this.#missedWatched);
    this.#hasLost = false;
    this.#missedWatched.clear();
    this.#since = null;
    if (hasGap) for (const listener of this.#gapListeners) listener();
    else for (const what of missed) for (const listener of this.#missedListeners) listener(what);
  }

  #expectMore(source: Source): void {
    this.#options.clearTimer(this.#silence);
    const heardAtMs = this.#options.now();
    this.#silence = this.#options.setTimer(() => this.#lost(source, heardAtMs), SILENCE_MAX_MS);
  }

  /** The stream goes on, and nothing comes by it. What came meanwhile comes first when the database is back. */
  #tellDatabase({ isAway }: Frames["database"]): void {
    const nowMs = this.#options.now();
    if (isAway && this.#status.state === "live") this.#set({ state: "stale", staleSinceMs: nowMs });
    else if (!isAway && this.#status.state === "stale") this.#set({ state: "live", sinceMs: nowMs });
  }

  /** Opens a stream with what this one leaves out, a little later; until that one lives this one goes on. */
  #tryTopic(): void {
    if (this.#trials >= TOPIC_FAILURES_MAX) return;
    const delayMs = RETRY_MS[this.#trials] ?? 10_000;
    this.#trials += 1;
    this.#timer = this.#options.setTimer(() => this.#open({ isTrial: true }), delayMs);
  }

  #lost(source: Source, heardAtMs = this.#options.now()): void {
    if (source === this.#retiring) {
      source.close();
      this.#retiring = undefined;
      this.#hasLost = true;
    }
    if (source !== this.#source || !this.#isStarted) return;
    if (this.#isTrial && this.#retiring !== undefined) {
      this.#options.clearTimer(this.#timer);
      source.close();
      this.#source = this.#retiring;
      this.#retiring = undefined;
      this.#leavesOut = true;
      this.#tryTopic();
      return;
    }
    this.#trials = 0;
    const staleSinceMs = "staleSinceMs" in this.#status ? this.#status.staleSinceMs : heardAtMs;
    this.#closeAll();
    this.#hasLost = true;
    const delayMs = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? 10_000;
    this.#failures += 1;
    this.#set({ state: "reconnecting", retryAtMs: this.#options.now() + delayMs, staleSinceMs });
    this.#timer = this.#options.setTimer(() => this.#open(), delayMs);
  }

  #closeAll(): void {
    this.#options.clearTimer(this.#timer);
    this.#options.clearTimer(this.#silence);
    this.#source?.close();
    this.#retiring?.close();
    this.#source = undefined;
    this.#retiring = undefined;
  }

  #set(status: LiveStatus): void {
    this.#status = status;
    for (const listener of this.#statusListeners) listener();
  }
}

function parse(data: unknown): unknown {
  if (typeof data !== "string") return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
