import pino from "pino";
import type { ServiceContext } from "@/server/context";
import { TraceExporter, type TraceTarget } from "..";

type Options = Partial<TraceTarget> & { monotonicMs?: () => number; settleMs?: number };

/** Makes an exporter that sends to an address what has just ended; returns it with its log lines. */
export function exporterTo(ctx: ServiceContext, url: string, options: Options = {}) {
  const { monotonicMs, settleMs = 0, ...target } = options;
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => lines.push(line) });
  const exporter = new TraceExporter({
    ctx: { ...ctx, log },
    target: { url, headers: {}, timeoutMs: 5_000, isCompressed: false, resource: {}, ...target },
    settleMs,
    ...(monotonicMs ? { monotonicMs } : {}),
  });
  return { exporter, lines };
}
