import { sql } from "drizzle-orm";
import { index, integer, text, uniqueIndex } from "drizzle-orm/pg-core";
import { IMAGE_TYPES } from "@/contract/image";
import { bytea, instant, table } from "./columns";
import { sessions } from "./sessions";

/** Images that messages of a session show. They go with it, or by time where no message came to show them. */
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
    /** Stored as given: images are compressed already. */
    bytes: bytea().notNull(),
    createdAt: instant().notNull().defaultNow(),
    createdBy: text().notNull(),
    /** null once a command has named it. */
    expiresAt: instant(),
  },
  (attachment) => [
    // The same content is one attachment of its session; also what a session's sum is read by.
    uniqueIndex("agentrun_attachments_content_idx").on(attachment.sessionId, attachment.sha256),
    // Those that no message shows, for retention.
    index("agentrun_attachments_expiry_idx").on(attachment.expiresAt).where(sql`${attachment.expiresAt} is not null`),
  ],
);
export type AttachmentRow = Omit<typeof attachments.$inferSelect, "bytes">;
