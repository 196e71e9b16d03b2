import { sql } from "drizzle-orm";
import { boolean, check, index, integer, text, uniqueIndex } from "drizzle-orm/pg-core";
import { IMAGE_TYPES } from "@/contract/image";
import { bytea, instant, table } from "./columns";
import { sessions } from "./sessions";

/**
 * Images that messages show. One that was uploaded to a session is removed with it, or by time where no message has
 * shown it. One that was uploaded for queue tasks belongs to a project, and is removed by time once nothing uses it.
 */
export const attachments = table(
  "attachments",
  {
    id: text().primaryKey(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    /** null: it was uploaded for queue tasks of its project. `attachmentUses` says what uses it. */
    sessionId: text().references(() => sessions.sessionId, { onDelete: "cascade" }),
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
    /** null once a command has named it; of an image for tasks: while anything uses it. */
    expiresAt: instant(),
    /** Whether it was uploaded for tasks and no session has shown it yet. What waits is limited for each project. */
    isWaiting: boolean().notNull().default(false),
  },
  (attachment) => [
    // Identical content is stored once for each session; also used to sum a session's images.
    uniqueIndex("agentrun_attachments_content_idx").on(attachment.sessionId, attachment.sha256),
    // The same for images of a project's tasks.
    uniqueIndex("agentrun_attachments_project_idx")
      .on(attachment.tenantId, attachment.projectId, attachment.sha256)
      .where(sql`${attachment.sessionId} is null`),
    // Sums what waits in a project.
    index("agentrun_attachments_waiting_idx")
      .on(attachment.tenantId, attachment.projectId)
      .where(sql`${attachment.isWaiting}`),
    // Images that no message shows, for retention.
    index("agentrun_attachments_expiry_idx").on(attachment.expiresAt).where(sql`${attachment.expiresAt} is not null`),
  ],
);
export type AttachmentRow = Omit<typeof attachments.$inferSelect, "bytes">;

/**
 * What uses the images that were uploaded for queue tasks: each row names one session, task or schedule. A task's row
 * goes when its run is made, because its session uses the image from then on. None of the three is a foreign key: what
 * removes them looks for images that nothing uses any more.
 */
export const attachmentUses = table(
  "attachment_uses",
  {
    attachmentId: text()
      .notNull()
      .references(() => attachments.id, { onDelete: "cascade" }),
    sessionId: text(),
    taskId: text(),
    scheduleId: text(),
  },
  (use) => [
    index("agentrun_attachment_uses_attachment_idx").on(use.attachmentId),
    uniqueIndex("agentrun_attachment_uses_session_idx")
      .on(use.sessionId, use.attachmentId)
      .where(sql`${use.sessionId} is not null`),
    uniqueIndex("agentrun_attachment_uses_task_idx")
      .on(use.taskId, use.attachmentId)
      .where(sql`${use.taskId} is not null`),
    uniqueIndex("agentrun_attachment_uses_schedule_idx")
      .on(use.scheduleId, use.attachmentId)
      .where(sql`${use.scheduleId} is not null`),
    check(
      "agentrun_attachment_uses_one_check",
      sql`num_nonnulls(${use.sessionId}, ${use.taskId}, ${use.scheduleId}) = 1`,
    ),
  ],
);
