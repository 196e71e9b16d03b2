import { DeadlineError } from "@/contract/deadline";
import type { WatchedCommand } from "./control-plane";

const REOPEN_MS = 500;

/** Receives a stream's messages; after `onError` or `onComplete` the stream is over. */
export interface StreamListener {
  onStarted(): void;
  onData(command: WatchedCommand): void;
  onError(error: Error): void;
  onComplete(): void;
}

/**
 * Keeps a run's stream of commands open. After each break, and where a request to open it is not answered, it is opened
 * again after the last command received.
 */
export function streamWithReconnect(opts: {
  open: (afterSeq: number, listener: StreamListener) => { unsubscribe(): void };
  afterSeq: number;
  onCommand: (command: WatchedCommand) => void;
  onBroken: (error: Error) => void;
  /**
   * How long the server may take to begin the stream: the client enforces no limit before it has received the server's.
   */
  openMs: number;
}): { close(): void } {
  let lastSeq = opts.afterSeq;
  let timer: NodeJS.Timeout | undefined;
  let stream: { unsubscribe(): void } | undefined;
  let currentStreamNumber = 0;

  function open(): void {
    currentStreamNumber += 1;
    const streamNumber = currentStreamNumber;
    // A stream that this function left also reports its end, which needs no reaction.
    const reopenLater = (error?: Error) => {
      if (streamNumber !== currentStreamNumber) return;
      clearTimeout(timer);
      if (error) opts.onBroken(error);
      timer = setTimeout(reopen, REOPEN_MS);
    };
    timer = setTimeout(() => reopenLater(new DeadlineError("commands.watch", opts.openMs)), opts.openMs);
    stream = opts.open(lastSeq, {
      onStarted: () => {
        if (streamNumber === currentStreamNumber) clearTimeout(timer);
      },
      onData(command) {
        if (streamNumber !== currentStreamNumber) return;
        if ("seq" in command) lastSeq = Math.max(lastSeq, command.seq);
        opts.onCommand(command);
      },
      onError: reopenLater,
      onComplete: () => reopenLater(),
    });
  }

  function closeStream(): void {
    currentStreamNumber += 1;
    clearTimeout(timer);
    stream?.unsubscribe();
  }

  function reopen(): void {
    closeStream();
    open();
  }

  open();
  return { close: closeStream };
}
