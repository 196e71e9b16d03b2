import { sql } from "drizzle-orm";

/** As a `not_before`, an instant that never comes: the task waits for a person. */
export const UNTIL_PERSON = new Date("9999-12-31T00:00:00Z");
export const NEVER_SQL = sql.raw(`'${UNTIL_PERSON.toISOString()}'::timestamptz`);

/**
 * The `not_before` of a task that waits for others: an instant that never comes. The dispatcher, also that of a release
 * without dependencies, passes the task over like every task that is not due.
 */
export const UNTIL_DEPENDENCIES = new Date("9999-12-30T00:00:00Z");
export const HELD = sql.raw(`'${UNTIL_DEPENDENCIES.toISOString()}'::timestamptz`);
