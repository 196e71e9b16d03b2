import { type TrackedEnvelope, tracked } from "@trpc/server";
import type { ServiceContext } from "@/server/context";
import { UnexpectedError } from "@/server/errors";
import type { Live } from "@/server/live";

type WatchOptions = { ctx: { service: ServiceContext; live?: Live }; signal: AbortSignal | undefined };
type Watch = { ctx: ServiceContext; live: Live; signal: AbortSignal };

/**
 * Runs a subscription as one of the process's open streams: it ends with its caller's token and with the server, and
 * counts towards the caller's limit.
 */
export async function* asStream<Item>(
  opts: WatchOptions,
  items: (watch: Watch) => AsyncIterable<Item> | Promise<AsyncIterable<Item>>,
): AsyncGenerator<Item> {
  const { service, live } = opts.ctx;
  if (!live) throw new UnexpectedError(new Error("nothing can be watched here: the context has no live"));
  const stream = live.streams.open(service.actor, opts.signal);
  try {
    yield* await items({ ctx: service, live, signal: stream.signal });
  } finally {
    stream.close();
  }
}

/** Yields items with the ids from which a client continues after a lost connection. */
export async function* trackAll<Entry extends { id: string }, Item>(
  entries: AsyncIterable<Entry>,
  itemOf: (entry: Entry) => Item,
): AsyncGenerator<TrackedEnvelope<Item>> {
  for await (const entry of entries) yield tracked(entry.id, itemOf(entry));
}
