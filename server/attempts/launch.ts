import { and, eq, inArray, sql } from "drizzle-orm";
import { within } from "@/contract/async";
import { allowsNetwork } from "@/contract/run";
import type { LaunchWaitReason } from "@/contract/runner";
import { findRunsToLaunch } from "@/db/queries/runs-to-launch";
import { type RunnerJobRow, type RunRow, runnerJobs, runs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isAgentRunError, type Passing, toAgentRunError } from "@/server/errors";
import type { Executor } from "@/server/executors";
import { mintLaunchToken } from "@/server/identity";
import { launchRunnerJob } from "@/server/runners";
import { policyOf } from "@/server/runs";
import { prepareVolume, yieldToRun } from "@/server/storage";
import { type AttemptEnd, endAttempt } from "./end";
import { isHeldUp, isOverdue, type Launching, noteWait, readLaunching } from "./launch-wait";

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
  /** The maximum of attempts that live at once on this executor. */
  attemptsMax: number;
};

/** An end that takes longer is requested again by a later pass. */
const END_WAIT_MS = 1_000;

/**
 * Runs one pass of the launcher: gives each run that waits for a runner a runner job, as far as there is room, and
 * starts the recorded jobs. Starting a job twice makes one process, so a pass may die anywhere, and a start of unknown
 * outcome is repeated.
 *
 * A job that cannot be started for now stays `launching`. Its row keeps its run, and every other run of its session,
 * from getting another attempt. Each try is of the same attempt, whose name can exist only once in its executor, so no
 * try can put a second process beside a first. Nor does a process hold anything before it claims, which takes this
 * attempt's own token.
 */
export async function launchPending(deps: LauncherDeps): Promise<void> {
  await recordJobs(deps);
  const launching = await readLaunching(deps.ctx);
  if (isHeldUp(launching)) return;
  const pass = { ...deps, hasStarted: false };
  for (const each of launching) {
    // The other jobs would meet the same silence, each for as long as it waits for an answer.
    if (each.isDue && (await startJob(pass, each)) === "silence") return;
  }
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
      ctx.log.debug({ runId, reason: error.reason }, "skipping a launch: the run is no longer waiting");
    }
  }
}

/** `hasStarted`: this pass has started another job, so the executor does answer. */
type Pass = LauncherDeps & { hasStarted: boolean };
/** "silence": the executor did not answer, and would not answer for other jobs either. */
type StartResult = "silence" | null;

async function startJob(pass: Pass, launching: Launching): Promise<StartResult> {
  const { ctx } = pass;
  const { job } = launching;
  const run = await findRun(ctx, job);
  // It ended since the pass began, with its run or without.
  if (!run) return null;
  if (run.status !== "pending" && run.status !== "claimed") {
    const message = "the run ended before its runner was started";
    return endUnstarted(pass, launching, { code: null, signal: null, message });
  }
  // A claim shows that a launch whose answer was lost did succeed.
  if (run.claimedBy !== job.runnerId) {
    // The launch continues once an archiver that holds the volume is gone.
    if (run.sessionId !== null && !(await yieldToRun(ctx, run.sessionId))) {
      await noteArchiver(ctx, job);
      return null;
    }
    const launchToken = await mintLaunchToken(ctx, {
      runId: job.runId,
      attemptId: job.attemptId,
      tenantId: run.tenantId,
      backendProfile: run.backendProfile,
    });
    try {
      await launch(pass, job, { ...run, launchToken });
    } catch (error) {
      return followRefusal(pass, launching, error);
    }
    pass.hasStarted = true;
  }
  await ctx.db
    .update(runnerJobs)
    .set({ state: "running", result: {}, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(runnerJobs.id, job.id), eq(runnerJobs.state, "launching")));
  ctx.wake("runs");
  return null;
}

/** Noted once: this may be repeated for long where the archiver's node does not answer. */
async function noteArchiver(ctx: ServiceContext, job: RunnerJobRow): Promise<void> {
  if (job.result?.waitsFor === WAITS_FOR.archiver.waitsFor) return;
  await ctx.db
    .update(runnerJobs)
    .set({ result: WAITS_FOR.archiver, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(runnerJobs.id, job.id), eq(runnerJobs.state, "launching")));
  ctx.wake("runs");
}

