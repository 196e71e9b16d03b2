import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { allowsNetwork } from "@/contract/run";
import { findRunsToLaunch } from "@/db/queries/runs-to-launch";
import { type RunnerJobRow, type RunRow, runnerJobs, runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import type { Executor } from "@/server/executors";
import { mintLaunchToken } from "@/server/identity";
import { launchRunnerJob } from "@/server/runners";
import { policyOf } from "@/server/runs";
import { prepareVolume, yieldToRun } from "@/server/storage";
import { endAttempt } from "./end";

/** What a recorded runner job says of itself while its start waits. */
const WAITS_FOR = {
  archiver: {
    waitsFor: "archiver",
    message: "it starts once the archiver of its session's volume is gone (storage.get: archiveOrder)",
  },
};

export type LauncherDeps = {
  ctx: ServiceContext;
  executor: Executor;
  /** Attempts that may live at once on this executor. */
  attemptsMax: number;
};

/**
 * One pass of the launcher: gives every run that waits for one a runner job, as far as there is room, and starts the
 * jobs that were recorded, by itself or through the API. Starting a job twice makes one process, so a pass may die
 * anywhere.
 */
export async function launchPending(deps: LauncherDeps): Promise<void> {
  await recordJobs(deps);
  const launching = await deps.ctx.db
    .select()
    .from(runnerJobs)
    .where(eq(runnerJobs.state, "launching"))
    .orderBy(asc(runnerJobs.createdAt));
  for (const job of launching) await startJob(deps, job);
}

async function recordJobs({ ctx, attemptsMax }: LauncherDeps): Promise<void> {
  const live = await ctx.db.$count(runnerJobs, inArray(runnerJobs.state, ["launching", "running"]));
  if (live >= attemptsMax) return;
  for (const runId of await findRunsToLaunch(ctx.db, attemptsMax - live)) {
    try {
      await launchRunnerJob(ctx, { runId });
    } catch (error) {
      // The run changed since it was found: cancelled, claimed from outside, its command gone. The next pass sees it.
      if (!isAgentRunError(error)) throw error;
      ctx.log.debug({ runId, reason: error.reason }, "a run found waiting no longer waits");
    }
  }
}

async function startJob({ ctx, executor }: LauncherDeps, job: RunnerJobRow): Promise<void> {
  const run = await findRun(ctx, job.runId);
  if (!run || (run.status !== "pending" && run.status !== "claimed")) {
    await endAttempt(ctx, job.attemptId, {
      code: null,
      signal: null,
      message: "the run ended before its runner was started",
    });
    return;
  }
  // It goes on once an archiver that has the volume is gone.
  if (run.sessionId !== null && !(await yieldToRun(ctx, run.sessionId))) return noteWait(ctx, job);
  const launchToken = await mintLaunchToken(ctx, {
    runId: job.runId,
    attemptId: job.attemptId,
    tenantId: run.tenantId,
    backendProfile: run.backendProfile,
  });
  try {
    // A volume that vanished is made again here, and the claim then says what to restore into it.
    const volume = run.sessionId === null ? null : await prepareVolume(ctx, run.sessionId);
    const policy = policyOf(run);
    await executor.launch({
      attemptId: job.attemptId,
      runId: job.runId,
      runnerId: job.runnerId,
      launchToken,
      url: ctx.settings.runnerUrl,
      leaseMs: ctx.settings.leaseMs,
      volumeDir: volume?.volumeDir ?? null,
      hasNetwork: allowsNetwork(policy),
      isReadOnly: policy.sandbox === "read-only",
      volumeName: volume?.session.storagePvcName ?? null,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    ctx.log.error({ err: error, runId: job.runId, attemptId: job.attemptId }, "a runner could not be started");
    await endAttempt(ctx, job.attemptId, {
      code: null,
      signal: null,
      message: `the runner could not be started: ${message}`,
    });
    return;
  }
  await ctx.db
    .update(runnerJobs)
    .set({ state: "running", result: {}, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(runnerJobs.id, job.id), eq(runnerJobs.state, "launching")));
  ctx.wake("runs");
}

/** Said once: it may be asked for long, where the archiver's node does not answer. */
async function noteWait(ctx: ServiceContext, job: RunnerJobRow): Promise<void> {
  if (job.result?.waitsFor === WAITS_FOR.archiver.waitsFor) return;
  await ctx.db
    .update(runnerJobs)
    .set({ result: WAITS_FOR.archiver, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(runnerJobs.id, job.id), eq(runnerJobs.state, "launching")));
  ctx.wake("runs");
}

type LaunchableRun = Pick<RunRow, "status" | "tenantId" | "backendProfile" | "sessionId" | "executionPolicy">;

async function findRun(ctx: ServiceContext, runId: string): Promise<LaunchableRun | undefined> {
  const [run] = await ctx.db
    .select({
      status: runs.status,
      tenantId: runs.tenantId,
      backendProfile: runs.backendProfile,
      sessionId: runs.sessionId,
      executionPolicy: runs.executionPolicy,
    })
    .from(runs)
    .where(eq(runs.id, runId));
  return run;
}
