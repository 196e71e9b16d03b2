import { createHash } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Attachment, CreateAttachmentInput } from "@/contract/attachment";
import { IMAGE_BYTES_MAX, type ImageFacts, imageRefusal, readImage } from "@/contract/image";
import { attachments } from "@/db/schema";
import { actorName, auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { AgentRunError, ConflictError, InvalidInputError } from "@/server/errors";
import { newId } from "@/server/ids";
import { lockOwnSession } from "@/server/sessions";
import { facts, toAttachment } from "./attachment";

/** The maximum for one session; more suggests a program gone wrong. */
const PER_SESSION_MAX = 1_000;
/** How long an image waits for a message that shows it. */
const UNUSED_HOURS = 24;

type Upload = Omit<CreateAttachmentInput, "base64"> & { bytes: Buffer };

/** Like `storeAttachment`, for bytes sent as base64. */
export function createAttachment(ctx: ServiceContext, input: CreateAttachmentInput): Promise<Attachment> {
  const { base64, ...upload } = input;
  return storeAttachment(ctx, { ...upload, bytes: Buffer.from(base64, "base64") });
}

/**
 * Stores an image for messages of a session. Its type is determined by its bytes, whatever the sender says. The same
 * bytes make the same attachment, under their first name. The image is removed after a day unless a command has named
 * it. Throws `invalid-input` for what is not an image that models accept, and `limit-reached` when the session has too
 * many.
 */
export async function storeAttachment(ctx: ServiceContext, upload: Upload): Promise<Attachment> {
  const { bytes } = upload;
  if (bytes.byteLength > IMAGE_BYTES_MAX)
    throw new AgentRunError("schema-invalid", "body-too-large", `an image has at most ${IMAGE_BYTES_MAX} bytes`);
  const refusal = imageRefusal(bytes);
  const image = readImage(bytes);
  if (refusal !== null || image === null) throw new InvalidInputError(refusal ?? "this is no image");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return inTx(ctx, (ctx) => insert(ctx, upload, { ...image, sha256 }));
}

/** The session's lock keeps the sum of its images exact. */
async function insert(ctx: TxContext, upload: Upload, image: ImageFacts & { sha256: string }): Promise<Attachment> {
  const { bytes, name = `image.${image.mediaType.slice("image/".length)}` } = upload;
  const session = await lockOwnSession(ctx, upload.sessionId);
  const { sessionId, tenantId, projectId } = session;
  const expiresAt = sql`clock_timestamp() + ${UNUSED_HOURS} * interval '1 hour'`;
  // An image that waits for its message waits another day from now on.
  const [existing] = await ctx.db
    .update(attachments)
    .set({ expiresAt: sql`case when ${attachments.expiresAt} is null then null else ${expiresAt} end` })
    .where(sql`${attachments.sessionId} = ${sessionId} and ${attachments.sha256} = ${image.sha256}`)
    .returning(facts);
  if (existing) return toAttachment(existing);
  await assertRoom(ctx, sessionId, bytes.byteLength);
  const [stored] = await ctx.db
    .insert(attachments)
    .values({
      ...{ id: newId("attachment"), tenantId, projectId, sessionId, name, ...image, bytes },
      ...{ sizeBytes: bytes.byteLength, createdBy: actorName(ctx.actor), expiresAt },
    })
    .returning(facts);
  if (!stored) throw new Error(`an image of session ${sessionId} was not stored`);
  await auditSession(ctx, session, "attachments.create", { attachmentId: stored.id, sizeBytes: stored.sizeBytes });
  return toAttachment(stored);
}

async function assertRoom(ctx: TxContext, sessionId: string, sizeBytes: number): Promise<void> {
  const [sum] = await ctx.db
    .select({
      count: sql<number>`count(*)::int`,
      bytes: sql<number>`coalesce(sum(${attachments.sizeBytes}), 0)::float8`,
    })
    .from(attachments)
    .where(eq(attachments.sessionId, sessionId));
  const { attachmentsBytesMax } = ctx.settings;
  const { count = 0, bytes = 0 } = sum ?? {};
  const way = "go on in a new session; images that no message shows go after a day";
  if (count >= PER_SESSION_MAX)
    throw new ConflictError("limit-reached", `session ${sessionId} has ${PER_SESSION_MAX} images: ${way}`);
  if (bytes + sizeBytes > attachmentsBytesMax)
    throw new ConflictError(
      "limit-reached",
      `the images of session ${sessionId} would have more than ${attachmentsBytesMax} bytes (AGENTRUN_SESSION_IMAGES_BYTES_MAX): ${way}`,
    );
}
