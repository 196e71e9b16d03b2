/** The maximum of cached answers. */
const BELIEFS_MAX = 2_000;

type Belief<Known> = { askedMs: number; answeredMs: number | null; known: Promise<Known> };

/** Caches answers for a while, and asks each question once at a time, however many callers wait for it. */
export class Beliefs<Known> {
  readonly #beliefs = new Map<string, Belief<Known>>();
  constructor(private readonly believedMs: number) {}

  /**
   * Returns a cached or new answer. `sinceMs`, by `performance.now()`: an answer requested earlier is not accepted;
   * null: any cached answer is.
   */
  async about(subject: string, ask: () => Promise<Known>, sinceMs: number | null): Promise<Known> {
    for (;;) {
      const belief = this.#believed(subject) ?? this.#ask(subject, ask);
      const known = await belief.known;
      if (sinceMs === null || belief.askedMs >= sinceMs) return known;
      this.#forget(subject, belief);
    }
  }

  #believed(subject: string): Belief<Known> | undefined {
    const belief = this.#beliefs.get(subject);
    const isOld = belief?.answeredMs != null && performance.now() - belief.answeredMs >= this.believedMs;
    return isOld ? undefined : belief;
  }

  #ask(subject: string, ask: () => Promise<Known>): Belief<Known> {
    if (this.#beliefs.size >= BELIEFS_MAX) this.#beliefs.clear();
    const belief: Belief<Known> = { askedMs: performance.now(), answeredMs: null, known: ask() };
    this.#beliefs.set(subject, belief);
    belief.known.then(
      () => {
        belief.answeredMs = performance.now();
      },
      () => this.#forget(subject, belief),
    );
    return belief;
  }

  #forget(subject: string, belief: Belief<Known>): void {
    if (this.#beliefs.get(subject) === belief) this.#beliefs.delete(subject);
  }
}
