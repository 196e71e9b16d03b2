import { and, asc, eq, inArray, isNotNull, lt, ne, or, sql } from "drizzle-orm";
import { within } from "@/contract/async";
import { lockLease, lockRun } from "@/db/queries/lock";
import { leases, type RunRow, runnerJobs, runs } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { appendServerEvents, statusEvent } from "@/server/events";
import type { AttemptEnding, Executor } from "@/server/executors";
import { cancelNow, loseAttempt } from "@/server/runs";
import { endAttempt } from "./end";
import type { WebContact } from "./web-contact";

export type SweeperDeps = {
  ctx: ServiceContext;
  executor: Executor;
  /** Whether runners can reach the server; by default they can. */
  web?: Pick<WebContact, "areRunnersHeard">;
  /** A clock that never goes back; by default the process's own. */
  monotonicMs?: () => number;
};

const RAN_OUT = "its lease ran out";
const BATCH_MAX = 100;
/** Runs that a pass sweeps at once, including those still ending after their pass. */
const LANES = 8;
/** How long a pass waits for an attempt's end; what takes longer continues beside the next passes. */
const END_WAIT_MS = 1_000;
/**
 * Passes come every second: after a longer gap nobody knows whether the runners could reach the database in between.
 */
const CONTACT_GAP_MAX_MS = 3_000;

/**
 * Acts on leases that have run out. Expiry alone hands nothing over: the old attempt is first ended and confirmed gone,
 * and only then does the epoch rise. An outage of the database, or of web, looks like silence of every runner, so
 * nothing is done until both have answered for one whole lease time. A replica that has just become leader has had no
 * contact yet.
 */
