import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import { SEGMENT_BYTES_MAX } from "@/contract/archive";
import { archiveSegments } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { AgentRunError, ConflictError } from "@/server/errors";
import { readHeldSession } from "./holder";

export type PutSegmentInput = { runId: string; leaseEpoch?: number | undefined; sha256: string; bytes: Uint8Array };

/** Stores a segment under the digest of its bytes as given; storing one that is there changes nothing. */
export async function putSegment(
  ctx: ServiceContext,
  input: PutSegmentInput,
): Promise<{ sha256: string; storedBytes: number }> {
  const sessionId = await readHeldSession(ctx, input);
  return storeSegment(ctx, { sessionId, sha256: input.sha256, bytes: input.bytes });
}

/** The same for a caller that has been judged. */
export async function storeSegment(
  ctx: ServiceContext,
  segment: { sessionId: string; sha256: string; bytes: Uint8Array },
): Promise<{ sha256: string; storedBytes: number }> {
  const { sessionId, sha256, bytes } = segment;
  if (bytes.byteLength > SEGMENT_BYTES_MAX) {
    throw new AgentRunError("schema-invalid", "body-too-large", `a segment has at most ${SEGMENT_BYTES_MAX} bytes`);
  }
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
    throw new ConflictError("digest-mismatch", `the bytes are not those of segment ${sha256}: send them again`);
  }
  const isNew = await ctx.archive.put(sessionId, sha256, bytes).catch(failedStore);
  // The row comes last: a segment that has one is held.
  await ctx.db
    .insert(archiveSegments)
    .values({ sessionId, sha256, storedBytes: bytes.byteLength })
    .onConflictDoUpdate({
      target: [archiveSegments.sessionId, archiveSegments.sha256],
      set: { createdAt: sql`clock_timestamp()` },
    });
  // Bytes that lay there may have been pruned before the row said that they are needed; from here on pruning sees it.
  if (!isNew && (await ctx.archive.get(sessionId, sha256)) === null)
    await ctx.archive.put(sessionId, sha256, bytes).catch(failedStore);
  return { sha256, storedBytes: bytes.byteLength };
}

function failedStore(error: NodeJS.ErrnoException): never {
  if (error.code !== "ENOSPC" && error.code !== "EDQUOT") throw error;
  throw new AgentRunError("storage-full", "storage-full", "the archive has no space left: free some", { cause: error });
}
