import { and, eq, inArray, sql } from "drizzle-orm";
import type { Run } from "@/contract/run";
import { lockRun } from "@/db/queries/lock";
import { runnerJobs } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { loseAttempt } from "./lose-attempt";
import { toRun } from "./run";

/**
 * Takes a run from an attempt whose end cannot be confirmed, when an operator asserts that the attempt is gone. Only
 * for a run that is being fenced: everything else ends by itself.
 */
export function forceReleaseRun(ctx: ServiceContext, input: { runId: string; reason: string }): Promise<Run> {
  return inTx(ctx, async (ctx) => {
    const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", input.runId);
    const { run } = locked;
    if (run.leaseState !== "fencing") {
      throw new ConflictError("version-conflict", `run ${run.id} is not being fenced: cancel it instead`, {
        leaseState: run.leaseState,
      });
    }
    const reason = redactMessage(input.reason);
    const why = `an operator forced it: ${reason}`;
    await closeJobs(ctx, run.id, why);
    const keepsOpen = ctx.settings.executor === "none";
    const freed = await loseAttempt(ctx, locked, { why, isOrderly: false, keepsOpen });
    await audit(ctx, {
      action: "runs.forceRelease",
      targetKind: "run",
      targetId: run.id,
      tenantId: run.tenantId,
      details: { reason },
    });
    return toRun(freed, null);
  });
}

/**
 * Closes the run's jobs: nobody will report the end of an attempt that cannot be reached, and no other starts while its
 * job counts as live.
 */
async function closeJobs(ctx: TxContext, runId: string, why: string): Promise<void> {
  await ctx.db
    .update(runnerJobs)
    .set({
      state: "failed",
      result: { code: null, signal: null, message: why, isForced: true },
      endedAt: sql`clock_timestamp()`,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(runnerJobs.runId, runId), inArray(runnerJobs.state, ["launching", "running"])));
}
