import { OpenLiveInput } from "@/contract/watch";
import { UnauthenticatedError } from "@/server/errors";
import { OPENED, openConsoleStream, type Sink, SSE_HEADERS } from "@/server/live";
import { openRestStream } from "@/server/rest";
import { admit, inputFault, type TrpcContext } from "@/server/trpc/init";
import { limitedContextOf } from "./caller";
import { type Exchange, sendError } from "./exchange";
import { openNodeSink } from "./node-sink";

type Open = (ctx: TrpcContext, signal: AbortSignal) => Promise<((sink: Sink) => Promise<void>) | null>;

/** Serves a stream of the REST API. */
export function handleRestStream(exchange: Exchange, path: string): Promise<void> {
  const { method, query } = exchange;
  const lastEventId = exchange.headers.get("last-event-id");
  return serveStream(exchange, async (ctx, signal) => {
    const opened = await openRestStream({ method, path, query, lastEventId }, ctx, signal);
    return opened?.write ?? null;
  });
}

/** Serves the console's one stream for a tab. */
export function handleConsoleStream(exchange: Exchange): Promise<void> {
  return serveStream(exchange, (ctx, signal) => {
    const service = admit("viewer", { ctx, path: "live", type: "subscription" });
    const parsed = OpenLiveInput.safeParse(Object.fromEntries(exchange.query));
    if (!parsed.success) throw inputFault(parsed.error);
    const lastEventId = exchange.headers.get("last-event-id") ?? undefined;
    return openConsoleStream(service, exchange.wiring.live, { ...parsed.data, lastEventId }, signal);
  });
}

async function serveStream(exchange: Exchange, open: Open): Promise<void> {
  const { wiring, res } = exchange;
  const ctx = await limitedContextOf(wiring, exchange);
  try {
    if (!ctx.service) throw ctx.fault ?? new UnauthenticatedError();
    const stream = wiring.live.streams.open(ctx.service.actor);
    res.once("close", stream.close);
    try {
      const write = await open(ctx, stream.signal);
      if (res.destroyed) return;
      if (write === null) {
        res.writeHead(204).end();
        return;
      }
      // The answer ends with its connection: without chunked encoding each event is one write, which halves the cost of
      // a delivery.
      res.useChunkedEncodingByDefault = false;
      res.shouldKeepAlive = false;
      res.writeHead(200, SSE_HEADERS);
      const sink = openNodeSink(res);
      stream.signal.addEventListener("abort", () => sink.end(), { once: true });
      sink.write(OPENED);
      await write(sink);
      sink.end();
    } finally {
      stream.close();
    }
  } catch (error) {
    sendError(exchange, error);
  }
}
