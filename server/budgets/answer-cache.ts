/** The maximum of cached answers. */
const ENTRIES_MAX = 2_000;

type CachedAnswer<Answer> = { askedMs: number; answeredMs: number | null; known: Promise<Answer> };

/** Caches answers for a while, and asks each question once at a time, however many callers wait for it. */
export class AnswerCache<Answer> {
  readonly #entries = new Map<string, CachedAnswer<Answer>>();
  constructor(private readonly lifetimeMs: number) {}

  /**
   * Returns a cached or new answer. `sinceMs`, by `performance.now()`: an answer requested earlier is not accepted;
   * null: any cached answer is.
   */
  async get(subject: string, load: () => Promise<Answer>, sinceMs: number | null): Promise<Answer> {
    for (;;) {
      const cached = this.#fresh(subject) ?? this.#load(subject, load);
      const answer = await cached.known;
      if (sinceMs === null || cached.askedMs >= sinceMs) return answer;
      this.#forget(subject, cached);
    }
  }

  #fresh(subject: string): CachedAnswer<Answer> | undefined {
    const entry = this.#entries.get(subject);
    const isExpired = entry?.answeredMs != null && performance.now() - entry.answeredMs >= this.lifetimeMs;
    return isExpired ? undefined : entry;
  }

  #load(subject: string, ask: () => Promise<Answer>): CachedAnswer<Answer> {
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    const entry: CachedAnswer<Answer> = { askedMs: performance.now(), answeredMs: null, known: ask() };
    this.#entries.set(subject, entry);
    entry.known.then(
      () => {
        entry.answeredMs = performance.now();
      },
      () => this.#forget(subject, entry),
    );
    return entry;
  }

  #forget(subject: string, entry: CachedAnswer<Answer>): void {
    if (this.#entries.get(subject) === entry) this.#entries.delete(subject);
  }
}
