import { and, eq, gt, inArray, isNotNull, isNull } from "drizzle-orm";
import { runnerJobs, runners } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import type { Executor } from "@/server/executors";
import { endAttempt } from "./end";

/** How many runners a pass ends at once. A runner that takes longer is tried again by the next pass. */
const BATCH_MAX = 16;

/**
 * Ends the runners that an operator wants killed, each with all its child processes. What becomes of a run is decided
 * once its runner is known to be gone; a runner that cannot be confirmed gone is tried again. The pass continues after
 * the runner `after`, and returns where the next pass continues: runners of a lost node may never be confirmed, and
 * must not keep the others from their turn.
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
        else ctx.log.warn({ attemptId, runnerId }, "could not confirm that the killed runner is gone");
      } catch (error) {
        // It holds up no other runner, and is tried again by the next pass.
        ctx.log.error({ err: error, attemptId, runnerId }, "could not kill the runner");
      }
    }),
  );
  return due.length < BATCH_MAX ? "" : (due.at(-1)?.runnerId ?? "");
}
