import { and, eq, sql } from "drizzle-orm";
import type { ReleaseRunInput, Run } from "@/contract/run";
import { isTerminal } from "@/contract/run";
import { lockRun } from "@/db/queries/lock";
import { type RunRow, runnerJobs, runners } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { assertHolds } from "./holder";
import { loseAttempt } from "./lose-attempt";
import { assertRunVisible, toRun } from "./run";

/**
 * Gives a lease back for a runner that has ended its agent, so that the next attempt need not wait until the lease runs
 * out.
 */
export function releaseRun(ctx: ServiceContext, input: ReleaseRunInput): Promise<Run> {
  return inTx(ctx, async (ctx) => {
    assertRunVisible(ctx, input.runId);
    const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", input.runId);
    if (isTerminal(locked.run.status)) return toRun(locked.run, null);
    assertHolds(ctx, locked.run, input.leaseEpoch);
    const why = redactMessage(input.reason) ?? "its runner was stopped";
    const freed = await loseAttempt(ctx, locked, {
      why,
      failureKind: (await isAtDeadline(ctx, locked.run)) ? "timeout" : "runner-lost",
      isOrderly: true,
      // Checked here: a runner's own word must not win it more attempts.
      isDrained: input.isDrained === true && (await isDrainRequested(ctx, locked.run)),
      keepsOpen: ctx.settings.executor === "none",
    });
    await audit(ctx, {
      action: "runs.release",
      targetKind: "run",
      targetId: freed.id,
      tenantId: freed.tenantId,
      details: { reason: why },
    });
    return toRun(freed, null);
  });
}

async function isDrainRequested(ctx: TxContext, { claimedBy }: RunRow): Promise<boolean> {
  if (claimedBy === null) return false;
  const [runner] = await ctx.db.select({ drain: runners.drain }).from(runners).where(eq(runners.id, claimedBy));
  return runner !== undefined && runner.drain !== null;
}

/**
 * Whether the attempt has lived to its deadline. A cluster that ends an attempt at its deadline only tells the runner
 * to stop, and not why.
 */
async function isAtDeadline(ctx: TxContext, run: RunRow): Promise<boolean> {
  const { runnerDeadlineMs } = ctx.settings;
  if (runnerDeadlineMs === null || run.claimedBy === null) return false;
  const [overdueJob] = await ctx.db
    .select({ id: runnerJobs.id })
    .from(runnerJobs)
    .where(
      and(
        eq(runnerJobs.runId, run.id),
        eq(runnerJobs.runnerId, run.claimedBy),
        sql`${runnerJobs.createdAt} <= clock_timestamp() - ${runnerDeadlineMs} * interval '1 millisecond'`,
      ),
    );
  return overdueJob !== undefined;
}
