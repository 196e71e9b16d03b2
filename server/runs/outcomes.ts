import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { RunOutcomes, RunOutcomesInput } from "@/contract/run";
import { TERMINAL_STATUSES, type TerminalStatus } from "@/contract/words";
import { runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { COUNTED_MAX } from "./stats";

const STEP_MINUTES = 60;
const THIS_HOUR = sql`date_trunc('hour', now(), 'UTC')`;
const epochMs = (instant: SQL) => sql<number>`(extract(epoch from ${instant}) * 1000)::float8`;

/** Counts how the runs created in each of the last hours ended. Runs under way are not counted. */
export async function runOutcomes(ctx: ServiceContext, input: RunOutcomesInput): Promise<RunOutcomes> {
  const from = sql`${THIS_HOUR} - make_interval(hours => ${input.withinHours - 1}::int)`;
  const hour = sql`date_trunc('hour', ${runs.createdAt}, 'UTC')`;
  // One query for each status, since the index with this order has the status as its first column.
  const newest = (outcome: TerminalStatus) =>
    ctx.db
      .select({ outcome: runs.status, hour: hour.as("hour"), turnFailure: runs.turnFailureKind })
      .from(runs)
      .where(and(isOwned(ctx, runs, input), eq(runs.status, outcome), sql`${runs.createdAt} >= ${from}`))
      .orderBy(desc(runs.createdAt))
      .limit(COUNTED_MAX + 1);
  const [first, second, third] = TERMINAL_STATUSES;
  const ended = unionAll(newest(first), newest(second), newest(third)).as("ended");
  const [rows, [bounds]] = await Promise.all([
    ctx.db
      .select({
        outcome: ended.outcome,
        hourMs: epochMs(sql`${ended.hour}`),
        count: sql<number>`count(*)::int`,
        turnsFailed: sql<number>`count(${ended.turnFailure})::int`,
      })
      .from(ended)
      .groupBy(sql`1`, sql`2`)
      .orderBy(sql`2`),
    ctx.db.select({ fromMs: epochMs(from), toMs: epochMs(sql`now()`) }).from(sql`(select) bounds`),
  ]);
  if (!bounds) throw new Error("bounds are one row");
  return {
    from: new Date(bounds.fromMs).toISOString(),
    to: new Date(bounds.toMs).toISOString(),
    stepMinutes: STEP_MINUTES,
    items: toHours(rows),
    isPartial: TERMINAL_STATUSES.some(
      (outcome) => totalCount(rows.filter((row) => row.outcome === outcome)) > COUNTED_MAX,
    ),
  };
}

type Row = { outcome: string; hourMs: number; count: number; turnsFailed: number };

function toHours(rows: readonly Row[]): RunOutcomes["items"] {
  const hours = [...new Set(rows.map(({ hourMs }) => hourMs))];
  return hours.map((hourMs) => {
    const countOf = (outcome: TerminalStatus) =>
      totalCount(rows.filter((row) => row.hourMs === hourMs && row.outcome === outcome));
    return {
      hour: new Date(hourMs).toISOString(),
      completed: countOf("completed"),
      failed: countOf("failed"),
      cancelled: countOf("cancelled"),
      turnsFailed: rows.filter((row) => row.hourMs === hourMs).reduce((sum, row) => sum + row.turnsFailed, 0),
    };
  });
}

function totalCount(rows: readonly Pick<Row, "count">[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}
