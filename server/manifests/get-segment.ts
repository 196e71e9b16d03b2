import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { archiveManifests, archiveSegments, runs } from "@/db/schema";
import { boundRunId, type ServiceContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { requireReadableSession } from "./holder";

/** Returns the bytes of a segment as they were stored. A runner reads its own run's session; other callers name one. */
export async function getSegment(
  ctx: ServiceContext,
  input: { sessionId?: string; sha256: string },
): Promise<Uint8Array> {
  const sessionId = input.sessionId ?? (await sessionOfRunner(ctx));
  await requireReadableSession(ctx, sessionId);
  return readSegment(ctx, sessionId, input.sha256);
}

/** Returns the stored bytes of a segment of a session that the caller may read. */
export async function readSegment(ctx: ServiceContext, sessionId: string, sha256: string): Promise<Uint8Array> {
  const location = await locateSegment(ctx, sessionId, sha256);
  const bytes = location === null ? null : await ctx.archive.get(location, sha256);
  if (bytes === null) throw new NotFoundError("segment", sha256);
  return bytes;
}

/**
 * Returns the session under which a segment is stored: its own, or the one from which its archive is still being
 * copied.
 */
async function locateSegment(ctx: ServiceContext, sessionId: string, sha256: string): Promise<string | null> {
  const [held] = await ctx.db
    .select({ sessionId: archiveSegments.sessionId })
    .from(archiveSegments)
    .where(
      and(
        eq(archiveSegments.sessionId, sessionId),
        eq(archiveSegments.sha256, sha256),
        isNull(archiveSegments.removingAt),
      ),
    );
  if (held) return held.sessionId;
  const [copy] = await ctx.db
    .select({ copiedFrom: archiveManifests.copiedFrom })
    .from(archiveManifests)
    .where(
      and(
        eq(archiveManifests.sessionId, sessionId),
        isNotNull(archiveManifests.copiedFrom),
        sql`${archiveManifests.manifest}->'segments' ? ${sha256}`,
      ),
    );
  return copy?.copiedFrom ?? null;
}

async function sessionOfRunner(ctx: ServiceContext): Promise<string> {
  const runId = boundRunId(ctx.actor);
  if (runId === null) throw new InvalidInputError("sessionId: say whose segment it is");
  const [run] = await ctx.db.select({ sessionId: runs.sessionId }).from(runs).where(eq(runs.id, runId));
  if (!run?.sessionId) throw new NotFoundError("session of run", runId);
  return run.sessionId;
}
