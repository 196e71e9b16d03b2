/** Two generations of this size are kept, some 2 MB. */
const GENERATION_MAX = 5_000;

type Bucket = { tokens: number; at: number };

/**
 * A token bucket for each key: `burst` at once, then `perSecond`. A bucket that is not used while 5,000 other keys are
 * is dropped; by then it has filled up again, except in a flood. The cost of a call does not depend on the number of
 * keys.
 */
export class TokenBuckets {
  #current = new Map<string, Bucket>();
  #previous = new Map<string, Bucket>();

  constructor(
    private readonly rate: { perSecond: number; burst: number },
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  /** Takes a token. Returns the whole seconds until there is one when the bucket is empty; null: it was taken. */
  take(key: string): number | null {
    const { perSecond, burst } = this.rate;
    const at = this.now();
    const bucket = this.#current.get(key) ?? this.#insert(key, this.#previous.get(key) ?? { tokens: burst, at });
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) * perSecond) / 1_000);
    bucket.at = at;
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.tokens -= 1;
    return null;
  }

  #insert(key: string, bucket: Bucket): Bucket {
    if (this.#current.size >= GENERATION_MAX) {
      this.#previous = this.#current;
      this.#current = new Map();
    }
    this.#current.set(key, bucket);
    return bucket;
  }
}
