import { sql } from "drizzle-orm";

/** As a `not_before`, an instant that never comes: what waits for it waits for a person. */
export const NEVER = new Date("9999-12-31T00:00:00Z");
export const NEVER_SQL = sql.raw(`'${NEVER.toISOString()}'::timestamptz`);

/**
 * The `not_before` of a task that waits for others: an instant that never comes, so that the dispatcher passes it over
 * with all that is not due, as releases do that know no dependencies.
 */
export const HELD_UNTIL = new Date("9999-12-30T00:00:00Z");
export const HELD = sql.raw(`'${HELD_UNTIL.toISOString()}'::timestamptz`);
