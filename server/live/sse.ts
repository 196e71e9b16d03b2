import type { RunEvent } from "@/contract/event";

/** Where a stream's bytes go: Node's response, or a web stream. */
export interface Sink {
  /** Sends a chunk. If the reader is so slow that its backlog exceeds the bound, the sink closes itself. */
  write(chunk: Uint8Array): void;
  end(): void;
  /**
   * Resolves when the reader has taken its backlog, or has left. For data that can wait, unlike a run's live events.
   */
  drained?(): Promise<void>;
  /** What is sent at intervals, so that no proxy takes the stream for idle; KEEP_ALIVE by default. */
  keepAlive?: Uint8Array;
}

export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // A proxy that compresses or buffers would hold events back.
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

/** The maximum backlog of one reader. A reader that is cut off reconnects with its last id, so nothing is lost. */
export const SINK_BUFFER_MAX_BYTES = 1024 * 1024;
export const KEEP_ALIVE_MS = 15_000;
export const KEEP_ALIVE = Buffer.from(": keep-alive\n\n");
/**
 * The same for a browser, whose EventSource does not report comments to the page: by this event the page notices a
 * silent stream.
 */
export const ALIVE = Buffer.from("event: alive\ndata: {}\n\n");
export const OPENED = Buffer.from(": open\n\n");
/** Sent once when nothing more will come. A reconnection after it gets 204, which ends an EventSource. */
export const ENDED = Buffer.from("event: end\ndata: {}\n\n");

/** Encodes one server-sent event. JSON has no raw line breaks, so one data line holds it. */
export function encodeFrame(frame: { id?: string | null; event?: string; data: unknown }): Buffer {
  const id = frame.id == null ? "" : `id: ${frame.id}\n`;
  const event = frame.event === undefined ? "" : `event: ${frame.event}\n`;
  return Buffer.from(`${id}${event}data: ${JSON.stringify(frame.data)}\n\n`);
}

/** Encodes an object once for all its readers. `key` distinguishes encodings that depend on more than the object. */
export class FrameCache<Item extends object> {
  readonly #frames = new WeakMap<Item, Map<string, Buffer>>();

  of(item: Item, key: string, make: () => Buffer): Buffer {
    const frames = this.#frames.get(item) ?? new Map<string, Buffer>();
    this.#frames.set(item, frames);
    const cached = frames.get(key);
    if (cached) return cached;
    const encoded = make();
    frames.set(key, encoded);
    return encoded;
  }
}

export function isTerminalEvent(event: RunEvent | undefined): boolean {
  return event?.type === "terminal_status";
}
