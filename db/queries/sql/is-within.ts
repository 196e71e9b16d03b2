import { and, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { TimeRange } from "@/contract/time-range";
import { instantValue } from "./instant";

/** Whether a column's instant lies in a range. Hours and minutes are counted back from the database's clock. */
export function isWithin(column: PgColumn, range: TimeRange): SQL | undefined {
  const { since, until, withinHours, withinMinutes, olderThanMinutes } = range;
  return and(
    since === undefined ? undefined : sql`${column} >= ${instantValue(since)}`,
    until === undefined ? undefined : sql`${column} < ${instantValue(until)}`,
    withinHours === undefined ? undefined : sql`${column} >= now() - make_interval(hours => ${withinHours}::int)`,
    withinMinutes === undefined ? undefined : sql`${column} >= now() - make_interval(mins => ${withinMinutes}::int)`,
    olderThanMinutes === undefined
      ? undefined
      : sql`${column} < now() - make_interval(mins => ${olderThanMinutes}::int)`,
  );
}
