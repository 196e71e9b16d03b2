import { bigint, customType, jsonb, pgTableCreator, timestamp } from "drizzle-orm/pg-core";

export const table = pgTableCreator((name) => `agentrun_${name}`);

/** An instant. Read as a Date, so to the millisecond: no cursor is ever made from one. */
export const instant = () => timestamp({ withTimezone: true, mode: "date" });

/** Bytes and versions: 64-bit in the database, exact in JavaScript up to 2^53. */
export const big = () => bigint({ mode: "number" });

export const json = () => jsonb().$type<Record<string, unknown>>();

/** A transaction's 64-bit id, as text: it orders a change feed and is never computed with here. */
export const xid8 = customType<{ data: string; driverData: string }>({ dataType: () => "xid8" });

/** Bytes as they are: named by no list, so that nothing reads them by the way. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** Set by a trigger at every visible change, and by nothing else (see docs/ARCHITECTURE.md, change feeds). */
export const feed = {
  changeXid: xid8().notNull().default("0"),
};

export const lifecycle = {
  createdAt: instant().notNull().defaultNow(),
  updatedAt: instant().notNull().defaultNow(),
};
