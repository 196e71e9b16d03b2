import { and, eq, inArray } from "drizzle-orm";
import { IMAGES_BYTES_PER_MESSAGE_MAX } from "@/contract/image";
import { attachments, type SessionRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";

const WAY = "one that no message shows goes a day after its upload, upload it again";

/**
 * Lets a message name images of its session, which stay with the session from here on. The removal of unused images
 * waits for this, or was faster, and then the image does not exist.
 */
export async function nameAttachments(ctx: TxContext, session: SessionRow | null, ids: string[]): Promise<void> {
  const [first] = ids;
  if (first === undefined) return;
  if (session === null) throw new NotFoundError("attachment", first);
  const named = await ctx.db
    .update(attachments)
    .set({ expiresAt: null })
    .where(and(inArray(attachments.id, ids), eq(attachments.sessionId, session.sessionId)))
    .returning({ id: attachments.id, sizeBytes: attachments.sizeBytes });
  const missing = ids.find((id) => !named.some((row) => row.id === id));
  if (missing !== undefined) throw new NotFoundError("attachment", missing, `in session ${session.sessionId}: ${WAY}`);
  const sizeBytes = named.reduce((sum, row) => sum + row.sizeBytes, 0);
  if (sizeBytes > IMAGES_BYTES_PER_MESSAGE_MAX)
    throw new InvalidInputError(
      `payload.attachments: the images of one message have at most ${IMAGES_BYTES_PER_MESSAGE_MAX} bytes in sum, these have ${sizeBytes}: send some with the next`,
    );
}
