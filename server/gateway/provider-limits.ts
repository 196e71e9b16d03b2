import type { Logger } from "pino";
import type { Db } from "@/db/client";
import { clearLimit, noteLimit, type ProviderLimit } from "@/server/backends";
import type { Topic } from "@/server/context";

/** A known limit is written again only if it ends at least this much later, in milliseconds. */
const REWRITE_MIN_MS = 1_000;
/** How often to check whether another process, or this one before a restart, had noted a limit, in milliseconds. */
const RECHECK_MS = 30_000;

type Deps = { db: Db; log: Logger; wake: (topic: Topic) => void };

/**
 * Reports to the dispatcher what this process learns about providers' limits. It works outside the path of the model's
 * answers: what cannot be noted is learnt again at the next refusal.
 */
export class ProviderLimits {
  readonly #known = new Map<string, { untilMs: number; notedAt: number; writtenAt: number }>();
  readonly #checkedAt = new Map<string, number>();
  /** The last write of each profile: one that was learnt later is stored later. */
  readonly #writes = new Map<string, Promise<void>>();
  constructor(private readonly deps: Deps) {}

  note(profile: string, limit: ProviderLimit): void {
    const untilMs = limit.until.getTime();
    const now = Date.now();
    const previous = this.#known.get(profile);
    // Another process may have cleared the limit, or the write may have failed: after a while it is written again.
    const isFresh = previous !== undefined && now - previous.writtenAt < RECHECK_MS;
    if (isFresh && untilMs - previous.untilMs < REWRITE_MIN_MS) {
      previous.notedAt = now;
      return;
    }
    this.#known.set(profile, { untilMs, notedAt: now, writtenAt: now });
    this.#write(
      () => noteLimit(this.deps.db, profile, { ...limit, learntAgoMs: Math.max(0, Date.now() - now) }),
      profile,
    );
  }

  /**
   * Clears a provider's limit, because it has accepted a request. A limit reported after that request was sent stays.
   */
  clear(profile: string, sentAtMs: number): void {
    const previous = this.#known.get(profile);
    if (previous !== undefined && sentAtMs < previous.notedAt) return;
    const now = Date.now();
    const wasKnown = this.#known.delete(profile);
    if (!wasKnown && now - (this.#checkedAt.get(profile) ?? 0) < RECHECK_MS) return;
    this.#checkedAt.set(profile, now);
    this.#write(() => clearLimit(this.deps.db, profile, Math.max(0, Date.now() - sentAtMs)), profile);
  }

  #write(work: () => Promise<unknown>, profile: string): void {
    const write = (this.#writes.get(profile) ?? Promise.resolve()).then(work).then(
      () => this.deps.wake("queue"),
      (error: unknown) => this.deps.log.warn({ err: error, profile }, "could not record the provider's limit"),
    );
    this.#writes.set(profile, write);
    void write.then(() => {
      if (this.#writes.get(profile) === write) this.#writes.delete(profile);
    });
  }
}
