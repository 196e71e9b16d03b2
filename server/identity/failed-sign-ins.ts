import { RateLimitedError } from "@/server/errors";

/** For one address in a minute. */
const FAILURES_MAX = 10;
const WINDOW_MS = 60_000;
const ADDRESSES_MAX = 10_000;

export type FailedSignIns = {
  /** Throws `rate-limited` when an address has failed too often recently. */
  assertAllowed(address: string): void;
  note(address: string): void;
  /** Takes back what was noted for somebody who did not guess. */
  forgive(address: string): void;
};

/**
 * Slows down guessing. Kept in memory: a token has 256 random bits, so this saves work rather than protects secrets.
 */
export function createFailedSignIns(
  failuresMax: number = FAILURES_MAX,
  label = "failed sign-ins",
  now: () => number = () => performance.now(),
): FailedSignIns {
  const failures = new Map<string, { count: number; since: number }>();
  return {
    assertAllowed(address) {
      const entry = failures.get(address);
      if (!entry || entry.count < failuresMax) return;
      const waitMs = entry.since + WINDOW_MS - now();
      if (waitMs <= 0) {
        failures.delete(address);
        return;
      }
      const retryAfterSeconds = Math.ceil(waitMs / 1_000);
      throw new RateLimitedError(`too many ${label}: try again in ${retryAfterSeconds} s`, retryAfterSeconds);
    },
    note(address) {
      const entry = failures.get(address);
      if (entry && entry.since + WINDOW_MS > now()) {
        entry.count += 1;
        return;
      }
      if (failures.size >= ADDRESSES_MAX) failures.clear();
      failures.set(address, { count: 1, since: now() });
    },
    forgive(address) {
      const entry = failures.get(address);
      if (entry && entry.count > 0) entry.count -= 1;
    },
  };
}
