/** What a request's body takes of what its run may hold. */
export type HeldBody = {
  /** Counts what is read of it; false where that is too much. */
  take: (bytes: number) => boolean;
  /** It is held no longer. */
  end: () => void;
};

/** Counts what each run's requests hold of memory until they are sent: each may be long, and many come at once. */
export class HeldBodies {
  readonly #held = new Map<string, number>();
  constructor(private readonly perRunMaxBytes: number) {}

  begin(runId: string): HeldBody {
    let own = 0;
    return {
      take: (bytes) => {
        const held = (this.#held.get(runId) ?? 0) + bytes;
        if (held > this.perRunMaxBytes) return false;
        this.#held.set(runId, held);
        own += bytes;
        return true;
      },
      end: () => {
        const left = (this.#held.get(runId) ?? 0) - own;
        own = 0;
        if (left <= 0) this.#held.delete(runId);
        else this.#held.set(runId, left);
      },
    };
  }
}
