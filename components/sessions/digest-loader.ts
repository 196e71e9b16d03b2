import type { SessionDigest } from "@/contract/session";

type Waiter = { resolve: (digest: SessionDigest | null) => void; reject: (error: unknown) => void };
type Pace = {
  /** How long those are gathered that are asked for together. */
  gatherMs: number;
  /** How long after it has asked the next question waits. */
  everyMs: number;
  /** Few enough at a time for an address to hold their ids. */
  idsMax: number;
};

/** Asks for digests by the row, and the server for those of many rows together, no more often than its pace. */
export class DigestLoader {
  readonly #asking = new Map<string, Waiter[]>();
  #isAsking = false;

  constructor(
    private readonly fetchDigests: (sessionIds: string[]) => Promise<readonly SessionDigest[]>,
    private readonly pace: Pace,
  ) {}

  /** null: there is no such session any more, or not for this reader. */
  load(sessionId: string): Promise<SessionDigest | null> {
    return new Promise((resolve, reject) => {
      this.#asking.set(sessionId, [...(this.#asking.get(sessionId) ?? []), { resolve, reject }]);
      if (!this.#isAsking) void this.#askAll();
    });
  }

  async #askAll(): Promise<void> {
    this.#isAsking = true;
    await pause(this.pace.gatherMs);
    while (this.#asking.size > 0) {
      await this.#askSome();
      // Rows that scroll by are not kept waiting for it: there are more of them than one question holds.
      if (this.#asking.size < this.pace.idsMax) await pause(this.pace.everyMs);
    }
    this.#isAsking = false;
  }

  async #askSome(): Promise<void> {
    const ids = [...this.#asking.keys()].slice(0, this.pace.idsMax);
    const asking = ids.map((id) => {
      const waiting = this.#asking.get(id) ?? [];
      this.#asking.delete(id);
      return { id, waiting };
    });
    try {
      const digests = new Map((await this.fetchDigests(ids)).map((digest) => [digest.sessionId, digest]));
      for (const { id, waiting } of asking) for (const { resolve } of waiting) resolve(digests.get(id) ?? null);
    } catch (error) {
      for (const { waiting } of asking) for (const { reject } of waiting) reject(error);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
