import { and, eq } from "drizzle-orm";
import { archiveSegments, runs } from "@/db/schema";
import { boundRunId, type ServiceContext } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { requireReadableSession } from "./holder";

/** The bytes of a segment as they were stored. A runner reads its own run's session; others name one. */
export async function getSegment(
  ctx: ServiceContext,
  input: { sessionId?: string; sha256: string },
): Promise<Uint8Array> {
  const sessionId = input.sessionId ?? (await sessionOfRunner(ctx));
  await requireReadableSession(ctx, sessionId);
  const [held] = await ctx.db
    .select({ sha256: archiveSegments.sha256 })
    .from(archiveSegments)
    .where(and(eq(archiveSegments.sessionId, sessionId), eq(archiveSegments.sha256, input.sha256)));
  const bytes = held ? await ctx.archive.get(sessionId, held.sha256) : null;
  if (bytes === null) throw new NotFoundError("segment", input.sha256);
  return bytes;
}

async function sessionOfRunner(ctx: ServiceContext): Promise<string> {
  const runId = boundRunId(ctx.actor);
  if (runId === null) throw new InvalidInputError("sessionId: say whose segment it is");
  const [run] = await ctx.db.select({ sessionId: runs.sessionId }).from(runs).where(eq(runs.id, runId));
  if (!run?.sessionId) throw new NotFoundError("session of run", runId);
  return run.sessionId;
}
