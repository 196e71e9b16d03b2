import { sql } from "drizzle-orm";
import { boolean, index, integer, text } from "drizzle-orm/pg-core";
import { instant, table } from "./columns";

/**
 * A single row. Whatever this installation starts elsewhere carries its id, so that it never touches that of another
 * installation.
 */
export const installation = table("installation", {
  isOnly: boolean().primaryKey().default(true),
  id: text().notNull(),
  createdAt: instant().notNull().defaultNow(),
});

/**
 * Running jobs that belong to no live attempt. Such a job is ended once it was seen in two looks, and its row is kept
 * for a while.
 */
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
  // For health and metrics, which ask for those that exist now.
  (orphan) => [index("agentrun_orphan_jobs_open_idx").on(orphan.firstSeenAt).where(sql`${orphan.endedAt} is null`)],
);
export type OrphanJobRow = typeof orphanJobs.$inferSelect;

/**
 * What each loop last did, as noted every few seconds by the process that leads it. A missing update shows that no
 * process leads the loop.
 */
export const loops = table("loops", {
  name: text().primaryKey(),
  /** The machine or pod, and the program's version there. */
  holder: text().notNull(),
  version: text().notNull(),
  intervalMs: integer().notNull(),
  /** The end of the last successful pass, and how long it took. */
  passedAt: instant(),
  tookMs: integer(),
  /** Since when the current pass runs; null between two passes. */
  beganAt: instant(),
  /** Failed passes since then, and the error of the last one. */
  failures: integer().notNull(),
  failure: text(),
  notedAt: instant().notNull().defaultNow(),
});
export type LoopRow = typeof loops.$inferSelect;
