import { index, integer, primaryKey, text } from "drizzle-orm/pg-core";
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
  },
  (manifest) => [index("agentrun_archive_manifests_session_idx").on(manifest.sessionId, manifest.createdAt)],
);
export type ArchiveManifestRow = typeof archiveManifests.$inferSelect;

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
  },
  (segment) => [primaryKey({ columns: [segment.sessionId, segment.sha256] })],
);
