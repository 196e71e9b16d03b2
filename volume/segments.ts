import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Maximum size of a segment's content, before compression. */
export const SEGMENT_CONTENT_MAX = 8 * 1024 * 1024;

/** A segment as it is stored: gzip bytes, named by their SHA-256. */
export interface Segment {
  digest: string;
  bytes: Buffer;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export async function sealSegment(content: Uint8Array): Promise<Segment> {
  const bytes = await compress(content);
  return { digest: sha256(bytes), bytes };
}

/** Returns a segment's content. Throws when the bytes do not match the name, or hold more than a segment may. */
export async function openSegment(digest: string, bytes: Uint8Array): Promise<Buffer> {
  if (sha256(bytes) !== digest) throw new Error(`segment ${digest} is damaged: its digest does not match`);
  return decompress(bytes, { maxOutputLength: SEGMENT_CONTENT_MAX });
}

/**
 * Returns how many bytes of a chunk make the next part of a file. `chunk` holds at most `SEGMENT_CONTENT_MAX` bytes;
 * `isEnd`: no more follow it. A rollout is cut after its last newline, so that a full part never changes while the file
 * grows: 0 where it ends in the middle of its only line, which codex has not finished. Any other file is cut only
 * between chunks.
 */
export function cutLength(chunk: Uint8Array, { isRollout, isEnd }: { isRollout: boolean; isEnd: boolean }): number {
  if (!isRollout) return chunk.length;
  const newline = chunk.lastIndexOf(10);
  // A line longer than a segment has to be cut somewhere.
  if (newline === -1) return isEnd ? 0 : chunk.length;
  return newline + 1;
}
