import { text } from "drizzle-orm/pg-core";
import { big, instant, table, xid8 } from "./columns";

export const TRACE_FEEDS = ["queue", "runs"] as const;
export type TraceFeed = (typeof TRACE_FEEDS)[number];

/**
 * How far traces were sent, one row for each feed that they are made from; no rows while nobody takes traces. A place
 * is meaningless in a feed of another epoch.
 */
export const traceFeeds = table("trace_feeds", {
  feed: text({ enum: TRACE_FEEDS }).primaryKey(),
  epoch: text().notNull(),
  xid: xid8().notNull(),
  version: big().notNull(),
  /** Spans that the collector took, that it took but did not keep, and that were given up. */
  sent: big().notNull().default(0),
  rejected: big().notNull().default(0),
  givenUp: big().notNull().default(0),
  startedAt: instant().notNull().defaultNow(),
  movedAt: instant().notNull().defaultNow(),
});
