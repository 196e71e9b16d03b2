import { sql } from "drizzle-orm";
import { boolean, index, integer, text } from "drizzle-orm/pg-core";
import { instant, table } from "./columns";

/** One row. What this installation starts elsewhere carries its id, so that it never touches another's. */
export const installation = table("installation", {
  isOnly: boolean().primaryKey().default(true),
  id: text().notNull(),
  createdAt: instant().notNull().defaultNow(),
});

/** What runs and belongs to no live attempt: it is ended once it was seen in two looks, and kept here for a while. */
export const orphanJobs = table(
  "orphan_jobs",
  {
    uid: text().primaryKey(),
    attemptId: text().notNull(),
    name: text().notNull(),
    why: text({ enum: ["attempt-unknown", "attempt-ended"] }).notNull(),
    looks: integer().notNull().default(1),
    firstSeenAt: instant().notNull().defaultNow(),
    lastSeenAt: instant().notNull().defaultNow(),
    endedAt: instant(),
  },
  // For health and metrics, which ask for what is there now.
  (orphan) => [index("agentrun_orphan_jobs_open_idx").on(orphan.firstSeenAt).where(sql`${orphan.endedAt} is null`)],
);
export type OrphanJobRow = typeof orphanJobs.$inferSelect;

/** What each loop last did, as the process that leads it notes every few seconds: that somebody sees when none does. */
export const loops = table("loops", {
  name: text().primaryKey(),
  /** The machine or pod, and the program's version there. */
  holder: text().notNull(),
  version: text().notNull(),
  intervalMs: integer().notNull(),
  /** The end of the last pass that went well, and how long it took. */
  passedAt: instant(),
  tookMs: integer(),
  /** Since when a pass is under way; null between two. */
  beganAt: instant(),
  /** Passes that failed since, and what the last of them said. */
  failures: integer().notNull(),
  failure: text(),
  notedAt: instant().notNull().defaultNow(),
});
export type LoopRow = typeof loops.$inferSelect;
