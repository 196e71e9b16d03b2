// Images that people show to agents. No zod here: the console checks a file before it sends it.

/** The types that agents' models accept. SVG is not one of them: it is a document that can contain scripts. */
export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];
/** The accepted types in words, for a refusal. */
export const IMAGE_KINDS = "PNG, JPEG, GIF and WebP";
/** Maximum size of one image, in bytes. */
export const IMAGE_BYTES_MAX = 5 * 1024 * 1024;
/** Maximum pixels on the longer side, and in total: a decoder needs four bytes for each pixel. */
export const IMAGE_SIDE_MAX = 16_384;
export const IMAGE_PIXELS_MAX = 64_000_000;
/** Maximum images in one message. */
export const IMAGES_PER_MESSAGE_MAX = 10;
/**
 * Maximum total size of the images in one message, in bytes. With base64's overhead it is a line that codex and its
 * runner can still read.
 */
export const IMAGES_BYTES_PER_MESSAGE_MAX = 20 * 1024 * 1024;

/**
 * The id of an image that belongs to a session. Stricter than other ids, because payloads of old commands may hold
 * anything.
 */
export const ATTACHMENT_ID = /^img_[0-9a-f]{32}$/;

/**
 * Returns the ids of the images that a command's payload names; empty where it names none or holds something else under
 * that key.
 */
export function attachmentsIn({ attachments }: Record<string, unknown>): string[] {
  const isNamed = Array.isArray(attachments) && attachments.length <= IMAGES_PER_MESSAGE_MAX;
  return isNamed && attachments.every((id) => typeof id === "string" && ATTACHMENT_ID.test(id)) ? attachments : [];
}

/** Whether a value under `attachments` is meant to name images, though perhaps wrongly; anything else there is data. */
export function namesImages(attachments: unknown): boolean {
  return Array.isArray(attachments) && attachments.some((id) => typeof id === "string" && ATTACHMENT_ID.test(id));
}

export type ImageFacts = { mediaType: ImageType; width: number; height: number };

/**
 * Reads an image's type and size from its first bytes, ignoring its name and declared type; null for anything that is
 * not accepted.
 */
export function readImage(bytes: Uint8Array): ImageFacts | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = readPng(view) ?? readGif(view) ?? readWebp(view) ?? readJpeg(view);
  return found !== null && found.width > 0 && found.height > 0 ? found : null;
}

/** Returns why an image of this size is refused, whatever its type; null when the size is accepted. */
export function sizeRefusal(sizeBytes: number): string | null {
  if (sizeBytes <= IMAGE_BYTES_MAX) return null;
  return `an image has at most ${IMAGE_BYTES_MAX / 1024 ** 2} MB: send a smaller one`;
}

/** Returns why an image is refused; null when it is accepted. */
export function imageRefusal(bytes: Uint8Array): string | null {
  const refusal = sizeRefusal(bytes.byteLength);
  if (refusal !== null) return refusal;
  const facts = readImage(bytes);
  if (facts === null) return `this is no image that is taken: send one of ${IMAGE_KINDS}`;
  const { width, height } = facts;
  if (Math.max(width, height) > IMAGE_SIDE_MAX || width * height > IMAGE_PIXELS_MAX)
    return `${width} × ${height} pixels are too many: at most ${IMAGE_SIDE_MAX} on a side, and ${IMAGE_PIXELS_MAX / 1_000_000} million in all`;
  return null;
}

function isAt(view: DataView, offset: number, text: string): boolean {
  if (view.byteLength < offset + text.length) return false;
  return [...text].every((character, index) => view.getUint8(offset + index) === character.charCodeAt(0));
}

function readPng(view: DataView): ImageFacts | null {
  if (view.byteLength < 24 || !isAt(view, 0, "\x89PNG\r\n\x1a\n") || !isAt(view, 12, "IHDR")) return null;
  return { mediaType: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

function readGif(view: DataView): ImageFacts | null {
  if (view.byteLength < 10 || !(isAt(view, 0, "GIF87a") || isAt(view, 0, "GIF89a"))) return null;
  return { mediaType: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** Reads the three forms of WebP, told apart by the first chunk: lossy, lossless and extended. */
function readWebp(view: DataView): ImageFacts | null {
  if (view.byteLength < 30 || !isAt(view, 0, "RIFF") || !isAt(view, 8, "WEBP")) return null;
  const facts = (width: number, height: number): ImageFacts => ({ mediaType: "image/webp", width, height });
  const triple = (offset: number) => view.getUint16(offset, true) + (view.getUint8(offset + 2) << 16);
  if (isAt(view, 12, "VP8X")) return facts(triple(24) + 1, triple(27) + 1);
  if (isAt(view, 12, "VP8 ")) return facts(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  if (!isAt(view, 12, "VP8L") || view.getUint8(20) !== 0x2f) return null;
  const packed = view.getUint32(21, true);
  return facts((packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1);
}

/**
 * Walks the segments to the frame header, the only one that holds the size. Each pass moves forward, whatever a length
 * says.
 */
function readJpeg(view: DataView): ImageFacts | null {
  if (!isAt(view, 0, "\xff\xd8\xff")) return null;
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    // A frame header of any coding. The three exceptions are tables and an extension whose numbers lie in the same
    // range.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { mediaType: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    // 0xff before a marker is padding. 0xda starts the image's data, which has no segments to walk.
    if (marker === 0xda) return null;
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}
