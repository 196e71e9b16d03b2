import type { ServerResponse } from "node:http";
import { KEEP_ALIVE, KEEP_ALIVE_MS, SINK_BUFFER_MAX_BYTES, type Sink } from "@/server/live";

const sinks = new Set<Sink>();
let timer: NodeJS.Timeout | null = null;

/**
 * Opens a sink that writes events to a response. A reader that does not read is cut off, and reconnects with its last
 * id.
 */
export function openNodeSink(res: ServerResponse): Sink {
  const sink: Sink = {
    write(chunk) {
      if (res.writableEnded || res.destroyed) return;
      if (res.writableLength > SINK_BUFFER_MAX_BYTES) res.destroy();
      else res.write(chunk);
    },
    end() {
      if (!res.writableEnded) res.end();
    },
    async drained() {
      if (!res.writableNeedDrain) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          res.off("drain", done).off("close", done);
          resolve();
        };
        res.once("drain", done).once("close", done);
      });
    },
  };
  keepAlive(sink);
  res.once("close", () => stopKeepAlive(sink));
  return sink;
}

/** Sends keep-alives to all of this process's streams with one timer. */
export function keepAlive(sink: Sink): void {
  sinks.add(sink);
  timer ??= setInterval(() => {
    for (const sink of sinks) sink.write(sink.keepAlive ?? KEEP_ALIVE);
  }, KEEP_ALIVE_MS).unref();
}

export function stopKeepAlive(sink: Sink): void {
  sinks.delete(sink);
  if (sinks.size > 0 || !timer) return;
  clearInterval(timer);
  timer = null;
}
