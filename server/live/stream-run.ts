import type { RunEvent } from "@/contract/event";
import { EVENTS_LIMIT_MAX } from "@/contract/page";
import type { ServiceContext } from "@/server/context";
import type { LiveText } from "./hub";
import type { Live } from "./live";
import { encodeFrame, FrameCache, isTerminalEvent, type Sink } from "./sse";
import { encodeEvent, type RunTail, readEvents } from "./tail";

const texts = new FrameCache<LiveText>();

export type RunStreamOptions = {
  runId: string;
  afterSeq: number;
  /** The last event of a run that has ended: a run of v0.1 may have no terminal event. */
  endSeq?: number | null;
  /** Encodes an event; by default as the tail does. For streams that carry events of more than one run. */
  encode?: (event: RunEvent) => Buffer;
  /** Called after the run's last event. */
  onEnd: () => void;
  onFailure: (error: unknown) => void;
};

/** Well below the backlog that a sink allows. */
const REPLAY_PART_BYTES = 256 * 1024;

/**
 * Writes a run's events to a sink: those after a seq from the database, then new ones, whose bytes are shared by all
 * readers that are equally far. Text under way is written in between, without an id. Returns a function that stops it.
 */
export async function streamRun(
  ctx: ServiceContext,
  live: Live,
  sink: Sink,
  options: RunStreamOptions,
): Promise<() => void> {
  const { runId } = options;
  let seq = options.afterSeq;
  let isReplaying = false;
  let isStopped = false;
  const { tail, stop } = await live.tails.follow(runId, advance);
  const unsubscribe = live.hub.subscribeText(runId, (text) => {
    if (!isReplaying) sink.write(texts.of(text, "", () => encodeFrame({ event: "live", data: text })));
  });

  function advance(): void {
    if (isReplaying || isStopped) return;
    const frames = options.encode ? encodeFromTail(tail, seq, options.encode) : tail.framesAfter(seq);
    if (frames === null) {
      void replay();
      return;
    }
    if (frames.length === 0) return;
    seq = tail.seq;
    sink.write(frames);
    if (tail.hasTerminal) finish();
  }

  async function replay(): Promise<void> {
    isReplaying = true;
    try {
      let last: RunEvent | undefined;
      for (let isMore = true; isMore && !isStopped; ) {
        const page = await readEvents(ctx.db, runId, seq);
        if (isStopped) break;
        last = page.at(-1) ?? last;
        seq = last?.seq ?? seq;
        await writeInParts(sink, page.map(options.encode ?? encodeEvent), () => isStopped);
        isMore = page.length === EVENTS_LIMIT_MAX;
      }
      // A full page may have ended with the terminal event: only an empty page after it shows that.
      if (!isStopped && (isTerminalEvent(last) || hasReadAll())) return finish();
    } catch (error) {
      options.onFailure(error);
      return;
    } finally {
      isReplaying = false;
    }
    // Writes what came during the last page.
    if (tail.seq > seq) advance();
  }

  function hasReadAll(): boolean {
    return options.endSeq != null && seq >= options.endSeq;
  }

  function finish(): void {
    halt();
    options.onEnd();
  }

  function halt(): void {
    isStopped = true;
    unsubscribe();
    stop();
  }

  // Reads the database even when the tail is not ahead: the tail may have been created just now.
  void replay();
  return halt;
}

/** Writes each part only after the reader has taken the one before, so that no log is too long for a slow reader. */
async function writeInParts(sink: Sink, frames: Buffer[], isStopped: () => boolean): Promise<void> {
  let part: Buffer[] = [];
  let bytes = 0;
  for (const [index, frame] of frames.entries()) {
    part.push(frame);
    bytes += frame.length;
    if (bytes < REPLAY_PART_BYTES && index < frames.length - 1) continue;
    if (isStopped()) return;
    sink.write(part.length === 1 ? frame : Buffer.concat(part));
    part = [];
    bytes = 0;
    await sink.drained?.();
  }
}

function encodeFromTail(tail: RunTail, seq: number, encode: (event: RunEvent) => Buffer): Buffer | null {
  const entries = tail.after(seq);
  return entries && Buffer.concat(entries.map((entry) => encode(entry.event)));
}