async function launch(
  { ctx, executor }: LauncherDeps,
  job: RunnerJobRow,
  run: LaunchableRun & { launchToken: string },
): Promise<void> {
  // A volume that vanished is made again here, and the claim then names what to restore into it.
  const volume = run.sessionId === null ? null : await prepareVolume(ctx, run.sessionId);
  const policy = policyOf(run);
  await executor.launch({
    attemptId: job.attemptId,
    runId: job.runId,
    runnerId: job.runnerId,
    launchToken: run.launchToken,
    url: ctx.settings.runnerUrl,
    leaseMs: ctx.settings.leaseMs,
    volumeDir: volume?.volumeDir ?? null,
    hasNetwork: allowsNetwork(policy),
    isReadOnly: policy.sandbox === "read-only",
    volumeName: volume?.session.storagePvcName ?? null,
  });
}

/** Retries a refusal that passes by itself, though not for ever; any other ends the attempt. */
async function followRefusal(pass: Pass, launching: Launching, error: unknown): Promise<StartResult> {
  const { ctx } = pass;
  const { runId, attemptId } = launching.job;
  const { reason, passing } = toAgentRunError(error);
  // Nothing can be noted either: the pass fails, and is made again.
  if (reason === "database-down" || reason === "database-busy") throw error;
  const message = error instanceof Error ? error.message : String(error);
  if (passing !== null && !isOverdue(launching, ctx.settings.launchMaxMs)) {
    ctx.log.warn({ err: error, runId, attemptId }, "could not start the runner yet, will retry");
    return holdLaunch(pass, launching, { passing, otherwise: "refused", message });
  }
  ctx.log.error({ err: error, runId, attemptId }, "could not start the runner");
  const waited = `it was tried for ${Math.round(launching.waitedMs / 1_000)} seconds (AGENTRUN_LAUNCH_MAX_MS)`;
  return endUnstarted(pass, launching, {
    code: null,
    signal: null,
    message: passing === null ? `the runner could not be started: ${message}` : `${waited}: ${message}`,
    cause: "unstartable",
    // One that would pass was tried for as long as a launch may be; after any other, the next attempt may fare better.
    isFinal: passing !== null,
  });
}

/**
 * Ends an attempt that as far as is known was not started: an earlier try may have started something that nobody has
 * seen. Nothing follows before that is confirmed gone, or the next attempt of its run or session would run beside it.
 */
async function endUnstarted(pass: Pass, launching: Launching, end: AttemptEnd): Promise<StartResult> {
  const { ctx, executor } = pass;
  const { runId, attemptId } = launching.job;
  const ending = executor.end(attemptId).catch((error: unknown) => toAgentRunError(error));
  const answer = await within(END_WAIT_MS, ending);
  if (answer === "gone") {
    await endAttempt(ctx, attemptId, end);
    return null;
  }
  const why = isAgentRunError(answer) ? answer.message : "what was started of it is not known to be gone yet";
  ctx.log.warn({ runId, attemptId, why }, "could not confirm that the unstarted attempt is gone");
  const passing = isAgentRunError(answer) ? answer.passing : null;
  return holdLaunch(pass, launching, { passing, otherwise: "ending", message: `${end.message}; ${why}` });
}

/**
 * Leaves the job waiting, with the reason that an operator is shown: `unreachable` when the executor was silent, else
 * `otherwise`.
 */
async function holdLaunch(
  { ctx, hasStarted }: Pass,
  launching: Launching,
  refusal: { passing: Passing | null; otherwise: LaunchWaitReason; message: string },
): Promise<StartResult> {
  const isSilence = refusal.passing === "server";
  // If others were answered in this pass, the silence may concern this job alone, and then it holds up nobody.
  const reason = isSilence && !hasStarted ? "unreachable" : refusal.otherwise;
  await noteWait(ctx, launching, { reason, message: refusal.message });
  return isSilence ? "silence" : null;
}

type LaunchableRun = Pick<
  RunRow,
  "status" | "claimedBy" | "tenantId" | "backendProfile" | "sessionId" | "executionPolicy"
>;

/** The run of a job that is still to be started. */
async function findRun(ctx: ServiceContext, job: RunnerJobRow): Promise<LaunchableRun | undefined> {
  const [run] = await ctx.db
    .select({
      status: runs.status,
      claimedBy: runs.claimedBy,
      tenantId: runs.tenantId,
      backendProfile: runs.backendProfile,
      sessionId: runs.sessionId,
      executionPolicy: runs.executionPolicy,
    })
    .from(runs)
    .innerJoin(runnerJobs, eq(runnerJobs.runId, runs.id))
    .where(and(eq(runnerJobs.id, job.id), eq(runnerJobs.state, "launching")));
  return run;
}
