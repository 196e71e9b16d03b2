import { boolean, jsonb, text } from "drizzle-orm/pg-core";
import { instant, table } from "./columns";

/**
 * One row. Transaction ids start anew when a database is dumped and restored elsewhere, so a cursor of another epoch
 * says nothing here and is answered 410.
 */
export const feedEpoch = table("feed_epoch", {
  isOnly: boolean().primaryKey().default(true),
  epoch: text().notNull(),
  systemIdentifier: text().notNull(),
  createdAt: instant().notNull().defaultNow(),
});

/** One row: the epoch that the last collection of storage saw. Another one means a database restored from a backup. */
export const storageGc = table("storage_gc", {
  isOnly: boolean().primaryKey().default(true),
  feedEpoch: text().notNull(),
  collectedAt: instant().notNull().defaultNow(),
  /** Behind which candidates it stopped looking, where so many were kept that it did. */
  places: jsonb().$type<{ [Kind in "expired" | "idle"]?: { at: string; sessionId: string } }>().notNull().default({}),
});

/** One row while somebody has stopped the collection of storage; none, and it goes on. */
export const storageGcPause = table("storage_gc_pause", {
  isOnly: boolean().primaryKey().default(true),
  reason: text().notNull(),
  pausedBy: text().notNull(),
  pausedAt: instant().notNull().defaultNow(),
});
