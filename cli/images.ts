import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Attachment } from "@/contract/attachment";
import { IMAGES_BYTES_PER_MESSAGE_MAX, IMAGES_PER_MESSAGE_MAX, imageRefusal, sizeRefusal } from "@/contract/image";
import { UsageError } from "./failure";
import type { Io } from "./io";
import { plainLine } from "./plain";

/** An image of a message, as its file has it. */
export type ImageFile = { name: string; base64: string };

/** Reads the images that a message is to show, before anything is made for it. Throws UsageError for what is none. */
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

/** What is far too large is not read whole to be refused. */
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

/** Uploads them to a session; answers the ids by which a message names them. */
export async function uploadImages({ client }: Io, sessionId: string, images: readonly ImageFile[]): Promise<string[]> {
  const path = `/sessions/${encodeURIComponent(sessionId)}/attachments`;
  const ids = new Set<string>();
  for (const body of images) ids.add((await client.call<Attachment>({ method: "POST", path, body })).id);
  return [...ids];
}
