import { and, eq, sql } from "drizzle-orm";
import type { GcInput, GcReport } from "@/contract/storage";
import { sqlState } from "@/db/errors";
import { withAdvisoryLock } from "@/db/queries/advisory-lock";
import { audit, type SessionRow, sessions } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError, RateLimitedError } from "@/server/errors";
import {
  type Candidate,
  type CandidatePositions,
  countCandidates,
  countVolumes,
  readCandidates,
  readPinned,
} from "./candidates";
import { ARCHIVE_ORDERED, type Collected, collectOne, previewOne } from "./collect-one";
import { differenceOf } from "./difference";
import { auditCollection, type Collection, codeOf } from "./history";
import { findPause, pauseMessage, pauseReason } from "./pause";
import { previewCollection, readOrderAllowance } from "./preview-collection";
import { finishEvictions } from "./repair";
import { findRestoreReason, readPositions, recordCollection } from "./restored-database";

/** Any number, the same in every process: one collection at a time. */
const COLLECTOR_LOCK = 4_027_311_017n;
/** What a person is asked to wait whose collection was refused because another one was under way. */
const RETRY_AFTER_SECONDS = 60;
/** The maximum of kept sessions that a report lists. All others are looked at and counted all the same. */
const KEPT_LISTED_MAX = 1_000;

type CandidateHandler = (candidate: Candidate) => Promise<Collected>;
type CollectionState = Pick<Collection, "report"> & { kept: Map<string, number>; positions: CandidatePositions };

/**
 * Collects volumes whose expiry or idle time is over, the oldest first. One collection runs at a time: a person is
 * refused while another runs, and a collection by a loop or the cron then does nothing. It is safe to run twice and to
 * die half-way. `limit` bounds what is taken, not what is looked at. A look that reaches its own bound is continued by
 * the next collection, so kept sessions hide others behind them only for a while.
 */
export async function collectGarbage(ctx: ServiceContext, input: GcInput): Promise<GcReport> {
  if (input.dryRun) return (await processCandidates(ctx, input, ({ session }) => previewOne(ctx, session))).report;
  const report = await withCollectorLock(ctx, () => collect(ctx, input));
  if (report !== null) return report;
  if (ctx.actor.kind !== "system")
    throw new RateLimitedError("another collection is under way: try again in a minute", RETRY_AFTER_SECONDS);
  // The worker's loop and the cron may start at once: what one of them does, the other need not do.
  ctx.log.info("another collection is in progress: skipping this one");
  return emptyCollection(false).report;
}

async function collect(ctx: ServiceContext, input: GcInput): Promise<GcReport> {
  const pause = await findPause(ctx);
  // A person is refused at once; a loop or the cron goes on, to report why it took nothing.
  if (pause !== null && ctx.actor.kind !== "system")
    throw new ConflictError("gc-paused", `${pauseMessage(pause)}; resume it first, or ask for a dry run`);
  const restored = await findRestoreReason(ctx);
  const finished = await finishEvictions(ctx);
  if (restored !== null) ctx.log.error({ reason: restored }, "garbage collection stopped: the database was restored");
  const remaining = await dailyAllowance(ctx);
  const breaker =
    pauseReason(pause) ?? restored ?? (await findBreaker(ctx)) ?? (remaining > 0 ? null : dailyMaxReason(ctx));
  const collection =
    breaker === null
      ? await processCandidates(ctx, { ...input, limit: Math.min(input.limit, remaining) }, ({ session }) =>
          collectSafely(ctx, session),
        )
      : await reportRefused(ctx, breaker);
  for (const session of finished) {
    addToTotal(collection.report.totals.evicted, session);
    const reason = "an eviction left half-way was finished";
    collection.report.evicted.unshift({ sessionId: session.sessionId, reason });
  }
  await inTx(ctx, async (ctx) => {
    await auditCollection(ctx, { ...collection, breaker, difference: differenceOf(collection.report, input) });
    if (restored === null) await recordCollection(ctx, collection.positions);
  });
  return collection.report;
}

async function processCandidates(
  ctx: ServiceContext,
  input: GcInput,
  handleCandidate: CandidateHandler,
): Promise<CollectionState> {
  const collection = emptyCollection(input.dryRun, await readPositions(ctx));
  await processPages(ctx, input, { handleCandidate, collection });
  await reportPinned(ctx, collection);
  return collection;
}

async function processPages(
  ctx: ServiceContext,
  { dryRun, limit }: GcInput,
  { handleCandidate, collection }: { handleCandidate: CandidateHandler; collection: CollectionState },
): Promise<void> {
  const { report } = collection;
  const orderAllowance = await readOrderAllowance(ctx);
  for await (const page of readCandidates(ctx, collection.positions)) {
    for (const candidate of page) {
      if (report.evicted.length + report.advanced.length >= limit) {
        report.totals.hasMore = true;
        return;
      }
      const { outcome, reason } =
        previewCollection(ctx, candidate, { dryRun, orderAllowance }) ?? (await handleCandidate(candidate));
      if (reason === ARCHIVE_ORDERED) orderAllowance.orders -= 1;
      addToTotal(report.totals[outcome], candidate.session);
      if (outcome === "kept") recordKept(collection, candidate.session, reason);
      else report[outcome].push({ sessionId: candidate.session.sessionId, reason });
    }
  }
}

