import type { Logger } from "pino";
import { isReady } from "@/contract/readiness";

/**
 * A pass waits for web this long: longer, and the next pass would come so late that the database seems to have been
 * away.
 */
const LOOK_MS = 1_000;
/** A runner that gets no answer for this long ends its agent by itself. */
const AWAY_MAX_MS = 10 * 60_000;

export type WebContactOptions = {
  /** Whether web answers now. */
  probe: () => Promise<boolean>;
  leaseMs: number;
  monotonicMs: () => number;
  log: Pick<Logger, "warn" | "info">;
};

/**
 * Tells whether runners can reach web, their only way to report that they live. While web is away, stopped or failing
 * to start, every runner is silent and none is lost.
 *
 * - Web is away when it was asked pass after pass and gave no answer for half a lease time.
 * - Once it is back, runners have a whole lease time to be heard.
 * - After ten minutes away it no longer counts: it is as likely that only the worker cannot reach web.
 */
export class WebContact {
  /** When web answered last. At a start web is given time to come up. */
  #seenAt: number | null = null;
  /** Since when web has answered without being away; null: it has not answered yet. */
  #since: number | null = null;
  #awayFrom: number | null = null;

  constructor(private readonly options: WebContactOptions) {}

  /** Asks web, and returns whether a runner's silence says something about the runner. */
  async areRunnersHeard(): Promise<boolean> {
    const { leaseMs, monotonicMs, log } = this.options;
    const isThere = await this.options.probe().catch(() => false);
    const now = monotonicMs();
    this.#seenAt ??= now;
    const wasAway = now - this.#seenAt > leaseMs / 2;
    if (isThere) {
      this.#seenAt = now;
      if (wasAway || this.#since === null) this.#since = now;
      if (this.#awayFrom !== null) log.info({ awayMs: Math.round(now - this.#awayFrom) }, "web is reachable again");
      this.#awayFrom = null;
    } else if (wasAway) {
      if (this.#awayFrom === null) log.warn("web is unreachable: silent runners are not considered lost");
      this.#awayFrom ??= now;
      return now - this.#awayFrom >= AWAY_MAX_MS;
    }
    return this.#since !== null && now - this.#since >= leaseMs;
  }
}

/** Whether the server that runners report to is ready for them. Throws when there is no answer. */
export function isWebReady(url: string): Promise<boolean> {
  return isReady(url, LOOK_MS);
}
