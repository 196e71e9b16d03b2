/** Things that are believed at once. */
const BELIEFS_MAX = 2_000;

type Belief<Known> = { askedMs: number; answeredMs: number | null; known: Promise<Known> };

/** What was asked not long ago is not asked again, and what is being asked is asked once, however many want to know. */
export class Beliefs<Known> {
  readonly #beliefs = new Map<string, Belief<Known>>();
  constructor(private readonly believedMs: number) {}

  /** `sinceMs`: an answer that was asked for before then, by `performance.now()`, does not do; null: it does. */
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
