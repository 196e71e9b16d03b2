import { and, asc, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { GcInput, GcReport } from "@/contract/storage";
import { sqlState } from "@/db/errors";
import { withAdvisoryLock } from "@/db/queries/advisory-lock";
import { audit, type SessionRow, sessions } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { AgentRunError } from "@/server/errors";
import { type Collected, collectOne, judgeOne } from "./collect-one";
import { COLLECTABLE } from "./keeper";
import { finishEvictions } from "./repair";

/** Any number, the same in every process: one collection at a time. */
const COLLECTOR_LOCK = 4_027_311_017n;
const CANDIDATES_PER_READ = 100;
/** Kept sessions that a report lists at most; what stands behind them is looked at all the same. */
const KEPT_LISTED_MAX = 1_000;
const LOOKED_AT_MAX = 10_000;

/** A loop or the cron takes at most this many volumes in a day; a person may take more. */
const DAILY_MAX = 500;
/** That many expired at once, and more than a fifth of all volumes, is a mistake rather than age: only a person goes on. */
const BREAKER_MIN = 200;
const BREAKER_SHARE = 0.2;

/**
 * Collects volumes of expired sessions, the oldest expiry first. One at a time; safe to run twice and to die half-way.
 * `limit` bounds what is taken, not what is looked at, so that kept sessions never hide others behind them.
 */
export async function collectGarbage(ctx: ServiceContext, input: GcInput): Promise<GcReport> {
  if (input.dryRun) return look(ctx, input, { judge: (session) => judgeOne(ctx, session) });
  return withCollectorLock(ctx, async () => {
    const finished = await finishEvictions(ctx);
    const limit = Math.min(input.limit, await allowance(ctx));
    const closed = await breakerReason(ctx);
    const report = await look(
      ctx,
      { ...input, limit },
      {
        judge: (session) =>
          closed === null ? collectSafely(ctx, session) : Promise.resolve({ outcome: "kept", reason: closed }),
      },
    );
    report.evicted.unshift(
      ...finished.map((sessionId) => ({ sessionId, reason: "an eviction left half-way was finished" })),
    );
    return report;
  });
}

type Look = { judge: (session: SessionRow) => Promise<Collected> };

async function look(ctx: ServiceContext, input: GcInput, { judge }: Look): Promise<GcReport> {
  const report: GcReport = { evicted: [], advanced: [], kept: [], dryRun: input.dryRun };
  let after: SQL | undefined;
  for (let looked = 0; looked < LOOKED_AT_MAX; ) {
    const candidates = await readCandidates(ctx, after);
    for (const { session } of candidates) {
      if (report.evicted.length + report.advanced.length >= input.limit) return report;
      const { outcome, reason } = await judge(session);
      if (outcome !== "kept" || report.kept.length < KEPT_LISTED_MAX)
        report[outcome].push({ sessionId: session.sessionId, reason });
    }
    const last = candidates.at(-1);
    if (!last || candidates.length < CANDIDATES_PER_READ) return report;
    looked += candidates.length;
    after = sql`(${sessions.expiresAt}, ${sessions.sessionId}) > (${last.expiresAt}::timestamptz, ${last.session.sessionId})`;
  }
  return report;
}

/** One session's fault must not keep the others: what stopped stands where the next collection goes on. */
async function collectSafely(ctx: ServiceContext, session: SessionRow): Promise<Collected> {
  try {
    return await collectOne(ctx, session.sessionId);
  } catch (error) {
    ctx.log.error({ err: error, sessionId: session.sessionId }, "a volume was not collected");
    const [now] = await ctx.db
      .select({ storageState: sessions.storageState })
      .from(sessions)
      .where(eq(sessions.sessionId, session.sessionId));
    return {
      // Only a real step counts against the limit: one that stops at the same place each time must hide nobody.
      outcome: now?.storageState === session.storageState ? "kept" : "advanced",
      reason: "it could not be finished: see the worker's log; the next collection tries again",
    };
  }
}

async function readCandidates(
  ctx: ServiceContext,
  after: SQL | undefined,
): Promise<{ session: SessionRow; expiresAt: string }[]> {
  return ctx.db
    .select({ session: sessions, expiresAt: sql<string>`${sessions.expiresAt}::text` })
    .from(sessions)
    .where(and(isExpired(ctx), inArray(sessions.storageState, COLLECTABLE), after))
    .orderBy(asc(sessions.expiresAt), asc(sessions.sessionId))
    .limit(CANDIDATES_PER_READ);
}

function isExpired(ctx: ServiceContext): SQL | undefined {
  const tenantId = tenantOf(ctx);
  return and(
    eq(sessions.storageKind, "pvc"),
    sql`${sessions.expiresAt} <= clock_timestamp()`,
    isNull(sessions.deletedAt),
    tenantId === null ? undefined : eq(sessions.tenantId, tenantId),
  );
}

/** How many may still go today. A person who asks is bound by the limit that they gave. */
async function allowance(ctx: ServiceContext): Promise<number> {
  if (ctx.actor.kind !== "system") return Number.POSITIVE_INFINITY;
  const [taken] = await ctx.db
    .select({ count: sql<number>`count(*)::int` })
    .from(audit)
    .where(and(sql`${audit.at} > clock_timestamp() - interval '1 day'`, eq(audit.action, "storage.gc.deleting")));
  return Math.max(0, DAILY_MAX - (taken?.count ?? 0));
}

async function breakerReason(ctx: ServiceContext): Promise<string | null> {
  if (ctx.actor.kind !== "system") return null;
  const expired = await countUpTo(ctx, isExpired(ctx), LOOKED_AT_MAX);
  if (expired <= BREAKER_MIN) return null;
  const bound = Math.ceil(expired / BREAKER_SHARE);
  const volumes = await countUpTo(ctx, eq(sessions.storageKind, "pvc"), bound);
  if (volumes >= bound) return null;
  ctx.log.error({ expired, volumes }, "garbage collection stopped: too many sessions expired at once");
  return `breaker-open: ${expired} of ${volumes} volumes have expired at once; look at why, then collect by hand (storage.gc)`;
}

async function countUpTo(ctx: ServiceContext, matches: SQL | undefined, max: number): Promise<number> {
  const counted = ctx.db.select({ one: sql`1` }).from(sessions).where(matches).limit(max).as("counted");
  const [row] = await ctx.db.select({ count: sql<number>`count(*)::int` }).from(counted);
  return row?.count ?? 0;
}

export async function withCollectorLock<T>(ctx: ServiceContext, work: () => Promise<T>): Promise<T> {
  let isHeld = false;
  try {
    return await withAdvisoryLock(ctx.pool, COLLECTOR_LOCK, () => {
      isHeld = true;
      return work();
    });
  } catch (error) {
    // 55P03: the pool's lock time-out; somebody else is at it.
    if (isHeld || sqlState(error) !== "55P03") throw error;
    throw new AgentRunError(
      "rate-limited",
      "rate-limited",
      "another garbage collection is under way: try again in a minute",
    );
  }
}
