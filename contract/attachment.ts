import { z } from "zod";
import { exactText, OwnerId, RecordId } from "./ids";
import { ATTACHMENT_ID, IMAGE_BYTES_MAX, IMAGE_TYPES, IMAGES_PER_MESSAGE_MAX } from "./image";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";

const AttachmentId = z.string().regex(ATTACHMENT_ID, "is not the id of an attachment: upload an image first");

/** The images that a message shows, each once: images of the run's own session, or images for tasks of its project. */
export const AttachmentIds = z
  .array(AttachmentId)
  .max(IMAGES_PER_MESSAGE_MAX, `at most ${IMAGES_PER_MESSAGE_MAX} images a message`)
  .refine((ids) => new Set(ids).size === ids.length, "names an attachment twice");

/** A file name with its extension. It is only displayed, never used as a path. */
const AttachmentName = exactText(200);
const BASE64_LENGTH_MAX = Math.ceil(IMAGE_BYTES_MAX / 3) * 4;

const UPLOAD = {
  /**
   * Defaults to `image` with the extension of its type. An image that is uploaded again under another name keeps its
   * first name.
   */
  name: AttachmentName.optional(),
  /** The bytes of the image in base64. Plain bytes can be sent to the same address with their own Content-Type. */
  base64: z.base64().min(1).max(BASE64_LENGTH_MAX, `an image has at most ${IMAGE_BYTES_MAX} bytes`),
};

export const CreateAttachmentInput = z.strictObject({ sessionId: RecordId, ...UPLOAD });
export type CreateAttachmentInput = z.infer<typeof CreateAttachmentInput>;
/** The fields that the address carries when the image is sent as plain bytes. */
export const UploadAttachmentInput = CreateAttachmentInput.omit({ base64: true });

/** An image for queue tasks of a project, and for its schedules. */
export const CreateTaskAttachmentInput = z.strictObject({
  tenantId: OwnerId.optional(),
  projectId: OwnerId.optional(),
  ...UPLOAD,
});
export type CreateTaskAttachmentInput = z.infer<typeof CreateTaskAttachmentInput>;
export const UploadTaskAttachmentInput = CreateTaskAttachmentInput.omit({ base64: true });

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

/** An image that was uploaded for messages of a session, or for queue tasks of a project. */
export const Attachment = ShownAttachment.extend({
  /** null: it was uploaded for queue tasks. */
  sessionId: z.string().nullable(),
  tenantId: z.string(),
  projectId: z.string(),
  /** SHA-256 of the image's bytes. */
  sha256: z.string(),
  createdAt: z.string(),
  createdBy: z.string(),
  /** When the image is removed unless a message, task or schedule names it before; null while one does. */
  expiresAt: z.string().nullable(),
});
export type Attachment = z.infer<typeof Attachment>;
export const AttachmentPage = pageOf(Attachment);