/** Reports pinned volumes although they are not candidates, because somebody may have forgotten them. */
async function reportPinned(ctx: ServiceContext, collection: CollectionState): Promise<void> {
  for await (const page of readPinned(ctx)) {
    for (const session of page) {
      addToTotal(collection.report.totals.kept, session);
      recordKept(collection, session, "pinned");
    }
  }
}

/** Takes nothing, and lists what would have been looked at. */
async function reportRefused(ctx: ServiceContext, breaker: string): Promise<CollectionState> {
  const collection = emptyCollection(false, await readPositions(ctx));
  for await (const page of readCandidates(ctx, {})) {
    for (const { session } of page) {
      addToTotal(collection.report.totals.kept, session);
      recordKept(collection, session, breaker);
    }
    if (collection.report.kept.length >= KEPT_LISTED_MAX) break;
  }
  return collection;
}

function emptyCollection(dryRun: boolean, positions: CandidatePositions = {}): CollectionState {
  const zero = () => ({ volumes: 0, bytes: 0 });
  const totals = { evicted: zero(), advanced: zero(), kept: zero(), hasMore: false };
  return { report: { evicted: [], advanced: [], kept: [], dryRun, totals }, kept: new Map(), positions };
}

function addToTotal(total: GcReport["totals"]["kept"], { storageSizeBytes }: SessionRow): void {
  total.volumes += 1;
  total.bytes += storageSizeBytes ?? 0;
}

function recordKept({ report, kept }: CollectionState, session: SessionRow, reason: string): void {
  kept.set(codeOf(reason), (kept.get(codeOf(reason)) ?? 0) + 1);
  if (report.kept.length < KEPT_LISTED_MAX) report.kept.push({ sessionId: session.sessionId, reason });
}

/** Collects one volume. An error must not keep the other volumes: the next collection continues where this one stopped. */
async function collectSafely(ctx: ServiceContext, session: SessionRow): Promise<Collected> {
  try {
    return await collectOne(ctx, session.sessionId);
  } catch (error) {
    ctx.log.error({ err: error, sessionId: session.sessionId }, "could not collect the volume");
    const [current] = await ctx.db
      .select({ storageState: sessions.storageState })
      .from(sessions)
      .where(eq(sessions.sessionId, session.sessionId));
    return {
      // Only a step forward counts against the limit: else volumes that fail each time would hide all others.
      outcome: current?.storageState === session.storageState ? "kept" : "advanced",
      reason: "unfinished: it could not be finished, see the worker's log; the next collection tries again",
    };
  }
}

/** How many volumes may still be taken in these 24 hours. A person is bound only by the limit in their request. */
async function dailyAllowance(ctx: ServiceContext): Promise<number> {
  if (ctx.actor.kind !== "system") return Number.POSITIVE_INFINITY;
  const [recent] = await ctx.db
    .select({ count: sql<number>`count(*)::int` })
    .from(audit)
    .where(and(eq(audit.action, "storage.gc.deleting"), sql`${audit.at} > clock_timestamp() - interval '1 day'`));
  return Math.max(0, ctx.settings.storage.dailyMax - (recent?.count ?? 0));
}

function dailyMaxReason(ctx: ServiceContext): string {
  return `daily-max: ${ctx.settings.storage.dailyMax} volumes went in a day; the next go as these grow older`;
}

/**
 * Returns why a collection that no person asked for must not run. A great many volumes that expire at once suggest a
 * mistake, so only a person may continue.
 */
async function findBreaker(ctx: ServiceContext): Promise<string | null> {
  if (ctx.actor.kind !== "system") return null;
  const { breakerMin, breakerShare } = ctx.settings.storage;
  const expired = await countCandidates(ctx);
  if (expired <= breakerMin) return null;
  const bound = Math.ceil(expired / breakerShare);
  const volumes = await countVolumes(ctx, bound);
  if (volumes >= bound) return null;
  ctx.log.error({ expired, volumes }, "garbage collection stopped: too many sessions expired at once");
  return `breaker-open: ${expired} of ${volumes} volumes have expired at once; look at why, then collect by hand (storage.gc)`;
}

/** Runs work while no other process collects; null: another collection did not end in time. */
export async function withCollectorLock<T>(ctx: ServiceContext, work: () => Promise<T>): Promise<T | null> {
  let isHeld = false;
  try {
    return await withAdvisoryLock(ctx.pool, COLLECTOR_LOCK, () => {
      isHeld = true;
      return work();
    });
  } catch (error) {
    // 55P03, lock_not_available: another process has held the lock for the whole lock time-out.
    if (isHeld || sqlState(error) !== "55P03") throw error;
    return null;
  }
}
