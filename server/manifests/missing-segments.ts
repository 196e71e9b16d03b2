import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import type { MissingSegments, MissingSegmentsInput } from "@/contract/archive";
import { archiveSegments } from "@/db/schema";
import { boundRunId, type ServiceContext } from "@/server/context";
import { readHeldSession, requireReadableSession } from "./holder";

/**
 * Returns which of these segments the archive does not hold. The others are kept for the manifest that will name them.
 */
export async function missingSegments(ctx: ServiceContext, input: MissingSegmentsInput): Promise<MissingSegments> {
  const { sessionId } = await requireReadableSession(ctx, input.sessionId);
  const runId = boundRunId(ctx.actor);
  if (runId !== null) await readHeldSession(ctx, { runId, leaseEpoch: input.leaseEpoch });
  if (input.digests.length === 0) return { missing: [] };
  const isRequested = and(
    eq(archiveSegments.sessionId, sessionId),
    inArray(archiveSegments.sha256, input.digests),
    isNull(archiveSegments.removingAt),
  );
  // Renews their age so that pruning cannot take them; recent segments need no write.
  await ctx.db
    .update(archiveSegments)
    .set({ createdAt: sql`clock_timestamp()` })
    .where(and(isRequested, sql`${archiveSegments.createdAt} < clock_timestamp() - interval '30 minutes'`));
  const held = await ctx.db.select({ sha256: archiveSegments.sha256 }).from(archiveSegments).where(isRequested);
  const heldDigests = new Set(held.map((segment) => segment.sha256));
  return { missing: [...new Set(input.digests)].filter((digest) => !heldDigests.has(digest)) };
}
