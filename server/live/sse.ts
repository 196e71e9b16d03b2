import type { RunEvent } from "@/contract/event";

/** Where a stream's bytes go: Node's response, or a web stream. */
export interface Sink {
  /** Sends, unless the reader is so slow that what waits for it exceeds the bound: then the sink closes itself. */
  write(chunk: Uint8Array): void;
  end(): void;
  /** Resolves when the reader has taken what waits for it, or has left. For what can wait, as a run's live events cannot. */
  drained?(): Promise<void>;
  /** What is sent now and then, so that nobody on the way takes the stream for forgotten; KEEP_ALIVE unless set. */
  keepAlive?: Uint8Array;
}

export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // A proxy that compresses or buffers would hold events back.
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/** What may wait for one reader. It comes back with its last id, so nothing is lost by closing it. */
export const SINK_BUFFER_MAX_BYTES = 1024 * 1024;
export const KEEP_ALIVE_MS = 15_000;
export const KEEP_ALIVE = Buffer.from(": keep-alive\n\n");
/** The same for a browser, whose EventSource tells no page of comments: a stream that has fallen silent is known by it. */
export const ALIVE = Buffer.from("event: alive\ndata: {}\n\n");
export const OPENED = Buffer.from(": open\n\n");
/** Said once when there is nothing more to come; what reconnects after it gets 204, which ends an EventSource. */
export const ENDED = Buffer.from("event: end\ndata: {}\n\n");

/** One server-sent event. JSON has no raw line breaks, so one data line holds it. */
export function encodeFrame(frame: { id?: string | null; event?: string; data: unknown }): Buffer {
  const id = frame.id == null ? "" : `id: ${frame.id}\n`;
  const event = frame.event === undefined ? "" : `event: ${frame.event}\n`;
  return Buffer.from(`${id}${event}data: ${JSON.stringify(frame.data)}\n\n`);
}

/** Bytes made once for an object however many readers get them; `key` tells apart what the bytes also depend on. */
export class FrameCache<Item extends object> {
  readonly #frames = new WeakMap<Item, Map<string, Buffer>>();

  of(item: Item, key: string, make: () => Buffer): Buffer {
    const frames = this.#frames.get(item) ?? new Map<string, Buffer>();
    this.#frames.set(item, frames);
    const known = frames.get(key);
    if (known) return known;
    const made = make();
    frames.set(key, made);
    return made;
  }
}

export function isTerminalEvent(event: RunEvent | undefined): boolean {
  return event?.type === "terminal_status";
}
