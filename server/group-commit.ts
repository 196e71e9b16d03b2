import { UnavailableError } from "@/server/errors";

/** One input that waits to be stored. Its caller learns the first outcome that is given. */
export type Waiting<Input, Result> = {
  readonly input: Input;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
};

export type GroupCommitOptions<Input, Result> = {
  /** How many flushes may be under way at once; 1 unless given. */
  flushesMax?: number;
  /** Returns how many of the waiting inputs, from the first on, the next flush takes. At least one is always taken. */
  countFitting: (waiting: readonly Waiting<Input, Result>[]) => number;
  /**
   * Stores inputs and resolves or rejects each. Returns those of which nothing was decided: the next flush begins with
   * them. A flush that wants to wait before it is tried again does so before it returns.
   */
  flush: (taken: Waiting<Input, Result>[]) => Promise<Waiting<Input, Result>[]>;
};

/** Group commit: inputs that arrive while flushes are under way are stored together by the next flush. */
export class GroupCommit<Input, Result> {
  readonly #waiting: Waiting<Input, Result>[] = [];
  #flushes = 0;

  constructor(private readonly options: GroupCommitOptions<Input, Result>) {}

  /** Resolves or rejects as a flush decides of this input. */
  add(input: Input): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#flushes >= (this.options.flushesMax ?? 1)) return;
    this.#flushes += 1;
    // Inputs that arrive in this turn of the event loop are stored together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, Math.max(1, this.options.countFitting(this.#waiting)));
      const undecided = await this.#flush(taken);
      if (undecided.length > 0) this.#waiting.unshift(...undecided);
    }
    this.#flushes -= 1;
  }

  /** A flush that throws fails its own inputs, and later inputs are still stored. */
  async #flush(taken: Waiting<Input, Result>[]): Promise<Waiting<Input, Result>[]> {
    try {
      return await this.options.flush(taken);
    } catch (error) {
      for (const { reject } of taken) reject(error);
      return [];
    }
  }
}

export type BacklogOptions = {
  /** Names the inputs in a refusal. */
  what: "events" | "tasks";
  countMax: number;
  charsMax: number;
};

/** Bounds what waits to be stored, by number and by characters, so that an unavailable database cannot fill the memory. */
export class Backlog {
  #count = 0;
  #chars = 0;
  #isClosed = false;

  constructor(private readonly options: BacklogOptions) {}

  /** Lets one more input in, until it leaves. Throws UnavailableError when there is no room, or after the close. */
  enter(): void {
    if (this.#isClosed) throw new UnavailableError("shutting-down", "this server is stopping: try again");
    if (this.#count >= this.options.countMax) throw this.#overloaded();
    this.#assertCharsFit();
    this.#count += 1;
  }

  /** Counts the characters of an input that entered. Throws UnavailableError when others have taken the room meanwhile. */
  hold(chars: number): void {
    this.#assertCharsFit();
    this.#chars += chars;
  }

  /** `chars`: as many as this input held. */
  leave(chars: number): void {
    this.#count -= 1;
    this.#chars -= chars;
  }

  /** Refuses new inputs, and resolves once every input has left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#count > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #assertCharsFit(): void {
    if (this.#chars >= this.options.charsMax) throw this.#overloaded();
  }

  #overloaded(): UnavailableError {
    return new UnavailableError("overloaded", `too many ${this.options.what} wait to be stored: try again`);
  }
}
