/** Two generations of these are kept, some 2 MB. */
const GENERATION_MAX = 5_000;

type Bucket = { tokens: number; at: number };

/**
 * A bucket of tokens for each key: `burst` at once, `perSecond` for ever. What is not used while 5,000 other keys are
 * is forgotten, and by then has filled up again in all but a flood. No call costs more the more keys there are.
 */
export class TokenBuckets {
  #young = new Map<string, Bucket>();
  #old = new Map<string, Bucket>();

  constructor(
    private readonly rate: { perSecond: number; burst: number },
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Takes a token; null, or the whole seconds until there is one. */
  take(key: string): number | null {
    const { perSecond, burst } = this.rate;
    const at = this.now();
    const bucket = this.#young.get(key) ?? this.#keep(key, this.#old.get(key) ?? { tokens: burst, at });
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) * perSecond) / 1_000);
    bucket.at = at;
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.tokens -= 1;
    return null;
  }

  #keep(key: string, bucket: Bucket): Bucket {
    if (this.#young.size >= GENERATION_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, bucket);
    return bucket;
  }
}
