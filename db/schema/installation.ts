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
