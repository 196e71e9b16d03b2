import { DeadlineError } from "@/contract/deadline";
import type { WatchedCommand } from "./control-plane";

const REOPEN_MS = 500;

/** How a stream tells of itself; after `onError` and `onComplete` it is over. */
export interface StreamListener {
  onStarted(): void;
  onData(command: WatchedCommand): void;
  onError(error: Error): void;
  onComplete(): void;
}

/**
 * Keeps a run's stream of commands open: after each break, and where nobody answers the wish to open it, it is opened
 * anew behind the last command that came.
 */
export function keepStreaming(opts: {
  open: (afterSeq: number, listener: StreamListener) => { unsubscribe(): void };
  afterSeq: number;
  onCommand: (command: WatchedCommand) => void;
  onBroken: (error: Error) => void;
  /** How long the server may take to begin: the client knows no limit before it has heard the server's. */
  openMs: number;
}): { close(): void } {
  let seq = opts.afterSeq;
  let timer: NodeJS.Timeout | undefined;
  let stream: { unsubscribe(): void } | undefined;
  let count = 0;

  function open(): void {
    count += 1;
    const own = count;
    // One that was left says that it is over, which is no news.
    const again = (error?: Error) => {
      if (own !== count) return;
      clearTimeout(timer);
      if (error) opts.onBroken(error);
      timer = setTimeout(reopen, REOPEN_MS);
    };
    timer = setTimeout(() => again(new DeadlineError("commands.watch", opts.openMs)), opts.openMs);
    stream = opts.open(seq, {
      onStarted: () => {
        if (own === count) clearTimeout(timer);
      },
      onData(command) {
        if (own !== count) return;
        if ("seq" in command) seq = Math.max(seq, command.seq);
        opts.onCommand(command);
      },
      onError: again,
      onComplete: () => again(),
    });
  }

  function leave(): void {
    count += 1;
    clearTimeout(timer);
    stream?.unsubscribe();
  }

  function reopen(): void {
    leave();
    open();
  }

  open();
  return { close: leave };
}
