import { sql } from "drizzle-orm";
import { index, integer, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { ARCHIVE_ORDER_STATES, ARCHIVE_ORDERERS } from "@/contract/words";
import { big, instant, json, table } from "./columns";
import { sessions } from "./sessions";

/** What one turn left on a session's volume: enough to make the volume again. */
export const archiveManifests = table(
  "archive_manifests",
  {
    id: text().primaryKey(),
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    runId: text().notNull(),
    leaseEpoch: integer().notNull(),
    commandId: text(),
    manifest: json().notNull(),
    sizeBytes: big().notNull(),
    filesCount: integer().notNull(),
    sha256: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** When a newer manifest replaced it; its retention counts from then. */
    supersededAt: instant(),
    /**
     * The session that its segments are still being copied from. Until that is done, that session's segments are kept.
     */
    copiedFrom: text(),
  },
  (manifest) => [
    index("agentrun_archive_manifests_session_idx").on(manifest.sessionId, manifest.createdAt),
    // For retention, which never looks at the newest manifest of a session.
    index("agentrun_archive_manifests_superseded_idx")
      .on(manifest.supersededAt)
      .where(sql`${manifest.supersededAt} is not null`),
    // Incomplete copies: for the repair, and for removals of what they are copied from.
    index("agentrun_archive_manifests_copied_idx")
      .on(manifest.copiedFrom)
      .where(sql`${manifest.copiedFrom} is not null`),
  ],
);
export type ArchiveManifestRow = typeof archiveManifests.$inferSelect;

/**
 * The size of a session's volume at each measurement: after each turn, and 0 at eviction. Kept as long as the session,
 * because manifests are removed and events would have to be read by the million.
 */
export const volumeSizes = table(
  "volume_sizes",
  {
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    /** To the second; the last measurement within a second stays. */
    measuredAt: instant().notNull(),
    sizeBytes: big().notNull(),
    filesCount: integer().notNull(),
  },
  (size) => [primaryKey({ columns: [size.sessionId, size.measuredAt] })],
);

/** Segments in the archive, addressed by content under their session's own prefix. */
export const archiveSegments = table(
  "archive_segments",
  {
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    sha256: text().notNull(),
    storedBytes: big().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /**
     * Set while its bytes are being removed. The segment then counts as missing, and nobody stores it again until the
     * row is gone.
     */
    removingAt: instant(),
  },
  (segment) => [
    primaryKey({ columns: [segment.sessionId, segment.sha256] }),
    // Removals that a crash left unfinished.
    index("agentrun_archive_segments_removing_idx")
      .on(segment.removingAt)
      .where(sql`${segment.removingAt} is not null`),
  ],
);

/**
 * An order to archive a volume by a separate process. While there is a row, an archiver may be running. The row goes
 * once the volume is archived, or nobody wants that any more, and the archiver is confirmed gone.
 */
export const archiveOrders = table(
  "archive_orders",
  {
    sessionId: text()
      .primaryKey()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    tenantId: text().notNull(),
    /** The id of this try: its Job's name is made from it, and its token is valid in no other try. */
    attemptId: text().notNull(),
    orderedBy: text({ enum: ARCHIVE_ORDERERS }).notNull(),
    /** The command whose turn the archive must hold: the last turn on the volume. */
    commandId: text(),
    state: text({ enum: ARCHIVE_ORDER_STATES }).notNull().default("waiting"),
    tryCount: integer().notNull().default(0),
    failure: text(),
    nextTryAt: instant().notNull().defaultNow(),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (order) => [uniqueIndex("agentrun_archive_orders_attempt_idx").on(order.attemptId)],
);
export type ArchiveOrderRow = typeof archiveOrders.$inferSelect;
