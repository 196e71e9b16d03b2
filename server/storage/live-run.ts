import { and, eq } from "drizzle-orm";
import { runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";

/** The claimed run of a session: whoever holds it has the volume. True for as long as the session is locked. */
export async function findLiveRun(ctx: ServiceContext, sessionId: string): Promise<string | null> {
  const [live] = await ctx.db
    .select({ id: runs.id })
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), eq(runs.status, "claimed")));
  return live?.id ?? null;
}

export async function assertNoRunIsLive(ctx: ServiceContext, sessionId: string): Promise<void> {
  const runId = await findLiveRun(ctx, sessionId);
  if (runId === null) return;
  throw new ConflictError("run-live", `run ${runId} of session ${sessionId} is live: cancel it and wait for its end`, {
    runId,
  });
}
