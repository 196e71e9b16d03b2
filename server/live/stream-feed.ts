import type { FeedRow } from "./feed";
import { encodeFrame, FrameCache, type Sink } from "./sse";
import type { FeedStream } from "./watch-feed";

const frames = new FrameCache<FeedRow<unknown>>();

/**
 * Writes a feed to a sink as events with ids; readers with the same filter share the bytes. Resolves when the feed
 * ends.
 */
export async function streamFeed<Item>(feed: FeedStream<Item>, sink: Sink): Promise<void> {
  // An id without data sets the reader's last id, so a reader that loses the stream at once misses nothing.
  sink.write(Buffer.from(`id: ${feed.startId}\n\n`));
  for await (const { id, item, row } of feed.entries) {
    sink.write(frames.of(row, feed.key, () => encodeFrame({ id, data: item })));
    // Changes meanwhile wait in the feed; those that exceed its bound are read from the database later.
    await sink.drained?.();
  }
}
