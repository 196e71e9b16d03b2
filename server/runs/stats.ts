import { and, desc, sql } from "drizzle-orm";
import type { RunStats, RunStatsInput } from "@/contract/run";
import { isWithin } from "@/db/queries/sql/is-within";
import { runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { anyFailureKind, hasFailed } from "./list";

/** The newest failures that are counted: enough to show what goes wrong, and a bound on the cost. */
export const COUNTED_MAX = 10_000;

/** Counts the runs of the last hours that failed, or completed although their last turn failed, by kind. */
export async function runStats(ctx: ServiceContext, input: RunStatsInput): Promise<RunStats> {
  const failures = ctx.db
    .select({ failureKind: anyFailureKind.as("failure_kind"), isTurn: sql`${runs.status} <> 'failed'`.as("is_turn") })
    .from(runs)
    .where(and(isOwned(ctx, runs, input), hasFailed, isWithin(runs.createdAt, input)))
    .orderBy(desc(runs.createdAt))
    .limit(COUNTED_MAX + 1)
    .as("failures");
  const rows = await ctx.db
    .select({
      failureKind: failures.failureKind,
      count: sql<number>`count(*)::int`,
      turns: sql<number>`(count(*) filter (where ${failures.isTurn}))::int`,
    })
    .from(failures)
    .groupBy(sql`1`)
    .orderBy(sql`2 desc`, sql`1`);
  const failed = rows.reduce((sum, row) => sum + row.count, 0);
  return {
    failed,
    turnsFailed: rows.reduce((sum, row) => sum + row.turns, 0),
    byFailureKind: rows.map(({ failureKind, count }) => ({ failureKind, count })),
    isPartial: failed > COUNTED_MAX,
    withinHours: input.withinHours,
  };
}
