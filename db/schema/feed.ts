import { boolean, jsonb, text } from "drizzle-orm/pg-core";
import { instant, table } from "./columns";

/**
 * A single row. Transaction ids start anew when a database is dumped and restored elsewhere, so a cursor of another
 * epoch is meaningless here and is answered with 410.
 */
export const feedEpoch = table("feed_epoch", {
  isOnly: boolean().primaryKey().default(true),
  epoch: text().notNull(),
  systemIdentifier: text().notNull(),
  createdAt: instant().notNull().defaultNow(),
});

/**
 * A single row: the epoch seen by the last collection of storage. A different epoch means that the database was
 * restored from a backup.
 */
export const storageGc = table("storage_gc", {
  isOnly: boolean().primaryKey().default(true),
  feedEpoch: text().notNull(),
  collectedAt: instant().notNull().defaultNow(),
  /**
   * The last candidate looked at, for the next collection to continue from, where so many were kept that this one
   * stopped early.
   */
  places: jsonb().$type<{ [Kind in "expired" | "idle"]?: { at: string; sessionId: string } }>().notNull().default({}),
});

/** Holds one row while somebody has paused the collection of storage, and none while it runs. */
export const storageGcPause = table("storage_gc_pause", {
  isOnly: boolean().primaryKey().default(true),
  reason: text().notNull(),
  pausedBy: text().notNull(),
  pausedAt: instant().notNull().defaultNow(),
});
