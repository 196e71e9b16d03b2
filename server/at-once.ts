import { UnavailableError } from "@/server/errors";

/**
 * Lets so many calls work at once and so many more wait for their turn, so that calls of one kind cannot take all
 * connections to the database.
 */
export class AtOnce {
  #working = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly options: { workingMax: number; waitingMax: number; what: string }) {}

  /** Throws UnavailableError (`overloaded`) where too many wait already. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const { workingMax, waitingMax, what } = this.options;
    if (this.#working < workingMax) this.#working += 1;
    else if (this.#waiting.length < waitingMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else throw new UnavailableError("overloaded", `too many ${what} wait: try again in a moment`);
    try {
      return await work();
    } finally {
      // The place of one that ends is the next one's.
      const next = this.#waiting.shift();
      if (next === undefined) this.#working -= 1;
      else next();
    }
  }
}
