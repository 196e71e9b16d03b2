import { and, eq, inArray, isNotNull, or } from "drizzle-orm";
import { runnerJobs, runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";

/**
 * Returns the claimed run of a session, whose holder has the volume; null: there is none. True while the session is
 * locked.
 */
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

/**
 * Returns the run whose runner has a session's volume or may have it in a moment: the run is claimed, or its runner was
 * launched and has not claimed yet. A runner that is being started counts whatever has become of its run: it has
 * checked the volume and does not check again before it begins. True while the session is locked.
 */
export async function findRunOnVolume(
  ctx: ServiceContext,
  sessionId: string,
): Promise<{ id: string; isClaimed: boolean } | null> {
  const isOfLiveJob = and(eq(runnerJobs.runId, runs.id), inArray(runnerJobs.state, ["launching", "running"]));
  const [found] = await ctx.db
    .select({ id: runs.id, status: runs.status })
    .from(runs)
    .leftJoin(runnerJobs, isOfLiveJob)
    .where(
      and(
        eq(runs.sessionId, sessionId),
        or(
          eq(runs.status, "claimed"),
          and(eq(runs.status, "pending"), isNotNull(runnerJobs.id)),
          eq(runnerJobs.state, "launching"),
        ),
      ),
    )
    .limit(1);
  return found ? { id: found.id, isClaimed: found.status === "claimed" } : null;
}

export async function assertVolumeUnused(ctx: ServiceContext, sessionId: string): Promise<void> {
  const run = await findRunOnVolume(ctx, sessionId);
  if (run === null) return;
  const description = run.isClaimed ? `run ${run.id} of session ${sessionId} is live` : startingPhrase(run.id);
  throw new ConflictError("run-live", `${description}: cancel it and wait for its end`, { runId: run.id });
}

export function startingPhrase(runId: string): string {
  return `a runner of run ${runId} is being started`;
}
