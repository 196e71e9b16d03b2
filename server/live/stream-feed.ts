import type { FeedRow } from "./feed";
import { encodeFrame, FrameCache, type Sink } from "./sse";
import type { FeedStream } from "./watch-feed";

const frames = new FrameCache<FeedRow<unknown>>();

/** Writes a feed to a sink as events with ids; readers with the same filter share the bytes. Ends with the feed. */
export async function streamFeed<Item>(feed: FeedStream<Item>, sink: Sink): Promise<void> {
  // An id without data sets the reader's last id, so that one who loses the stream at once misses nothing.
  sink.write(Buffer.from(`id: ${feed.startId}\n\n`));
  for await (const { id, item, row } of feed.entries) {
    sink.write(frames.of(row, feed.key, () => encodeFrame({ id, data: item })));
    // What changes meanwhile waits in the feed; what is too much for it is read from the database later.
    await sink.drained?.();
  }
}
