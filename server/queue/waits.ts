import { and, desc, type SQL, sql } from "drizzle-orm";
import { type QueueWaitsInput, type QueueWaitTimes, WAITS_PER_STEP_MAX } from "@/contract/queue-commander";
import { queueAttempts } from "@/db/schema";
import { chartSteps } from "@/server/chart-steps";
import { type ServiceContext, tenantOf } from "@/server/context";
import { inScope } from "./scope";

/** How many of the newest attempts are looked through, so that a queue with few starts costs no more than another. */
const SCANNED_MAX = 5_000;
const BUCKETS_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000] as const;
/** Steps of the chart: each costs a look of its own. */
const STEPS_MAX = 48;
/** How many attempts of all queues are looked through for each sample that is wanted. */
const SCANNED_PER_SAMPLE = 4;

const WAIT_MS = sql<number>`(extract(epoch from ${queueAttempts.dispatchedAt} - ${queueAttempts.readyAt}) * 1000)::float8`;
const { tenantId, projectId, queue, dispatchedAt } = queueAttempts;

type Scope = Omit<QueueWaitsInput, "minutes">;

/** Returns how long tasks waited recently between being ready and getting a run: the last ones, and step by step. */
export async function queueWaits(ctx: ServiceContext, input: QueueWaitsInput): Promise<QueueWaitTimes> {
  const { minutes = 60, ...scope } = input;
  const { from, stepMinutes, range } = chartSteps(minutes, STEPS_MAX);
  const recent = await readRecent(ctx, scope);
  const steps = await readWaitSteps(ctx, scope, {
    from,
    to: new Date(range.to),
    stepMinutes,
    lookMinutes: stepMinutes,
    samplesMax: WAITS_PER_STEP_MAX,
    lookedMax: SCANNED_PER_SAMPLE * WAITS_PER_STEP_MAX,
  });
  return { queue: scope.queue ?? null, ...recent, ...range, steps };
}

async function readRecent(ctx: ServiceContext, scope: Scope) {
  const newest = ctx.db
    .select({ waitMs: WAIT_MS.as("wait_ms"), tenantId, projectId, queue })
    .from(queueAttempts)
    .orderBy(desc(dispatchedAt))
    .limit(SCANNED_MAX)
    .as("newest");
  const inBucket = sql.raw(`width_bucket(wait_ms, array[${BUCKETS_MS.join(", ")}]::float8[])`);
  const [waits] = await ctx.db
    .select({
      samples: sql<number>`count(*)::int`,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      buckets: sql<number[]>`coalesce(array_agg(${inBucket}), '{}')`,
    })
    .from(newest)
    .where(inScope(ctx, scope, newest));
  const { samples = 0, p50Ms = null, p95Ms = null, buckets: bucketIndexes = [] } = waits ?? {};
  const buckets = [...BUCKETS_MS, null].map((underMs) => ({ underMs, tasks: 0 }));
  for (const index of bucketIndexes) {
    const bucket = buckets[index];
    if (bucket) bucket.tasks += 1;
  }
  return { samples, p50Ms, p95Ms, buckets };
}

type SamplingOptions = {
  from: Date;
  to: Date;
  stepMinutes: number;
  /** The length of the parts of a step, each of which is sampled by itself. */
  lookMinutes: number;
  /** For each look: the samples wanted, and how many of the first attempts are looked through for them. */
  samplesMax: number;
  lookedMax: number;
};

/**
 * Samples the first attempts of each look: reading all attempts of a busy day for a chart would cost as much as
 * dispatching them.
 */
export async function readWaitSteps(ctx: ServiceContext, scope: Scope, sampling: SamplingOptions) {
  const { stepMinutes, lookMinutes, samplesMax, lookedMax } = sampling;
  const [from, to] = [sampling.from.toISOString(), sampling.to.toISOString()];
  const first = ctx.db
    .select({ waitMs: WAIT_MS.as("wait_ms"), tenantId, projectId, queue })
    .from(queueAttempts)
    .where(
      and(
        isOfTenantQueue(ctx, scope),
        sql`${dispatchedAt} >= look and ${dispatchedAt} < look + ${lookMinutes} * interval '1 minute'`,
      ),
    )
    .orderBy(dispatchedAt)
    .limit(lookedMax)
    .as("first_of_all");
  const { rows } = await ctx.db.execute<{ atMs: number; samples: number; p50Ms: number; p95Ms: number }>(sql`
    select extract(epoch from step)::float8 * 1000 as "atMs", count(*)::int as samples,
      ${quantile(0.5)} as "p50Ms", ${quantile(0.95)} as "p95Ms"
    from (select look, date_bin(${stepMinutes} * interval '1 minute', look, ${from}::timestamptz) as step
      from generate_series(${from}::timestamptz, ${to}::timestamptz, ${lookMinutes} * interval '1 minute') look) looks
    cross join lateral (
      select wait_ms from ${first} where ${inScope(ctx, scope, first) ?? sql`true`} limit ${samplesMax}) waited
    group by step order by step`);
  return rows.map(({ atMs, samples, p50Ms, p95Ms }) => ({ at: new Date(atMs).toISOString(), samples, p50Ms, p95Ms }));
}

/** The condition for one tenant's queue, which has an index of its own, so that other queues do not crowd it out. */
function isOfTenantQueue(ctx: ServiceContext, { tenantId, queue }: Scope): SQL | undefined {
  if (queue === undefined || (tenantOf(ctx) ?? tenantId) === undefined) return undefined;
  return inScope(ctx, { queue, ...(tenantId === undefined ? {} : { tenantId }) }, queueAttempts);
}

function quantile(share: number): SQL<number | null> {
  return sql<number | null>`percentile_cont(${share}) within group (order by wait_ms)`;
}
