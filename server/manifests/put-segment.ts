import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { and, eq, isNull, sql } from "drizzle-orm";
import { SEGMENT_BYTES_MAX } from "@/contract/archive";
import { archiveSegments } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { AgentRunError, ConflictError } from "@/server/errors";
import { readHeldSession } from "./holder";

/** How long storing a segment waits for the end of its removal, which usually takes milliseconds. */
const REMOVAL_WAIT_MAX_MS = 10_000;
const REMOVAL_POLL_MS = 20;

export type PutSegmentInput = {
  /** The run whose session it belongs to; an archiver's token determines that itself. */
  runId?: string | undefined;
  leaseEpoch?: number | undefined;
  sha256: string;
  bytes: Uint8Array;
};

/** Stores a segment under the digest of its bytes. Storing an existing one changes nothing. */
export async function putSegment(
  ctx: ServiceContext,
  input: PutSegmentInput,
): Promise<{ sha256: string; storedBytes: number }> {
  const sessionId = await readHeldSession(ctx, input);
  return storeSegment(ctx, { sessionId, sha256: input.sha256, bytes: input.bytes });
}

/** The same for a caller that has already been checked. */
export async function storeSegment(
  ctx: ServiceContext,
  segment: { sessionId: string; sha256: string; bytes: Uint8Array },
): Promise<{ sha256: string; storedBytes: number }> {
  const { sha256, bytes } = segment;
  if (bytes.byteLength > SEGMENT_BYTES_MAX) {
    throw new AgentRunError("schema-invalid", "body-too-large", `a segment has at most ${SEGMENT_BYTES_MAX} bytes`);
  }
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
    throw new ConflictError("digest-mismatch", `the bytes are not those of segment ${sha256}: send them again`);
  }
  for (const startedAt = performance.now(); ; await sleep(REMOVAL_POLL_MS)) {
    if (await tryToStore(ctx, segment)) return { sha256, storedBytes: bytes.byteLength };
    if (performance.now() - startedAt > REMOVAL_WAIT_MAX_MS) {
      throw new AgentRunError("infra-failed", "database-busy", `segment ${sha256} is being removed: send it again`);
    }
  }
}

/**
 * Stores a segment; false: an old segment of that name is being removed. The age of an existing row is renewed first,
 * so that from here on nobody removes the segment; without a row, nobody is removing the bytes any more. The row is
 * written last: a row means that the bytes are stored.
 */
async function tryToStore(
  ctx: ServiceContext,
  { sessionId, sha256, bytes }: { sessionId: string; sha256: string; bytes: Uint8Array },
): Promise<boolean> {
  const isOurs = and(eq(archiveSegments.sessionId, sessionId), eq(archiveSegments.sha256, sha256));
  const [young] = await ctx.db
    .update(archiveSegments)
    .set({ createdAt: sql`case when ${archiveSegments.removingAt} is null then clock_timestamp() else created_at end` })
    .where(isOurs)
    .returning({ removingAt: archiveSegments.removingAt });
  if (young && young.removingAt !== null) return false;
  await ctx.archive.put(sessionId, sha256, bytes).catch(failedStore);
  const stored = await ctx.db
    .insert(archiveSegments)
    .values({ sessionId, sha256, storedBytes: bytes.byteLength })
    .onConflictDoUpdate({
      target: [archiveSegments.sessionId, archiveSegments.sha256],
      set: { createdAt: sql`clock_timestamp()` },
      setWhere: isNull(archiveSegments.removingAt),
    })
    .returning({ sha256: archiveSegments.sha256 });
  return stored.length > 0;
}

function failedStore(error: NodeJS.ErrnoException): never {
  if (error.code !== "ENOSPC" && error.code !== "EDQUOT") throw error;
  throw new AgentRunError("storage-full", "storage-full", "the archive has no space left: free some", { cause: error });
}
