import { and, desc, eq, sql } from "drizzle-orm";
import type { RunStats, RunStatsInput } from "@/contract/run";
import { isWithin } from "@/db/queries/is-within";
import { runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";

/** The newest failures that are counted: enough to show what goes wrong, and a bound on the cost. */
export const COUNTED_MAX = 10_000;

/** Counts the failed runs of the last hours by kind. */
export async function runStats(ctx: ServiceContext, input: RunStatsInput): Promise<RunStats> {
  const failures = ctx.db
    .select({ failureKind: runs.failureKind })
    .from(runs)
    .where(and(isOwned(ctx, runs, input), eq(runs.status, "failed"), isWithin(runs.createdAt, input)))
    .orderBy(desc(runs.createdAt))
    .limit(COUNTED_MAX + 1)
    .as("failures");
  const count = sql<number>`count(*)::int`;
  const rows = await ctx.db
    .select({ failureKind: failures.failureKind, count })
    .from(failures)
    .groupBy(sql`1`)
    .orderBy(sql`2 desc`, sql`1`);
  const failed = rows.reduce((sum, row) => sum + row.count, 0);
  return { failed, byFailureKind: rows, isPartial: failed > COUNTED_MAX, withinHours: input.withinHours };
}
