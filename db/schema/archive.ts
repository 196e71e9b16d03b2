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
    /** When a newer one took its place; how long it is kept counts from there. */
    supersededAt: instant(),
    /** The session that its segments still have to be copied from: until they are, that one's stay. */
    copiedFrom: text(),
  },
  (manifest) => [
    index("agentrun_archive_manifests_session_idx").on(manifest.sessionId, manifest.createdAt),
    // Those that retention looks at; the newest of each session is none of them.
    index("agentrun_archive_manifests_superseded_idx")
      .on(manifest.supersededAt)
      .where(sql`${manifest.supersededAt} is not null`),
    // Copies that are not whole yet, for the repair, and for whoever would remove what they are copied from.
    index("agentrun_archive_manifests_copied_idx")
      .on(manifest.copiedFrom)
      .where(sql`${manifest.copiedFrom} is not null`),
  ],
);
export type ArchiveManifestRow = typeof archiveManifests.$inferSelect;

/**
 * What a session's volume held whenever it was measured, which is after each turn, and 0 when it was evicted. It is kept
 * as long as the session: manifests go, and events would have to be read by the million.
 */
export const volumeSizes = table(
  "volume_sizes",
  {
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    /** To the second: of a second the last figure stays. */
    measuredAt: instant().notNull(),
    sizeBytes: big().notNull(),
    filesCount: integer().notNull(),
  },
  (size) => [primaryKey({ columns: [size.sessionId, size.measuredAt] })],
);

/** Segments that the archive holds, content-addressed under their session's own prefix. */
export const archiveSegments = table(
  "archive_segments",
  {
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    sha256: text().notNull(),
    storedBytes: big().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** Set while its bytes are being removed: it counts as missing, and nobody stores it until the row is gone. */
    removingAt: instant(),
  },
  (segment) => [
    primaryKey({ columns: [segment.sessionId, segment.sha256] }),
    // Removals that a crash left half-way.
    index("agentrun_archive_segments_removing_idx")
      .on(segment.removingAt)
      .where(sql`${segment.removingAt} is not null`),
  ],
);

/**
 * A volume that has to be archived by a process beside it. While there is a row an archiver may be there; it goes once
 * the archive is, or nobody wants it any more, and the archiver is confirmed gone.
 */
export const archiveOrders = table(
  "archive_orders",
  {
    sessionId: text()
      .primaryKey()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    tenantId: text().notNull(),
    /** Of this try: its Job's name is made of it, and its token is worth nothing in any other. */
    attemptId: text().notNull(),
    orderedBy: text({ enum: ARCHIVE_ORDERERS }).notNull(),
    /** The command whose turn the archive is to hold: the last one that the volume does. */
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
