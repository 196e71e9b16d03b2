/** Writes that may come at once, before they are made at nuqs's own pace. */
const BURST = 20;
/**
 * Chrome ignores what is more than 200 calls of its history in ten seconds, and a write of ours may be three of them: at
 * once come no more than that bears.
 */
const REFILL_MS = 250;

/** How many writes of the address may come at once: a burst, which comes back so many a second. */
export class WriteBudget {
  #left = BURST;
  #refilledAtMs = 0;

  /** Whether one more should wait. */
  isSpent(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#left === 0;
  }

  /** Counts one that is made now. */
  take(nowMs: number): void {
    this.#refill(nowMs);
    this.#left = Math.max(0, this.#left - 1);
  }

  #refill(nowMs: number): void {
    const refills = Math.floor((nowMs - this.#refilledAtMs) / REFILL_MS);
    if (refills <= 0) return;
    this.#left = Math.min(BURST, this.#left + refills);
    this.#refilledAtMs += refills * REFILL_MS;
  }
}
