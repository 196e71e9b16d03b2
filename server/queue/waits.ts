import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import type { QueueScopeInput } from "@/contract/queue";
import type { QueueWaitTimes } from "@/contract/queue-commander";
import { queueAttempts } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";

/** The newest attempts of all that are looked through, so that a queue that starts few costs no more than another. */
const LOOKED_MAX = 5_000;
const BUCKETS_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000] as const;

/** How long tasks waited of late, from when they were ready until they were given a run. */
export async function queueWaits(ctx: ServiceContext, input: QueueScopeInput): Promise<QueueWaitTimes> {
  const newest = ctx.db
    .select({
      waitMs:
        sql<number>`(extract(epoch from ${queueAttempts.dispatchedAt} - ${queueAttempts.readyAt}) * 1000)::float8`.as(
          "wait_ms",
        ),
      ...{ tenantId: queueAttempts.tenantId, projectId: queueAttempts.projectId, queue: queueAttempts.queue },
    })
    .from(queueAttempts)
    .orderBy(desc(queueAttempts.dispatchedAt))
    .limit(LOOKED_MAX)
    .as("newest");
  const inBucket = sql.raw(`width_bucket(wait_ms, array[${BUCKETS_MS.join(", ")}]::float8[])`);
  const quantile = (share: number): SQL<number | null> =>
    sql<number | null>`percentile_cont(${share}) within group (order by wait_ms)`;
  const bound = tenantOf(ctx);
  const [waits] = await ctx.db
    .select({
      samples: sql<number>`count(*)::int`,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      buckets: sql<number[]>`coalesce(array_agg(${inBucket}), '{}')`,
    })
    .from(newest)
    .where(
      and(
        bound === null ? undefined : eq(newest.tenantId, bound),
        input.tenantId === undefined ? undefined : eq(newest.tenantId, input.tenantId),
        input.projectId === undefined ? undefined : eq(newest.projectId, input.projectId),
        input.queue === undefined ? undefined : eq(newest.queue, input.queue),
      ),
    );
  const { samples = 0, p50Ms = null, p95Ms = null, buckets: found = [] } = waits ?? {};
  const buckets = [...BUCKETS_MS, null].map((underMs) => ({ underMs, tasks: 0 }));
  for (const index of found) {
    const bucket = buckets[index];
    if (bucket) bucket.tasks += 1;
  }
  return { queue: input.queue ?? null, samples, p50Ms, p95Ms, buckets };
}
