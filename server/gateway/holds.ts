/** One call's share of what its run may hold. */
export type Hold = {
  /** Takes this much more; false: that would be too much. */
  take: (amount: number) => boolean;
  /** Gives everything back. */
  end: () => void;
};

/**
 * Counts what the calls of each run hold, such as places or memory, so that one run cannot hold more than its share.
 */
export class Holds {
  readonly #held = new Map<string, number>();
  constructor(private readonly perRunMax: number) {}

  begin(runId: string): Hold {
    let amountHeld = 0;
    return {
      take: (amount) => {
        const held = (this.#held.get(runId) ?? 0) + amount;
        if (held > this.perRunMax) return false;
        this.#held.set(runId, held);
        amountHeld += amount;
        return true;
      },
      end: () => {
        const remaining = (this.#held.get(runId) ?? 0) - amountHeld;
        amountHeld = 0;
        if (remaining <= 0) this.#held.delete(runId);
        else this.#held.set(runId, remaining);
      },
    };
  }
}
