import { and, eq, inArray, sql } from "drizzle-orm";
import { isTerminal } from "@/contract/run";
import { noteGone } from "@/db/queries/end-runner";
import { lockRun, type RunWithSession } from "@/db/queries/lock";
import { findSessionHolder } from "@/db/queries/session-holder";
import { type RunnerJobRow, type RunRow, runnerJobs, runners, runs } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { redactMessage } from "@/server/events";
import type { AttemptCause, AttemptExit } from "@/server/executors";
import { endRun, type LossKind, loseAttempt, policyOf } from "@/server/runs";
import { endArchiverTurn } from "@/server/storage";

export type AttemptEnd = Pick<AttemptExit, "code" | "signal" | "message"> & {
  cause?: AttemptCause | null;
  /** Another attempt would meet the same problem, so the run ends with this attempt. */
  isFinal?: boolean;
};

/** The failure kind of a run or turn that ends by this cause. */
const FAILURE_KIND: Record<AttemptCause, LossKind> = {
  unstartable: "infra-failed",
  unschedulable: "infra-failed",
  "out-of-memory": "runner-lost",
  evicted: "runner-lost",
  deadline: "timeout",
  "storage-full": "storage-full",
};

const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/**
 * Records that an attempt is confirmed gone, and does what follows from that:
 *
 * - nothing if its run has ended;
 * - a new attempt, or the run's end, if the attempt held the lease;
 * - a later start if the attempt never claimed;
 * - for an archiver, its order is removed or waits for its next try.
 *
 * May be called twice for one attempt.
 */
export function endAttempt(ctx: ServiceContext, attemptId: string, end: AttemptEnd): Promise<void> {
  return inTx(ctx, async (ctx) => {
    const [found] = await ctx.db
      .select({ runId: runnerJobs.runId, runnerId: runnerJobs.runnerId })
      .from(runnerJobs)
      .where(and(eq(runnerJobs.attemptId, attemptId), inArray(runnerJobs.state, ["launching", "running"])));
    // The last words are what a process or a cluster wrote: what cannot be stored must not keep the end from being so.
    const cleanEnd = { ...end, message: redactMessage(end.message) ?? "" };
    // An attempt id belongs to a runner or to an archiver, never to both.
    if (!found) return endArchiverTurn(ctx, attemptId, cleanEnd.message || `it ended with exit code ${end.code}`);
    const locked = await lockRun(ctx.db, found.runId, null);
    const ordered = await orderedEnd(ctx, found.runnerId, cleanEnd);
    const job = await closeJob(ctx, attemptId, ordered);
    if (!locked || !job) return;
    const run = await followEnd(ctx, locked, job, ordered);
    const message = endingOf(ordered);
    await noteGone(ctx.db, job, { isRunWaiting: run.status === "pending", message });
    ctx.wake("runs");
  });
}

/** Replaces the process's own message with who had it killed and why. */
async function orderedEnd(ctx: TxContext, runnerId: string, end: AttemptEnd): Promise<AttemptEnd> {
  const [runner] = await ctx.db.select({ kill: runners.kill }).from(runners).where(eq(runners.id, runnerId));
  const kill = runner?.kill ?? null;
  if (kill === null || end.code === 0) return end;
  return {
    ...end,
    message: kill.reason === null ? `${kill.by} had it killed` : `${kill.by} had it killed: ${kill.reason}`,
  };
}

/** Does what an attempt's end means for its run, and returns the run as it is after that. */
async function followEnd(ctx: TxContext, locked: RunWithSession, job: RunnerJobRow, end: AttemptEnd): Promise<RunRow> {
  const { run } = locked;
  if (isTerminal(run.status)) return run;
  if (run.status === "claimed" && run.claimedBy === job.runnerId) {
    const loss = { why: endingOf(end), failureKind: kindOf(end), isOrderly: false, keepsOpen: false };
    return loseAttempt(ctx, locked, loss);
  }
  if (await isFailedStart(ctx, run, job)) await postponeStart(ctx, locked, end);
  return run;
}

/**
 * Whether the start itself failed. A runner that came while another run held the session could only be refused: then
 * the run waits, and no start failed.
 */
async function isFailedStart(ctx: TxContext, run: RunRow, job: RunnerJobRow): Promise<boolean> {
  if (run.status !== "pending" || wasDecidedSince(run, job)) return false;
  return (await findSessionHolder(ctx.db, run)) === null;
}

/**
 * Whether the attempt's end was handled already: losing or giving back the lease has set the time of the next attempt.
 */
function wasDecidedSince(run: RunRow, job: RunnerJobRow): boolean {
  return run.nextAttemptAt !== null && run.nextAttemptAt > job.createdAt;
}

async function closeJob(ctx: TxContext, attemptId: string, end: AttemptEnd): Promise<RunnerJobRow | undefined> {
  const [job] = await ctx.db
    .update(runnerJobs)
    .set({
      state: end.code === 0 ? "ended" : "failed",
      result: { code: end.code, signal: end.signal, message: end.message, cause: end.cause ?? null },
      endedAt: sql`clock_timestamp()`,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(runnerJobs.attemptId, attemptId), inArray(runnerJobs.state, ["launching", "running"])))
    .returning();
  return job;
}

/**
 * The attempt never claimed: the start itself failed. It counts as an attempt, or a runner that cannot start would be
 * tried for ever.
 */
async function postponeStart(ctx: TxContext, locked: RunWithSession, end: AttemptEnd): Promise<void> {
  const { run } = locked;
  // A runner that ended in order is followed by the next one at once.
  if (end.code === 0) return;
  const attemptCount = run.attemptCount + 1;
  const { maxAttempts } = policyOf(run);
  if (end.isFinal === true || attemptCount >= maxAttempts) {
    const failureMessage =
      end.isFinal === true
        ? `No runner could be started: ${end.message}`
        : `No runner could be started in ${attemptCount} attempts. The last one: ${endingOf(end)}`;
    await endRun(ctx, locked, { terminalStatus: "failed", failureKind: kindOf(end), failureMessage });
    return;
  }
  const delayMs = Math.min(RETRY_BASE_MS * 2 ** (attemptCount - 1), RETRY_MAX_MS);
  await ctx.db
    .update(runs)
    .set({ attemptCount, nextAttemptAt: sql`clock_timestamp() + ${delayMs} * interval '1 millisecond'` })
    .where(eq(runs.id, run.id));
}

function kindOf(end: AttemptEnd): LossKind {
  return end.cause ? FAILURE_KIND[end.cause] : "runner-lost";
}

function endingOf(end: AttemptEnd): string {
  const ending =
    end.signal !== null ? `signal ${end.signal}` : end.code === null ? "no exit code" : `exit code ${end.code}`;
  return end.message === "" ? `the runner ended with ${ending}` : `the runner ended with ${ending}: ${end.message}`;
}
