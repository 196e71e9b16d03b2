import { and, asc, eq, gt } from "drizzle-orm";
import type { Attachment, GetAttachmentInput, ListAttachmentsInput } from "@/contract/attachment";
import type { Page } from "@/contract/page";
import { attachments } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { InvalidCursorError, NotFoundError } from "@/server/errors";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { requireSession } from "@/server/sessions";
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

/** Lists a session's images, the oldest first. */
export async function listAttachments(ctx: ServiceContext, input: ListAttachmentsInput): Promise<Page<Attachment>> {
  const { cursor, limit, sessionId } = input;
  await requireSession(ctx, sessionId);
  const filter = { list: "attachments.list", sessionId };
  const [after = null] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  if (after !== null && typeof after !== "string") throw new InvalidCursorError("the cursor is damaged");
  const rows = await ctx.db
    .select(facts)
    .from(attachments)
    .where(and(eq(attachments.sessionId, sessionId), after === null ? undefined : gt(attachments.id, after)))
    // Ids are ordered by time.
    .orderBy(asc(attachments.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.id]));
  return { items: page.rows.map(toAttachment), cursor: page.cursor };
}
