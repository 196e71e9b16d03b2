import { z } from "zod";
import { exactText, RecordId } from "./ids";
import { ATTACHMENT_ID, IMAGE_BYTES_MAX, IMAGE_TYPES, IMAGES_PER_MESSAGE_MAX } from "./image";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";

const AttachmentId = z.string().regex(ATTACHMENT_ID, "is not the id of an attachment: upload an image first");

/** The images that a message shows: images of the run's own session, each once. */
export const AttachmentIds = z
  .array(AttachmentId)
  .max(IMAGES_PER_MESSAGE_MAX, `at most ${IMAGES_PER_MESSAGE_MAX} images a message`)
  .refine((ids) => new Set(ids).size === ids.length, "names an attachment twice");

/** A file name with its extension. It is only displayed, never used as a path. */
const AttachmentName = exactText(200);
const BASE64_LENGTH_MAX = Math.ceil(IMAGE_BYTES_MAX / 3) * 4;

export const CreateAttachmentInput = z.strictObject({
  sessionId: RecordId,
  /**
   * Defaults to `image` with the extension of its type. An image that is uploaded again under another name keeps its
   * first name.
   */
  name: AttachmentName.optional(),
  /** The bytes of the image in base64. Plain bytes can be sent to the same address with their own Content-Type. */
  base64: z.base64().min(1).max(BASE64_LENGTH_MAX, `an image has at most ${IMAGE_BYTES_MAX} bytes`),
});
export type CreateAttachmentInput = z.infer<typeof CreateAttachmentInput>;
/** The fields that the address carries when the image is sent as plain bytes. */
export const UploadAttachmentInput = CreateAttachmentInput.omit({ base64: true });

export const GetAttachmentInput = z.strictObject({ attachmentId: RecordId });
export type GetAttachmentInput = z.infer<typeof GetAttachmentInput>;
export const ListAttachmentsInput = z.strictObject({
  sessionId: RecordId,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListAttachmentsInput = z.infer<typeof ListAttachmentsInput>;

/** What an event says about an image that a message showed. */
export const ShownAttachment = z.object({
  id: z.string(),
  name: z.string(),
  mediaType: z.enum(IMAGE_TYPES),
  sizeBytes: z.number(),
  /** In pixels. */
  width: z.number(),
  height: z.number(),
});
export type ShownAttachment = z.infer<typeof ShownAttachment>;

/** An image that was uploaded to a session, so that messages of its runs can show it. */
export const Attachment = ShownAttachment.extend({
  sessionId: z.string(),
  tenantId: z.string(),
  projectId: z.string(),
  /** SHA-256 of the image's bytes. */
  sha256: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
  /** When the image is removed unless a message shows it before; null once a message has shown it. */
  expiresAt: z.string().nullable(),
});
export type Attachment = z.infer<typeof Attachment>;
export const AttachmentPage = pageOf(Attachment);
