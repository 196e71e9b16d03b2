const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** How long after each try that failed the next one comes. */
const RETRY_DELAYS_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
] as const;
/** Tries of one delivery, which take a good day. */
export const ATTEMPTS_MAX = RETRY_DELAYS_MS.length + 1;
/** The longest pause that a receiver can ask for. */
const RETRY_AFTER_MAX_MS = 24 * HOUR;

/**
 * Returns how long to wait after a failed try; null: it was the last. The pause varies by a tenth, so that deliveries
 * that failed together do not come back together. It is never shorter than the receiver asked.
 */
export function retryDelayAfter(attempts: number, retryAfterMs: number | null): number | null {
  const delayMs = RETRY_DELAYS_MS[attempts - 1];
  if (delayMs === undefined) return null;
  return Math.max(delayMs * (0.9 + Math.random() / 5), Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS));
}