export class LeaseSweeper {
  /** Runs whose attempts are still being ended. */
  readonly #ending = new Set<string>();
  #contactSince = 0;
  #lastPassAt = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  constructor(private readonly deps: SweeperDeps) {
    this.#now = deps.monotonicMs ?? (() => performance.now());
  }

  /** Runs one pass. Rethrows errors of the database, after noting that contact was lost. */
  async sweep(): Promise<void> {
    try {
      const areHeard = this.deps.web?.areRunnersHeard() ?? true;
      const expired = await this.#findExpired();
      const contactMs = this.#contactMs();
      if (!(await areHeard) || contactMs < this.deps.ctx.settings.leaseMs) return;
      const waiting = expired.filter((runId) => !this.#ending.has(runId));
      await Promise.all(Array.from({ length: LANES }, () => this.#sweepRuns(waiting)));
      this.#lastPassAt = this.#now();
    } catch (error) {
      this.#lastPassAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  /** Milliseconds for which the database has answered pass after pass, this one included. */
  #contactMs(): number {
    const now = this.#now();
    if (now - this.#lastPassAt > CONTACT_GAP_MAX_MS) this.#contactSince = now;
    this.#lastPassAt = now;
    return now - this.#contactSince;
  }

  async #findExpired(): Promise<string[]> {
    const { ctx } = this.deps;
    const rows = await ctx.db
      .select({ runId: leases.runId })
      .from(leases)
      .innerJoin(runs, eq(runs.id, leases.runId))
      .where(
        and(
          eq(runs.status, "claimed"),
          // Where runners are outside, an expired lease waits for the next claim and is reported once. A cancellation
          // after that waits for nobody, and a runner whose token was revoked has had its time.
          ctx.settings.executor === "none"
            ? or(ne(runs.leaseState, "expired"), isNotNull(runs.cancelRequestedAt))
            : ne(runs.leaseState, "none"),
          lt(leases.leaseExpiresAt, sql`clock_timestamp()`),
        ),
      )
      // Runs that could not be ended before come after those that were not tried yet.
      .orderBy(sql`${runs.leaseState} = 'fencing'`, asc(leases.leaseExpiresAt))
      .limit(BATCH_MAX);
    return rows.map((row) => row.runId);
  }

  async #sweepRuns(waiting: string[]): Promise<void> {
    while (this.#ending.size < LANES) {
      const runId = waiting.shift();
      if (runId === undefined) return;
      await this.#sweepRun(runId);
    }
  }

  async #sweepRun(runId: string): Promise<void> {
    if (this.deps.ctx.settings.executor === "none") return this.#noteExpiry(runId);
    const fenced = await this.#beginFencing(runId);
    if (!fenced) return;
    const attempts = await this.#liveAttempts(fenced);
    this.#ending.add(runId);
    const areGone = this.#endAll(runId, attempts).finally(() => this.#ending.delete(runId));
    const handOver = () => this.#handOver(runId, fenced.leaseEpoch, attempts);
    const areGoneSoon = await within(END_WAIT_MS, areGone);
    if (areGoneSoon) await handOver();
    if (areGoneSoon !== null) return;
    areGone
      .then((isGone) => (isGone ? handOver() : undefined))
      .catch((error: unknown) => this.deps.ctx.log.error({ err: error, runId }, "could not hand over a lost lease"));
  }

  async #endAll(runId: string, attempts: string[]): Promise<boolean> {
    for (const attemptId of attempts) {
      if ((await this.#end(attemptId)) === "gone") continue;
      this.deps.ctx.log.warn({ runId, attemptId }, "could not confirm that the attempt without a lease is gone");
      return false;
    }
    return true;
  }

  /**
   * An executor that gives no answer confirms nothing. It holds up no other run and says nothing about contact to the
   * database.
   */
  async #end(attemptId: string): Promise<AttemptEnding> {
    try {
      return await this.deps.executor.end(attemptId);
    } catch (error) {
      this.deps.ctx.log.warn({ err: error, attemptId }, "could not end the attempt without a lease");
      return "unconfirmed";
    }
  }

  /** From here on a heartbeat of the old attempt is refused, so that the attempt ends itself too. */
  #beginFencing(runId: string): Promise<RunRow | null> {
    return inTx(this.deps.ctx, async (ctx) => {
      const locked = await lockRun(ctx.db, runId, null);
      if (locked?.run.status !== "claimed" || (await lockLease(ctx.db, runId))?.isExpired === false) return null;
      if (locked.run.leaseState === "fencing") return locked.run;
      const [fenced] = await ctx.db.update(runs).set({ leaseState: "fencing" }).where(eq(runs.id, runId)).returning();
      for (const topic of ["runs", `control:${runId}`] as const) ctx.wake(topic);
      return fenced ?? null;
    });
  }

  async #liveAttempts(run: RunRow): Promise<string[]> {
    const rows = await this.deps.ctx.db
      .select({ attemptId: runnerJobs.attemptId })
      .from(runnerJobs)
      .where(and(eq(runnerJobs.runId, run.id), inArray(runnerJobs.state, ["launching", "running"])));
    return rows.map((row) => row.attemptId);
  }

  async #handOver(runId: string, leaseEpoch: number, attempts: string[]): Promise<void> {
    await inTx(this.deps.ctx, async (ctx) => {
      const locked = await lockRun(ctx.db, runId, null);
      if (locked?.run.leaseState !== "fencing" || locked.run.leaseEpoch !== leaseEpoch) return;
      await loseAttempt(ctx, locked, { why: await whyFenced(ctx, locked.run), isOrderly: false, keepsOpen: false });
    });
    for (const attemptId of attempts) {
      await endAttempt(this.deps.ctx, attemptId, { code: null, signal: "SIGKILL", message: RAN_OUT });
    }
  }

  /** Outside runners fence themselves by time. The run is shown as expired until a runner claims it. */
  #noteExpiry(runId: string): Promise<void> {
    return inTx(this.deps.ctx, async (ctx) => {
      const locked = await lockRun(ctx.db, runId, null);
      if (locked?.run.status !== "claimed" || (await lockLease(ctx.db, runId))?.isExpired === false) return;
      const { run } = locked;
      if (run.cancelRequestedAt !== null) {
        await cancelNow(ctx, locked, run.cancelReason ?? "cancel requested");
        return;
      }
      if (run.leaseState === "fencing") {
        await loseAttempt(ctx, locked, { why: await whyFenced(ctx, run), isOrderly: false, keepsOpen: true });
        return;
      }
      await ctx.db.update(runs).set({ leaseState: "expired" }).where(eq(runs.id, runId));
      await ctx.db
        .update(leases)
        .set({ staleRecoveryMarker: { epoch: run.leaseEpoch, runnerId: run.claimedBy, why: RAN_OUT } })
        .where(eq(leases.runId, runId));
      await appendServerEvents(ctx, run, [statusEvent("lease-expired", { runnerId: run.claimedBy })]);
      ctx.wake("runs");
    });
  }
}

/** Returns why the run was fenced, as noted by whoever fenced it. */
async function whyFenced(ctx: TxContext, run: RunRow): Promise<string> {
  const [lease] = await ctx.db
    .select({ marker: leases.staleRecoveryMarker })
    .from(leases)
    .where(eq(leases.runId, run.id));
  const marker = lease?.marker ?? null;
  return marker?.epoch === run.leaseEpoch && typeof marker.why === "string" ? marker.why : RAN_OUT;
}
