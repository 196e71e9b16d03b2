import { and, asc, eq, lte, ne, sql } from "drizzle-orm";
import { archiveOrders } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import type { ArchiverLauncher } from "@/server/executors";
import { mintArchiverToken } from "@/server/identity";
import {
  beginTurn,
  confirmTurn,
  endTurn,
  failTurn,
  isActive,
  removeObsoleteOrders,
  reviewTurn,
  type Turn,
} from "./archiver-turn";

/** Archivers at once: each reads a whole volume and sends what the archive lacks through web. */
const ARCHIVERS_MAX = 4;
/**
 * How many archivers whose end is not confirmed are tolerated in addition. A node that does not answer never confirms
 * an end: a few such archivers hold up nobody, but this many are more than one node's problem, and new ones would only
 * join them.
 */
const ENDING_MAX = 16;

export type ArchiversDeps = { ctx: ServiceContext; launcher: ArchiverLauncher; archiversMax?: number };

/** Starts and ends archivers, for volumes that no process of the server can reach, according to orders and sessions. */
export class Archivers {
  /** Attempts whose end is under way; a slow end continues beside the next passes. */
  readonly #ending = new Set<string>();

  constructor(private readonly deps: ArchiversDeps) {}

  /** Runs one pass. Launching twice makes one archiver, so a pass may die anywhere. */
  async pass(): Promise<void> {
    const { ctx, archiversMax = ARCHIVERS_MAX } = this.deps;
    await removeObsoleteOrders(ctx);
    const openOrders = await ctx.db.select().from(archiveOrders).where(ne(archiveOrders.state, "waiting"));
    for (const { state, attemptId, sessionId } of openOrders) {
      if (state === "ending") this.#end(attemptId);
      else await this.#resume(sessionId);
    }
    const active = openOrders.filter(isActive).length;
    const slots = Math.min(archiversMax - active, archiversMax + ENDING_MAX - openOrders.length);
    for (const sessionId of await this.#due(slots)) {
      const begun = await beginTurn(ctx, sessionId);
      if (begun) await this.#launch(begun);
    }
  }

  async #resume(sessionId: string): Promise<void> {
    const { order, session } = await reviewTurn(this.deps.ctx, sessionId);
    if (order?.state === "ending") this.#end(order.attemptId);
    // A crash left the order between its intent and its start.
    if (order?.state === "launching" && session) await this.#launch({ order, session });
  }

  async #launch({ order, session }: Turn): Promise<void> {
    const { ctx, launcher } = this.deps;
    const { attemptId, tenantId, sessionId } = order;
    try {
      await launcher.launchArchiver({
        attemptId,
        sessionId,
        token: await mintArchiverToken(ctx, { attemptId, tenantId }),
        url: ctx.settings.runnerUrl,
        volumeName: session.storagePvcName ?? ctx.volumes.nameFor(sessionId),
        rolloutSubdir: session.codexRolloutSubdir,
      });
    } catch (error) {
      ctx.log.error({ err: error, sessionId, attemptId }, "could not start the archiver");
      return failTurn(ctx, attemptId, `it could not be started: ${error instanceof Error ? error.message : error}`);
    }
    await confirmTurn(ctx, attemptId);
  }

  /**
   * Ends an attempt in the background. The order is settled only once the end is confirmed; the next pass asks again
   * for what is not gone by then.
   */
  #end(attemptId: string): void {
    if (this.#ending.has(attemptId)) return;
    this.#ending.add(attemptId);
    const { ctx, launcher } = this.deps;
    launcher
      .end(attemptId)
      .then((end) => (end === "gone" ? endTurn(ctx, attemptId, "it was ended") : undefined))
      .catch((error: unknown) => ctx.log.error({ err: error, attemptId }, "could not end the archiver"))
      .finally(() => this.#ending.delete(attemptId));
  }

  async #due(slots: number): Promise<string[]> {
    if (slots <= 0) return [];
    const rows = await this.deps.ctx.db
      .select({ sessionId: archiveOrders.sessionId })
      .from(archiveOrders)
      .where(and(eq(archiveOrders.state, "waiting"), lte(archiveOrders.nextTryAt, sql`clock_timestamp()`)))
      .orderBy(asc(archiveOrders.nextTryAt))
      .limit(slots);
    return rows.map((row) => row.sessionId);
  }
}
