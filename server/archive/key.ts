import { createHash } from "node:crypto";

const DIGEST = /^[0-9a-f]{64}$/;

/** The folder of a session's segments: a hash, so that no id can name a place outside. */
export function sessionPrefix(sessionId: string): string {
  return createHash("sha256").update(sessionId).digest("hex").slice(0, 32);
}

/** A segment's name below its session's folder. */
export function segmentName(sha256: string): string {
  if (!DIGEST.test(sha256)) throw new Error("a segment is named by 64 hex digits");
  return sha256;
}
