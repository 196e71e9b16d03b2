import { and, eq, getTableColumns, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Attachment } from "@/contract/attachment";
import { type AttachmentRow, attachments, sessions } from "@/db/schema";
import { boundRunId, type ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { iso } from "@/server/stored";

const { bytes: _bytes, ...FACTS } = getTableColumns(attachments);
/** All columns except the bytes. */
export const facts = FACTS;

export function toAttachment(row: AttachmentRow): Attachment {
  const { createdAt, expiresAt, isWaiting: _isWaiting, ...shown } = row;
  return { ...shown, createdAt: iso(createdAt), expiresAt: iso(expiresAt) };
}

/** Whether an image for tasks is used by a task, a schedule or a session that is not deleted, or waits for one. */
const IS_KEPT_FOR_TASKS = sql`(${attachments.sessionId} is null and (
  ${attachments.expiresAt} > clock_timestamp()
  or exists (select 1 from agentrun_attachment_uses use left join agentrun_sessions session using (session_id)
    where use.attachment_id = ${attachments.id}
      and (use.session_id is null or session.session_id is not null and session.deleted_at is null))))`;

/**
 * The condition for attachments that a caller may see: those of its tenant's sessions that are not deleted, and those
 * for its tenant's tasks. A runner may see those that commands of its run name, which that run's own session shows.
 */
export function isReadable(ctx: ServiceContext): SQL | undefined {
  const runId = boundRunId(ctx.actor);
  return and(
    isOwned(ctx, attachments, {}),
    or(
      sql`exists (${ctx.db
        .select({ one: sql`1` })
        .from(sessions)
        .where(and(eq(sessions.sessionId, attachments.sessionId), isNull(sessions.deletedAt)))})`,
      IS_KEPT_FOR_TASKS,
    ),
    runId === null
      ? undefined
      : sql`exists (select 1 from agentrun_commands command join agentrun_runs run on run.id = command.run_id
          where run.id = ${runId} and command.payload->'attachments' ? ${attachments.id}
          and (run.session_id = ${attachments.sessionId} or exists (select 1 from agentrun_attachment_uses use
            where use.session_id = run.session_id and use.attachment_id = ${attachments.id})))`,
  );
}
