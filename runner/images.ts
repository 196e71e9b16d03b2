import { createHash } from "node:crypto";
import type { Attachment, ShownAttachment } from "@/contract/attachment";
import { attachmentsIn } from "@/contract/image";
import { type CallOptions, RefusedError } from "./control-plane";
import { persist } from "./persist";
import type { UserInput } from "./protocol/codex";
import { schemaIn } from "./turn-output";

/** An image that a message shows, with its bytes as they were uploaded. */
export type Image = { attachment: Attachment; bytes: Buffer };
/** What a person sends to an agent, and the JSON Schema that a turn's last message is to fit. */
export type Message = { text: string; images: readonly Image[]; outputSchema?: Record<string, unknown> };
/** The same before its images were fetched. */
export type Order = Omit<Message, "images"> & { imageIds: readonly string[] };
type GetAttachment = (input: { attachmentId: string }, opts?: CallOptions) => Promise<Image>;

/** How often an image is fetched whose bytes are others than those that were uploaded. */
const TRIES_MAX = 3;

/** An image cannot be shown, and will not be: the message fails with these words, and the run goes on. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

/** What a turn or steer asks for, by its payload; with a schema only where the server takes an output. */
export function orderOf(payload: Record<string, unknown>, { takesOutput } = { takesOutput: false }): Order {
  const schema = takesOutput ? schemaIn(payload) : undefined;
  return {
    text: String(payload.text ?? ""),
    imageIds: attachmentsIn(payload),
    ...(schema === undefined ? {} : { outputSchema: schema }),
  };
}

/** Fetches a message's images, one after the other. Throws ImageError, or what the signal aborts with. */
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
    const image = await persist(() => getAttachment({ attachmentId }, { signal }), { signal }).catch(
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
 * A message as codex takes it. Images go within it rather than as files: nothing is left on a disk, nothing has to be
 * there when a thread is resumed, and its sandbox needs to read nothing.
 */
export function userInput({ text, images }: Message): UserInput[] {
  const shown = images.map(({ attachment, bytes }): UserInput => {
    return { type: "image", url: `data:${attachment.mediaType};base64,${bytes.toString("base64")}` };
  });
  return [{ type: "text", text, text_elements: [] }, ...shown];
}

/** What an event tells of an image: never its bytes. */
export function shownImage({ attachment }: Image): ShownAttachment {
  const { id, name, mediaType, sizeBytes, width, height } = attachment;
  return { id, name, mediaType, sizeBytes, width, height };
}
