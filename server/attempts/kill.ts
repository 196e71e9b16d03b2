import { and, eq, gt, inArray, isNotNull, isNull } from "drizzle-orm";
import { runnerJobs, runners } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import type { Executor } from "@/server/executors";
import { endAttempt } from "./end";

/** Runners that a pass ends at once; those that take longer are tried again by the next. */
const BATCH_MAX = 16;

/**
 * Ends the runners that an operator wants killed, each with all that it started. What becomes of a run is decided once
 * its runner is known to be gone; one that cannot be confirmed gone is tried again. Goes on behind the runner `after`,
 * and answers behind which the next pass does: those of a node that is gone may never be confirmed.
 */
export async function endKilled(
  { ctx, executor }: { ctx: ServiceContext; executor: Executor },
  after = "",
): Promise<string> {
  const due = await ctx.db
    .select({ attemptId: runnerJobs.attemptId, runnerId: runners.id })
    .from(runners)
    .innerJoin(runnerJobs, and(eq(runnerJobs.runId, runners.runId), eq(runnerJobs.runnerId, runners.id)))
    .where(
      and(
        isNotNull(runners.kill),
        isNull(runners.endedAt),
        gt(runners.id, after),
        inArray(runnerJobs.state, ["launching", "running"]),
      ),
    )
    .orderBy(runners.id)
    .limit(BATCH_MAX);
  await Promise.all(
    due.map(async ({ attemptId, runnerId }) => {
      try {
        if ((await executor.end(attemptId)) === "gone")
          await endAttempt(ctx, attemptId, { code: null, signal: "SIGKILL", message: "" });
        else ctx.log.warn({ attemptId, runnerId }, "a runner that is to be killed could not be confirmed gone");
      } catch (error) {
        // It holds up no other, and comes again at the next pass.
        ctx.log.error({ err: error, attemptId, runnerId }, "a runner was not killed");
      }
    }),
  );
  return due.length < BATCH_MAX ? "" : (due.at(-1)?.runnerId ?? "");
}
