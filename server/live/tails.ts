import { eq, inArray } from "drizzle-orm";
import type { Db } from "@/db/client";
import { runs } from "@/db/schema";
import { NotFoundError } from "@/server/errors";
import type { Hub } from "./hub";
import { RunTail } from "./tail";

/** The tails of the runs that somebody follows in this process. */
export class RunTails {
  readonly #tails = new Map<string, RunTail>();

  constructor(
    private readonly db: Db,
    private readonly hub: Hub,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /**
   * Follows a run until the returned function is called. The tail starts at or after everything that was committed
   * before the call.
   */
  async follow(runId: string, listener: () => void): Promise<{ tail: RunTail; stop: () => void }> {
    const tail = this.#tails.get(runId) ?? (await this.#open(runId));
    const unfollow = tail.follow(listener);
    return {
      tail,
      stop: () => {
        unfollow();
        if (tail.readerCount > 0) return;
        tail.close();
        if (this.#tails.get(runId) === tail) this.#tails.delete(runId);
      },
    };
  }

  /** Reads the runs that have new events without a wake having been heard. One statement for all of them. */
  async poll(): Promise<void> {
    if (this.#tails.size === 0) return;
    const rows = await this.db
      .select({ id: runs.id, lastEventSeq: runs.lastEventSeq })
      .from(runs)
      .where(inArray(runs.id, [...this.#tails.keys()]));
    for (const { id, lastEventSeq } of rows) {
      const tail = this.#tails.get(id);
      if (tail && tail.seq < lastEventSeq) void tail.refresh();
    }
  }

  close(): void {
    for (const tail of this.#tails.values()) tail.close();
    this.#tails.clear();
  }

  async #open(runId: string): Promise<RunTail> {
    const [run] = await this.db.select({ lastSeq: runs.lastEventSeq }).from(runs).where(eq(runs.id, runId));
    if (!run) throw new NotFoundError("run", runId);
    const existing = this.#tails.get(runId);
    if (existing) return existing;
    const tail = new RunTail(this.db, this.hub, runId, run.lastSeq, this.onFailure);
    this.#tails.set(runId, tail);
    // Reads what was committed between the query above and the subscription to wakes.
    void tail.refresh();
    return tail;
  }
}
