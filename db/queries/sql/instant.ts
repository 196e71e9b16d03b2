import { type SQL, sql } from "drizzle-orm";

/**
 * Passes an instant of the API, in UTC and by milliseconds: the API takes offsets of up to a day and any number of
 * digits after the second, and PostgreSQL reads offsets below 16 hours and no long text.
 */
export function instantValue(instant: string): SQL {
  return sql`${new Date(instant).toISOString()}::timestamptz`;
}
