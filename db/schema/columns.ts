import { bigint, customType, jsonb, pgTableCreator, timestamp } from "drizzle-orm/pg-core";

export const table = pgTableCreator((name) => `agentrun_${name}`);

/** An instant. Read as a Date, exact to the millisecond only: cursors must never be made from one. */
export const instant = () => timestamp({ withTimezone: true, mode: "date" });

/** Byte counts and versions: 64-bit in the database, exact in JavaScript up to 2^53. */
export const big = () => bigint({ mode: "number" });

export const json = () => jsonb().$type<Record<string, unknown>>();

/** A 64-bit transaction id as text: it orders a change feed and is never computed with here. */
export const xid8 = customType<{ data: string; driverData: string }>({ dataType: () => "xid8" });

/** Raw bytes. No list selects such a column, so that nothing reads them by accident. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/**
 * Set by a trigger at every visible change. Statements that insert many rows stamp them themselves:
 * db/queries/queue/insert-tasks.ts and db/queries/queue/start-task-runs.ts. See docs/ARCHITECTURE.md, change feeds.
 */
export const feed = {
  changeXid: xid8().notNull().default("0"),
};

export const lifecycle = {
  createdAt: instant().notNull().defaultNow(),
  updatedAt: instant().notNull().defaultNow(),
};
