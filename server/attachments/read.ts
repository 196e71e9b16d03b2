import { and, asc, eq, gt, inArray, or, sql } from "drizzle-orm";
import type { Attachment, GetAttachmentInput, ListAttachmentsInput, ShownAttachment } from "@/contract/attachment";
import { attachmentsIn } from "@/contract/image";
import type { Page } from "@/contract/page";
import { attachments, attachmentUses, type QueueTaskRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { InvalidCursorError, NotFoundError } from "@/server/errors";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { requireSession } from "@/server/sessions";
import { storedJson } from "@/server/stored";
import { facts, isReadable, toAttachment } from "./attachment";

export async function getAttachment(ctx: ServiceContext, input: GetAttachmentInput): Promise<Attachment> {
  const [found] = await ctx.db
    .select(facts)
    .from(attachments)
    .where(and(eq(attachments.id, input.attachmentId), isReadable(ctx)));
  if (!found) throw new NotFoundError("attachment", input.attachmentId);
  return toAttachment(found);
}

/** Returns an image with its bytes as uploaded. */
export async function readAttachment(
  ctx: ServiceContext,
  input: GetAttachmentInput,
): Promise<{ attachment: Attachment; bytes: Buffer }> {
  const [found] = await ctx.db
    .select({ ...facts, bytes: attachments.bytes })
    .from(attachments)
    .where(and(eq(attachments.id, input.attachmentId), isReadable(ctx)));
  if (!found) throw new NotFoundError("attachment", input.attachmentId);
  const { bytes, ...row } = found;
  return { attachment: toAttachment(row), bytes };
}

/** Lists a session's images with those of tasks that it shows, the oldest first. */
export async function listAttachments(ctx: ServiceContext, input: ListAttachmentsInput): Promise<Page<Attachment>> {
  const { cursor, limit, sessionId } = input;
  await requireSession(ctx, sessionId);
  const filter = { list: "attachments.list", sessionId };
  const [after = null] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  if (after !== null && typeof after !== "string") throw new InvalidCursorError("the cursor is damaged");
  const rows = await ctx.db
    .select(facts)
    .from(attachments)
    .where(
      and(
        or(eq(attachments.sessionId, sessionId), inArray(attachments.id, idsShownBy(ctx, sessionId))),
        after === null ? undefined : gt(attachments.id, after),
      ),
    )
    // Ids are ordered by time.
    .orderBy(asc(attachments.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.id]));
  return { items: page.rows.map(toAttachment), cursor: page.cursor };
}

const idsShownBy = (ctx: ServiceContext, sessionId: string) =>
  ctx.db
    .select({ id: attachmentUses.attachmentId })
    .from(attachmentUses)
    .where(eq(attachmentUses.sessionId, sessionId));

/**
 * Returns the images that a task shows, as far as they are kept for it or its session and the caller may see them. Runs
 * no statement where the task names none.
 */
export async function readTaskAttachments(
  ctx: ServiceContext,
  { id, sessionId, payload }: Pick<QueueTaskRow, "id" | "sessionId" | "payload">,
): Promise<ShownAttachment[]> {
  const ids = attachmentsIn(storedJson(payload) ?? {});
  if (ids.length === 0) return [];
  const rows = await ctx.db
    .select(facts)
    .from(attachments)
    .where(
      and(
        ...[inArray(attachments.id, ids), isReadable(ctx)],
        sql`exists (select 1 from agentrun_attachment_uses use
          where use.attachment_id = ${attachments.id} and (use.task_id = ${id} or use.session_id = ${sessionId}))`,
      ),
    );
  return ids.flatMap((id) => {
    const row = rows.find((row) => row.id === id);
    if (!row) return [];
    const { name, mediaType, sizeBytes, width, height } = row;
    return [{ id, name, mediaType, sizeBytes, width, height }];
  });
}
