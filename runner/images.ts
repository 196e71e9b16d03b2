import { createHash } from "node:crypto";
import type { Attachment, ShownAttachment } from "@/contract/attachment";
import { attachmentsIn } from "@/contract/image";
import { type CallOptions, RefusedError } from "./control-plane";
import type { UserInput } from "./protocol/codex";
import { retryWhileAway } from "./retry-while-away";
import { parseSchema } from "./turn-output";

/** An image that a message shows, with its bytes as they were uploaded. */
export type Image = { attachment: Attachment; bytes: Buffer };
/** What a person sends to an agent, and the JSON Schema that the turn's last message must fit. */
export type Message = { text: string; images: readonly Image[]; outputSchema?: Record<string, unknown> };
/** A message before its images are fetched. */
export type MessageInput = Omit<Message, "images"> & { imageIds: readonly string[] };
type GetAttachment = (input: { attachmentId: string }, opts?: CallOptions) => Promise<Image>;

/** Maximum tries to fetch an image whose bytes differ from those that were uploaded. */
const TRIES_MAX = 3;

/** An image cannot be shown, now or later: the message fails with these words, and the run continues. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

/** Reads what a turn or steer asks for from its payload. Includes a schema only where the server accepts an output. */
export function readMessageInput(
  payload: Record<string, unknown>,
  { takesOutput } = { takesOutput: false },
): MessageInput {
  const schema = takesOutput ? parseSchema(payload) : undefined;
  return {
    text: String(payload.text ?? ""),
    imageIds: attachmentsIn(payload),
    ...(schema === undefined ? {} : { outputSchema: schema }),
  };
}

/** Fetches a message's images one after the other. Throws ImageError, or the reason of the signal's abort. */
export async function fetchImages(
  getAttachment: GetAttachment,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Image[]> {
  const images: Image[] = [];
  for (const attachmentId of ids) images.push(await fetchImage(getAttachment, attachmentId, signal));
  return images;
}

async function fetchImage(getAttachment: GetAttachment, attachmentId: string, signal: AbortSignal): Promise<Image> {
  for (let tryCount = 0; tryCount < TRIES_MAX; tryCount += 1) {
    const image = await retryWhileAway(() => getAttachment({ attachmentId }, { signal }), { signal }).catch(
      (error: unknown) => {
        if (!(error instanceof RefusedError)) throw error;
        throw new ImageError(`the message's image ${attachmentId} could not be fetched: ${error.message}`);
      },
    );
    if (createHash("sha256").update(image.bytes).digest("hex") === image.attachment.sha256) return image;
  }
  throw new ImageError(
    `the message's image ${attachmentId} did not come as it was uploaded, ${TRIES_MAX} times: send the message again`,
  );
}

/**
 * Converts a message to codex's form. Images are embedded instead of passed as files: nothing is left on disk, nothing
 * has to exist when a thread is resumed, and codex's sandbox needs no permission to read.
 */
export function userInput({ text, images }: Message): UserInput[] {
  const shown = images.map(({ attachment, bytes }): UserInput => {
    return { type: "image", url: `data:${attachment.mediaType};base64,${bytes.toString("base64")}` };
  });
  return [{ type: "text", text, text_elements: [] }, ...shown];
}

/** What an event says about an image: never its bytes. */
export function shownImage({ attachment }: Image): ShownAttachment {
  const { id, name, mediaType, sizeBytes, width, height } = attachment;
  return { id, name, mediaType, sizeBytes, width, height };
}
