import { and, eq, getTableColumns, isNull, type SQL, sql } from "drizzle-orm";
import type { Attachment } from "@/contract/attachment";
import { type AttachmentRow, attachments, sessions } from "@/db/schema";
import { boundRunId, type ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";
import { iso } from "@/server/stored";

const { bytes: _bytes, ...FACTS } = getTableColumns(attachments);
/** All columns except the bytes. */
export const facts = FACTS;

export function toAttachment(row: AttachmentRow): Attachment {
  const { createdAt, expiresAt, ...shown } = row;
  return { ...shown, createdAt: iso(createdAt), expiresAt: iso(expiresAt) };
}

/**
 * The condition for attachments that a caller may see: those of its tenant's sessions that are not deleted. A runner
 * may see those that commands of its run name, of that run's own session.
 */
export function isReadable(ctx: ServiceContext): SQL | undefined {
  const runId = boundRunId(ctx.actor);
  return and(
    isOwned(ctx, attachments, {}),
    sql`exists (${ctx.db
      .select({ one: sql`1` })
      .from(sessions)
      .where(and(eq(sessions.sessionId, attachments.sessionId), isNull(sessions.deletedAt)))})`,
    runId === null
      ? undefined
      : sql`exists (select 1 from agentrun_commands command join agentrun_runs run on run.id = command.run_id
          where run.id = ${runId} and run.session_id = ${attachments.sessionId}
          and command.payload->'attachments' ? ${attachments.id})`,
  );
}
