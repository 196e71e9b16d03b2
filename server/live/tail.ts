import { and, asc, eq, gt } from "drizzle-orm";
import type { RunEvent } from "@/contract/event";
import { EVENTS_LIMIT_MAX } from "@/contract/page";
import type { Db } from "@/db/client";
import { events } from "@/db/schema";
import { toEvent } from "@/server/events";
import type { Hub } from "./hub";

/**
 * How many of a run's newest events are kept in memory for its followers; a reader further behind reads the database.
 */
const EVENTS_MAX = 512;
const BYTES_MAX = 4 * 1024 * 1024;

export type TailEntry = { seq: number; event: RunEvent; frame: Buffer };

/** The newest events of one run, read and encoded once for all followers in this process. */
export class RunTail {
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #entries: TailEntry[] = [];
  #bytes = 0;
  #loading: Promise<void> | null = null;
  #isStale = false;
  #joinedFrames: { afterSeq: number; frames: Buffer } | null = null;

  /** `lastSeq`: the seq up to which a reader of the database has seen the run. */
  constructor(
    private readonly db: Db,
    hub: Hub,
    readonly runId: string,
    private lastSeq: number,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#unsubscribe = hub.subscribe(`events:${runId}`, () => void this.refresh());
  }

  get readerCount(): number {
    return this.#listeners.size;
  }

  get seq(): number {
    return this.lastSeq;
  }

  /** Whether the newest event is the run's last. */
  get hasTerminal(): boolean {
    return this.#entries.at(-1)?.event.type === "terminal_status";
  }

  /** Calls the listener when there are new events. */
  follow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Returns the events after a seq from memory; null: the seq is too far behind. */
  after(seq: number): TailEntry[] | null {
    if (seq >= this.lastSeq) return [];
    const first = this.#entries[0];
    if (!first || first.seq > seq + 1) return null;
    return this.#entries.slice(seq + 1 - first.seq);
  }

  /** The same as frames in one buffer, shared by readers that are equally far. */
  framesAfter(seq: number): Buffer | null {
    if (this.#joinedFrames?.afterSeq === seq) return this.#joinedFrames.frames;
    const entries = this.after(seq);
    if (!entries) return null;
    const frames = Buffer.concat(entries.map((entry) => entry.frame));
    this.#joinedFrames = { afterSeq: seq, frames };
    return frames;
  }

  /** Reads what is new. A wake during a read causes another read. */
  async refresh(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  close(): void {
    this.#unsubscribe();
  }

  async #load(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const rows = await readEvents(this.db, this.runId, this.lastSeq);
        if (rows.length === 0) continue;
        this.#append(rows);
        if (rows.length === EVENTS_LIMIT_MAX) this.#isStale = true;
        for (const listener of this.#listeners) listener();
      }
    } catch (error) {
      // The poll looks again later; readers stay where they are.
      this.onFailure(error);
    }
  }

  #append(rows: RunEvent[]): void {
    for (const event of rows) {
      const frame = encodeEvent(event);
      this.#entries.push({ seq: event.seq, event, frame });
      this.#bytes += frame.length;
      this.lastSeq = event.seq;
    }
    let dropped = 0;
    while (
      this.#entries.length - dropped > EVENTS_MAX ||
      (this.#bytes > BYTES_MAX && dropped < this.#entries.length - 1)
    ) {
      this.#bytes -= this.#entries[dropped]?.frame.length ?? 0;
      dropped += 1;
    }
    if (dropped > 0) this.#entries = this.#entries.slice(dropped);
    this.#joinedFrames = null;
  }
}

/** Encodes one event as a server-sent event. Its id is its seq, from which a reader continues. */
export function encodeEvent(event: RunEvent): Buffer {
  return Buffer.from(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** Returns a page of a run's events after a seq, at most `EVENTS_LIMIT_MAX`. */
export async function readEvents(db: Db, runId: string, afterSeq: number): Promise<RunEvent[]> {
  const rows = await db
    .select()
    .from(events)
    .where(and(eq(events.runId, runId), gt(events.seq, afterSeq)))
    .orderBy(asc(events.seq))
    .limit(EVENTS_LIMIT_MAX);
  return rows.map(toEvent);
}
