import { type ChildSpec, type Exit, type RunningChild, startChild } from "./child";

export interface KeepRunningOptions {
  spec: ChildSpec;
  backoffMinMs: number;
  backoffMaxMs: number;
  /** After a child has lived this long, the next start uses the shortest backoff. */
  stableMs: number;
  onStart?(child: RunningChild): void;
  onExit?(exit: Exit, opts: { restartInMs: number; stderrTail: string }): void;
  /** Called when the system could not start it: too many processes, or a program that was replaced. */
  onStartFailed(error: Error, opts: { restartInMs: number }): void;
}

export interface SupervisedProcess {
  current(): RunningChild | null;
  send(message: object): void;
  /** Ends the child and does not start it again. */
  stop(deadlineMs: number): Promise<void>;
}

/** Starts a program, and starts it again whenever it ends, after a growing pause. */
export function keepRunning(options: KeepRunningOptions): SupervisedProcess {
  let child: RunningChild | null = null;
  let isStopping = false;
  let cancelPause: (() => void) | null = null;

  async function loop(): Promise<void> {
    let backoffMs = options.backoffMinMs;
    while (!isStopping) {
      const startedAt = Date.now();
      const end = await runOnce();
      if (isStopping) return;
      if (Date.now() - startedAt >= options.stableMs) backoffMs = options.backoffMinMs;
      if (end instanceof Error) options.onStartFailed(end, { restartInMs: backoffMs });
      else options.onExit?.(end.exit, { restartInMs: backoffMs, stderrTail: end.stderrTail });
      await pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, options.backoffMaxMs);
    }
  }

  /** Runs the program once; returns how it ended, or why it could not be started. */
  async function runOnce(): Promise<{ exit: Exit; stderrTail: string } | Error> {
    try {
      child = await startChild(options.spec);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    options.onStart?.(child);
    if (isStopping) child.kill();
    const exit = await child.exited;
    const stderrTail = child.stderrTail();
    child = null;
    return { exit, stderrTail };
  }

  function pause(ms: number): Promise<void> {
    if (isStopping) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      cancelPause = () => {
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
      cancelPause?.();
      await child?.stop(deadlineMs);
      await ended;
    },
  };
}
