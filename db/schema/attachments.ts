import { sql } from "drizzle-orm";
import { index, integer, text, uniqueIndex } from "drizzle-orm/pg-core";
import { IMAGE_TYPES } from "@/contract/image";
import { bytea, instant, table } from "./columns";
import { sessions } from "./sessions";

/**
 * Images that messages of a session show. They are removed with the session, or by time where no message has shown
 * them.
 */
export const attachments = table(
  "attachments",
  {
    id: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    sessionId: text()
      .notNull()
      .references(() => sessions.sessionId, { onDelete: "cascade" }),
    name: text().notNull(),
    mediaType: text({ enum: IMAGE_TYPES }).notNull(),
    sizeBytes: integer().notNull(),
    width: integer().notNull(),
    height: integer().notNull(),
    sha256: text().notNull(),
    /** Stored uncompressed by PostgreSQL: images are compressed already. */
    bytes: bytea().notNull(),
    createdAt: instant().notNull().defaultNow(),
    createdBy: text().notNull(),
    /** null once a command has named it. */
    expiresAt: instant(),
  },
  (attachment) => [
    // Identical content is stored once for each session; also used to sum a session's images.
    uniqueIndex("agentrun_attachments_content_idx").on(attachment.sessionId, attachment.sha256),
    // Images that no message shows, for retention.
    index("agentrun_attachments_expiry_idx").on(attachment.expiresAt).where(sql`${attachment.expiresAt} is not null`),
  ],
);
export type AttachmentRow = Omit<typeof attachments.$inferSelect, "bytes">;
