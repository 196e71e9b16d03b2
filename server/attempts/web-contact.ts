import type { Logger } from "pino";
import { isReady } from "@/contract/readiness";

/** A pass waits for it, and the next must not come so late that the database seems to have been away. */
const LOOK_MS = 1_000;
/** A runner that nobody answers for so long ends its agent by itself. */
const AWAY_MAX_MS = 10 * 60_000;

export type WebContactOptions = {
  /** Whether web answers now. */
  look: () => Promise<boolean>;
  leaseMs: number;
  monotonicMs: () => number;
  log: Pick<Logger, "warn" | "info">;
};

/**
 * Whether runners can reach web, by which alone they say that they are there: where it is away, is stopped or starts in
 * vain, every one of them is silent, and none is lost. One that is asked pass after pass and gives no answer for half a
 * lease time is away; once it is back, runners have a whole lease time to be heard. After ten minutes it counts for
 * nothing any more: as likely the worker alone cannot reach it.
 */
export class WebContact {
  /** When it answered last; at a start it is given time to come up. */
  #seenAt: number | null = null;
  /** Since when it has answered without being away; null: it has not yet. */
  #since: number | null = null;
  #awayFrom: number | null = null;

  constructor(private readonly options: WebContactOptions) {}

  /** Looks, and says whether a runner's silence tells of the runner. */
  async areRunnersHeard(): Promise<boolean> {
    const { leaseMs, monotonicMs, log } = this.options;
    const isThere = await this.options.look().catch(() => false);
    const now = monotonicMs();
    this.#seenAt ??= now;
    const wasAway = now - this.#seenAt > leaseMs / 2;
    if (isThere) {
      this.#seenAt = now;
      if (wasAway || this.#since === null) this.#since = now;
      if (this.#awayFrom !== null) log.info({ awayMs: Math.round(now - this.#awayFrom) }, "web answers again");
      this.#awayFrom = null;
    } else if (wasAway) {
      if (this.#awayFrom === null) log.warn("web gives no answer: no runner's silence is taken for its loss");
      this.#awayFrom ??= now;
      return now - this.#awayFrom >= AWAY_MAX_MS;
    }
    return this.#since !== null && now - this.#since >= leaseMs;
  }
}

/** Whether the server that runners are told of is ready for what they say; throws where nobody says so. */
export function isWebReady(url: string): Promise<boolean> {
  return isReady(url, LOOK_MS);
}
