export { openConsoleStream } from "./console-stream";
export type { FeedFilter } from "./feed";
export { markFeeds } from "./feed-mark";
export type { LiveText } from "./hub";
export { Leadership } from "./leadership";
export { assertListenWorks, ListenLostError } from "./listener";
export { Live, type LiveOptions } from "./live";
export { publishLiveText } from "./publish-live-text";
export {
  ALIVE,
  ENDED,
  encodeFrame,
  KEEP_ALIVE,
  KEEP_ALIVE_MS,
  OPENED,
  SINK_BUFFER_MAX_BYTES,
  type Sink,
  SSE_HEADERS,
} from "./sse";
export { streamFeed } from "./stream-feed";
export { streamRun } from "./stream-run";
export { type WatchedCommand, watchCommands } from "./watch-commands";
export { openRun, startSeq, watchEvents } from "./watch-events";
export { openFeed } from "./watch-feed";
