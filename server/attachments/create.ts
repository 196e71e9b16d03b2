import { createHash } from "node:crypto";
import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { Attachment, CreateAttachmentInput, CreateTaskAttachmentInput } from "@/contract/attachment";
import { IMAGE_BYTES_MAX, type ImageFacts, imageRefusal, readImage } from "@/contract/image";
import { type AttachmentRow, attachments } from "@/db/schema";
import { actorName, audit, auditSession } from "@/server/audit";
import { inTx, ownerOf, type ServiceContext, type TxContext } from "@/server/context";
import { AgentRunError, InvalidInputError } from "@/server/errors";
import { newId } from "@/server/ids";
import { lockOwnSession } from "@/server/sessions";
import { facts, toAttachment } from "./attachment";
import { assertProjectRoom, assertSessionRoom, lockProjectImageRoom } from "./room";

/** How long an image waits for a message or task that shows it. */
export const UNUSED_HOURS = 24;
const WAITS_UNTIL = sql`clock_timestamp() + ${UNUSED_HOURS} * interval '1 hour'`;

type Upload = Omit<CreateAttachmentInput, "base64"> & { bytes: Buffer };
type TaskUpload = Omit<CreateTaskAttachmentInput, "base64"> & { bytes: Buffer };

/** Like `storeAttachment`, for bytes sent as base64. */
export function createAttachment(ctx: ServiceContext, input: CreateAttachmentInput): Promise<Attachment> {
  const { base64, ...upload } = input;
  return storeAttachment(ctx, { ...upload, bytes: Buffer.from(base64, "base64") });
}

/** Like `storeTaskAttachment`, for bytes sent as base64. */
export function createTaskAttachment(ctx: ServiceContext, input: CreateTaskAttachmentInput): Promise<Attachment> {
  const { base64, ...upload } = input;
  return storeTaskAttachment(ctx, { ...upload, bytes: Buffer.from(base64, "base64") });
}

/**
 * Stores an image for messages of a session. Its type is determined by its bytes, whatever the sender says. The same
 * bytes make the same attachment, under their first name. The image is removed after a day unless a command has named
 * it. Throws `invalid-input` for what is not an image that models accept, and `limit-reached` when the session has too
 * many.
 */
export async function storeAttachment(ctx: ServiceContext, { sessionId, ...upload }: Upload): Promise<Attachment> {
  const image = readUpload(upload);
  return inTx(ctx, async (ctx) => {
    // The session's lock keeps the sum of its images exact.
    const session = await lockOwnSession(ctx, sessionId);
    const existing = await keepExisting(ctx, and(eq(attachments.sessionId, sessionId), isSame(image)));
    if (existing !== null) return toAttachment(existing);
    await assertSessionRoom(ctx, sessionId, { count: 1, bytes: image.sizeBytes });
    const { tenantId, projectId } = session;
    const stored = await insert(ctx, { ...image, tenantId, projectId, sessionId, isWaiting: false });
    await auditSession(ctx, session, "attachments.create", { attachmentId: stored.id, sizeBytes: stored.sizeBytes });
    return toAttachment(stored);
  });
}

/**
 * Stores an image for queue tasks of a project, by the same rules. It is removed after a day unless a task or schedule
 * names it. Throws `limit-reached` when too many images wait in the project.
 */
export async function storeTaskAttachment(ctx: ServiceContext, upload: TaskUpload): Promise<Attachment> {
  const image = readUpload(upload);
  const owner = ownerOf(ctx, upload);
  return inTx(ctx, async (ctx) => {
    await lockProjectImageRoom(ctx, owner);
    const isOfProject = and(
      ...[eq(attachments.tenantId, owner.tenantId), eq(attachments.projectId, owner.projectId)],
      ...[isNull(attachments.sessionId), isSame(image)],
    );
    const existing = await keepExisting(ctx, isOfProject);
    if (existing !== null) return toAttachment(existing);
    await assertProjectRoom(ctx, owner, image.sizeBytes);
    const stored = await insert(ctx, { ...image, ...owner, sessionId: null, isWaiting: true });
    await audit(ctx, {
      ...{ action: "queue.createAttachment", targetKind: "attachment", targetId: stored.id, tenantId: owner.tenantId },
      details: { projectId: owner.projectId, sizeBytes: stored.sizeBytes },
    });
    return toAttachment(stored);
  });
}

type Image = ImageFacts & { name: string; bytes: Buffer; sizeBytes: number; sha256: string };

function readUpload({ bytes, name }: { bytes: Buffer; name?: string | undefined }): Image {
  const sizeBytes = bytes.byteLength;
  if (sizeBytes > IMAGE_BYTES_MAX)
    throw new AgentRunError("schema-invalid", "body-too-large", `an image has at most ${IMAGE_BYTES_MAX} bytes`);
  const refusal = imageRefusal(bytes);
  const image = readImage(bytes);
  if (refusal !== null || image === null) throw new InvalidInputError(refusal ?? "this is no image");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { ...image, name: name ?? `image.${image.mediaType.slice("image/".length)}`, bytes, sizeBytes, sha256 };
}

const isSame = ({ sha256 }: Image): SQL => eq(attachments.sha256, sha256);

/** Finds an image that was uploaded before. One that waits for its message waits another day from now on. */
async function keepExisting(ctx: TxContext, isIt: SQL | undefined): Promise<AttachmentRow | null> {
  const [existing] = await ctx.db
    .update(attachments)
    .set({ expiresAt: sql`case when ${attachments.expiresAt} is null then null else ${WAITS_UNTIL} end` })
    .where(isIt)
    .returning(facts);
  return existing ?? null;
}

async function insert(
  ctx: TxContext,
  image: Image & { tenantId: string; projectId: string; sessionId: string | null; isWaiting: boolean },
): Promise<AttachmentRow> {
  const [stored] = await ctx.db
    .insert(attachments)
    .values({ id: newId("attachment"), ...image, createdBy: actorName(ctx.actor), expiresAt: WAITS_UNTIL })
    .returning(facts);
  if (!stored) throw new Error("an image was not stored");
  return stored;
}
