import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Attachment } from "@/contract/attachment";
import { IMAGES_BYTES_PER_MESSAGE_MAX, IMAGES_PER_MESSAGE_MAX, imageRefusal, sizeRefusal } from "@/contract/image";
import { UsageError } from "./failure";
import type { Io } from "./io";
import { plainLine } from "./plain";

/** An image of a message, from a file. */
export type ImageFile = { name: string; base64: string };

/**
 * Reads the images for a message before anything is created for it. Throws UsageError for a file that is not an
 * accepted image.
 */
export function readImages(files: readonly string[]): ImageFile[] {
  if (files.length > IMAGES_PER_MESSAGE_MAX)
    throw new UsageError(`a message shows ${IMAGES_PER_MESSAGE_MAX} images at most, not ${files.length}`);
  let sizeBytes = 0;
  return files.map((file) => {
    const bytes = readBytes(file);
    sizeBytes += bytes.byteLength;
    const refusal = imageRefusal(bytes);
    if (refusal !== null) throw new UsageError(`${file}: ${refusal}`);
    if (sizeBytes > IMAGES_BYTES_PER_MESSAGE_MAX)
      throw new UsageError(
        `the images of a message have at most ${IMAGES_BYTES_PER_MESSAGE_MAX / 1024 ** 2} MB in sum`,
      );
    return { name: plainLine(path.basename(file)).slice(0, 100), base64: bytes.toString("base64") };
  });
}

/** Refuses a far too large file without reading all of it. */
function readBytes(file: string): Buffer {
  try {
    const refusal = sizeRefusal(statSync(file).size);
    if (refusal !== null) throw new UsageError(`${file}: ${refusal}`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Uploads images to a session. Returns the ids by which a message names them. */
export async function uploadImages({ client }: Io, sessionId: string, images: readonly ImageFile[]): Promise<string[]> {
  const path = `/sessions/${encodeURIComponent(sessionId)}/attachments`;
  const ids = new Set<string>();
  for (const body of images) ids.add((await client.call<Attachment>({ method: "POST", path, body })).id);
  return [...ids];
}
