import { and, eq, sql } from "drizzle-orm";
import { lockOwnerKey } from "@/db/queries/advisory-lock";
import { type ImageSum, sumSessionImages } from "@/db/queries/storage/attachment-uses";
import { attachments } from "@/db/schema";
import type { ServerSettings, TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";

/** The maximum for one session; more suggests a program gone wrong. */
const PER_SESSION_MAX = 1_000;
/** The maximum of images that wait in one project. */
const PER_PROJECT_MAX = 10_000;

/** Throws when a session would have too many images. The caller holds the session's lock. */
export async function assertSessionRoom(
  ctx: TxContext,
  sessionId: string,
  added: { count: number; bytes: number },
): Promise<void> {
  const [sum] = await sumSessionImages(ctx.db, [sessionId]);
  const refusal = sessionRoomRefusal(ctx.settings, { sessionId, count: 0, bytes: 0, ...sum }, added);
  if (refusal !== null) throw new ConflictError("limit-reached", refusal);
}

/** Returns why a session takes no more images; null: it does. An empty id: it is still to be made. */
export function sessionRoomRefusal(
  { attachmentsBytesMax }: ServerSettings,
  { sessionId, count, bytes }: ImageSum,
  added: { count: number; bytes: number },
): string | null {
  const way = "go on in a new session; images that no message shows go after a day";
  const session = sessionId === "" ? "a new session" : `session ${sessionId}`;
  if (count + added.count > PER_SESSION_MAX) return `${session} would have more than ${PER_SESSION_MAX} images: ${way}`;
  if (bytes + added.bytes > attachmentsBytesMax)
    return `the images of ${session} would have more than ${attachmentsBytesMax} bytes (AGENTRUN_SESSION_IMAGES_BYTES_MAX): ${way}`;
  return null;
}

/** Throws when too many images wait for a project's tasks. Uploads of a project are counted one after the other. */
export async function assertProjectRoom(
  ctx: TxContext,
  { tenantId, projectId }: { tenantId: string; projectId: string },
  sizeBytes: number,
): Promise<void> {
  const [sum] = await ctx.db
    .select({
      count: sql<number>`count(*)::int`,
      bytes: sql<number>`coalesce(sum(${attachments.sizeBytes}), 0)::float8`,
    })
    .from(attachments)
    .where(
      and(eq(attachments.tenantId, tenantId), eq(attachments.projectId, projectId), sql`${attachments.isWaiting}`),
    );
  const { waitingAttachmentsBytesMax } = ctx.settings;
  const { count = 0, bytes = 0 } = sum ?? {};
  const way = "let tasks start that show some of them; images that no task names go after a day";
  if (count >= PER_PROJECT_MAX)
    throw new ConflictError("limit-reached", `project ${projectId} has ${PER_PROJECT_MAX} images that wait: ${way}`);
  if (bytes + sizeBytes > waitingAttachmentsBytesMax)
    throw new ConflictError(
      "limit-reached",
      `the images that wait in project ${projectId} would have more than ${waitingAttachmentsBytesMax} bytes (AGENTRUN_TASK_IMAGES_BYTES_MAX): ${way}`,
    );
}

export function lockProjectImageRoom(ctx: TxContext, { tenantId, projectId }: { tenantId: string; projectId: string }) {
  return lockOwnerKey(ctx.db, `images ${JSON.stringify([tenantId, projectId])}`);
}
