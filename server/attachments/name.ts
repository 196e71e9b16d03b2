import { and, eq, inArray, isNull, or } from "drizzle-orm";
import { IMAGES_BYTES_PER_MESSAGE_MAX } from "@/contract/image";
import { handOverImages } from "@/db/queries/storage/attachment-uses";
import { attachments, type SessionRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { assertSessionRoom } from "./room";

const WAY = "one that no message shows goes a day after its upload, upload it again";

/**
 * Lets a message name images of its session, which stay with the session from here on, and images that were uploaded
 * for tasks of the session's project. The removal of unused images waits for this, or was faster, and then the image
 * does not exist.
 */
export async function nameAttachments(ctx: TxContext, session: SessionRow | null, ids: string[]): Promise<void> {
  const [first] = ids;
  if (first === undefined) return;
  if (session === null) throw new NotFoundError("attachment", first);
  const { sessionId, tenantId, projectId } = session;
  const isOfProject = and(
    ...[isNull(attachments.sessionId), eq(attachments.tenantId, tenantId), eq(attachments.projectId, projectId)],
  );
  const named = await ctx.db
    .update(attachments)
    .set({ expiresAt: null })
    .where(and(inArray(attachments.id, ids), or(eq(attachments.sessionId, sessionId), isOfProject)))
    .returning({ id: attachments.id, sizeBytes: attachments.sizeBytes, sessionId: attachments.sessionId });
  const missing = ids.find((id) => !named.some((row) => row.id === id));
  if (missing !== undefined) throw new NotFoundError("attachment", missing, `in session ${sessionId}: ${WAY}`);
  assertFitsMessage(named);
  const ofProject = named.filter((row) => row.sessionId === null);
  if (ofProject.length === 0) return;
  await handOverImages(
    ctx.db,
    ofProject.map(({ id }) => ({ attachmentId: id, sessionId, taskId: null })),
  );
  await assertSessionRoom(ctx, sessionId, { count: 0, bytes: 0 });
}

/** Throws when the images of one message are too large together. */
export function assertFitsMessage(named: { sizeBytes: number }[]): void {
  const sizeBytes = named.reduce((sum, row) => sum + row.sizeBytes, 0);
  if (sizeBytes > IMAGES_BYTES_PER_MESSAGE_MAX)
    throw new InvalidInputError(
      `payload.attachments: the images of one message have at most ${IMAGES_BYTES_PER_MESSAGE_MAX} bytes in sum, these have ${sizeBytes}: send some with the next`,
    );
}
