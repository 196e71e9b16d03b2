import { UnavailableError } from "@/server/errors";

/**
 * Limits how many calls of one kind work at once (`workingMax`) and how many more wait for their turn (`waitingMax`), so
 * that they cannot take all connections to the database.
 */
export class AtOnce {
  #working = 0;
  readonly #waiting: (() => void)[] = [];

  /** `what` names the calls in the refusal, in the plural. */
  constructor(private readonly options: { workingMax: number; waitingMax: number; what: string }) {}

  /** Does the work in its turn. Throws UnavailableError (`overloaded`) when too many calls wait already. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const { workingMax, waitingMax, what } = this.options;
    if (this.#working < workingMax) this.#working += 1;
    else if (this.#waiting.length < waitingMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else throw new UnavailableError("overloaded", `too many ${what} wait: try again in a moment`);
    try {
      return await work();
    } finally {
      // A call that ends hands its place to the next, so the count stays.
      const next = this.#waiting.shift();
      if (next === undefined) this.#working -= 1;
      else next();
    }
  }
}
