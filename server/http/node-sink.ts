import type { ServerResponse } from "node:http";
import { KEEP_ALIVE, KEEP_ALIVE_MS, SINK_BUFFER_MAX_BYTES, type Sink } from "@/server/live";

const open = new Set<Sink>();
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
        const settle = () => {
          res.off("drain", settle).off("close", settle);
          resolve();
        };
        res.once("drain", settle).once("close", settle);
      });
    },
  };
  keepAlive(sink);
  res.once("close", () => forget(sink));
  return sink;
}

/** Sends keep-alives to all of this process's streams with one timer. */
export function keepAlive(sink: Sink): void {
  open.add(sink);
  timer ??= setInterval(() => {
    for (const one of open) one.write(one.keepAlive ?? KEEP_ALIVE);
  }, KEEP_ALIVE_MS).unref();
}

export function forget(sink: Sink): void {
  open.delete(sink);
  if (open.size > 0 || !timer) return;
  clearInterval(timer);
  timer = null;
}
