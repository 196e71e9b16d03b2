import { setTimeout as pause } from "node:timers/promises";
import { UnreachableError } from "./control-plane";
import { LeaseLostError } from "./errors";

/** How long a runner continues without its server; after that it ends its agent. */
export const AWAY_MAX_MS = 10 * 60_000;

/** Repeats a call that got no answer, with growing pauses, for as long as a runner may be without its server. */
export async function retryWhileAway<T>(
  call: () => Promise<T>,
  opts: { signal?: AbortSignal; awayMaxMs?: number } = {},
): Promise<T> {
  const startedAt = performance.now();
  try {
    return await retry(call, { ...opts, awayMaxMs: opts.awayMaxMs ?? AWAY_MAX_MS });
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const awayMs = performance.now() - startedAt;
    throw new LeaseLostError(`no answer from the server for ${Math.round(awayMs / 1000)} s: ${error.message}`);
  }
}

/** Does the same for a call that a run can do without: after `awayMaxMs` it throws the last UnreachableError. */
export async function retry<T>(call: () => Promise<T>, opts: { signal?: AbortSignal; awayMaxMs: number }): Promise<T> {
  const startedAt = performance.now();
  for (let tryCount = 0; ; tryCount++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof UnreachableError) || performance.now() - startedAt > opts.awayMaxMs) throw error;
      const delayMs = Math.min(2_000, 50 * 2 ** Math.min(tryCount, 6));
      await pause(delayMs * (0.5 + Math.random() / 2), undefined, opts.signal ? { signal: opts.signal } : {});
    }
  }
}
