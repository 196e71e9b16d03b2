import { type ChildSpec, type Exit, type RunningChild, startChild } from "./child";

export interface KeepRunningOptions {
  spec: ChildSpec;
  backoffMinMs: number;
  backoffMaxMs: number;
  /** A child that lived this long starts again with the shortest backoff. */
  steadyMs: number;
  onStart?(child: RunningChild): void;
  onExit?(exit: Exit, opts: { restartInMs: number; stderrTail: string }): void;
}

export interface KeptProcess {
  current(): RunningChild | null;
  send(message: object): void;
  /** Ends the child and starts it no more. */
  stop(deadlineMs: number): Promise<void>;
}

/** Starts a program, and starts it again whenever it ends, each time after a longer pause. */
export function keepRunning(options: KeepRunningOptions): KeptProcess {
  let child: RunningChild | null = null;
  let isStopping = false;
  let wake: (() => void) | null = null;

  async function loop(): Promise<void> {
    let backoffMs = options.backoffMinMs;
    while (!isStopping) {
      const startedAt = Date.now();
      child = await startChild(options.spec);
      options.onStart?.(child);
      if (isStopping) child.kill();
      const exit = await child.exited;
      const stderrTail = child.stderrTail();
      child = null;
      if (isStopping) return;
      if (Date.now() - startedAt >= options.steadyMs) backoffMs = options.backoffMinMs;
      options.onExit?.(exit, { restartInMs: backoffMs, stderrTail });
      await pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, options.backoffMaxMs);
    }
  }

  function pause(ms: number): Promise<void> {
    if (isStopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const ended = loop();
  return {
    current: () => child,
    send: (message) => child?.send(message),
    async stop(deadlineMs) {
      isStopping = true;
      wake?.();
      await child?.stop(deadlineMs);
      await ended;
    },
  };
}
