import { eq, sql } from "drizzle-orm";
import type { FailureKind } from "@/contract/errors";
import { noteHoldEnd } from "@/db/queries/end-runner";
import type { RunWithSession } from "@/db/queries/lock";
import { lockOpenCommands } from "@/db/queries/lock-open-commands";
import { type CommandRow, leases, type RunRow, runs } from "@/db/schema";
import { settleApprovals } from "@/server/approvals";
import { endCommand } from "@/server/commands";
import type { TxContext } from "@/server/context";
import { appendServerEvents, statusEvent } from "@/server/events";
import { updateQuietly } from "@/server/sessions";
import { cancelNow } from "./cancel";
import { endRun } from "./end-run";
import { policyOf } from "./policy";

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;

export type LostAttempt = {
  /** Why the attempt is known to be over, for the operator. */
  why: string;
  /** The runner reported its end, so the next attempt need not wait. Otherwise the next attempt backs off. */
  isOrderly: boolean;
  /** Keeps the run for the next claim even when it has nothing to do: outside runners claim by themselves. */
  keepsOpen: boolean;
  /** An operator drained the runner, so this does not count as an attempt of the run. */
  isDrained?: boolean;
  /** The failure kind of a turn or run that it ends; `runner-lost` by default. */
  failureKind?: LossKind;
};

/**
 * Why an attempt can be lost. The next attempt would meet the last two again, so nothing that they cut off is
 * continued.
 */
export type LossKind = Extract<FailureKind, "runner-lost" | "infra-failed" | "timeout" | "storage-full">;
const IS_FINAL: Record<LossKind, boolean> = {
  "runner-lost": false,
  "infra-failed": false,
  timeout: true,
  "storage-full": true,
};

/**
 * Decides what follows when an attempt is over and confirmed gone; the run is locked. The epoch rises, so that nothing
 * that the old attempt still sends is accepted. A turn that was sent is not sent again: by policy it fails, or a new
 * turn continues it. The run then waits for a new attempt, or ends.
 */
export async function loseAttempt(ctx: TxContext, locked: RunWithSession, lost: LostAttempt): Promise<RunRow> {
  const { run, session } = locked;
  const policy = policyOf(run);
  await ctx.db
    .update(leases)
    .set({
      staleRecoveryMarker: { epoch: run.leaseEpoch, runnerId: run.claimedBy, why: lost.why },
      updatedAt: sql`clock_timestamp()`,
    })
    .where(eq(leases.runId, run.id));
  if (run.claimedBy !== null)
    await noteHoldEnd(
      ctx.db,
      { runnerId: run.claimedBy, runId: run.id },
      { kind: lost.isOrderly ? "released" : "lost", message: lost.why },
    );
  // Where runners are outside, the sweeper has already reported this when the lease ran out.
  if (run.leaseState !== "expired")
    await appendServerEvents(ctx, run, [statusEvent("lease-expired", { runnerId: run.claimedBy })]);
  await settleApprovals(ctx, run, session);
  const loss = { why: lost.why, failureKind: lost.failureKind ?? "runner-lost" };
  const onLost = IS_FINAL[loss.failureKind] ? "ask" : policy.onLost;
  const { hadCutOffTurn, remaining } = await settleCommands(ctx, locked, { ...loss, onLost });
  const [freed] = await ctx.db
    .update(runs)
    .set({
      leaseEpoch: run.leaseEpoch + 1,
      leaseState: "none",
      leaseExpiresAt: null,
      claimedBy: null,
      status: "pending",
      ...(lost.isDrained === true ? { attemptCount: Math.max(0, run.attemptCount - 1) } : {}),
    })
    .where(eq(runs.id, run.id))
    .returning();
  if (!freed) throw new Error(`run ${run.id} vanished under its lock`);
  if (session && session.activeRunId === run.id) {
    await updateQuietly(ctx, session.sessionId, { activeRunId: null });
    session.activeRunId = null;
    ctx.wake("sessions");
  }
  ctx.wake("runs");
  ctx.wake(`control:${run.id}`);
  return decideNext(
    ctx,
    { ...locked, run: freed, session },
    { ...lost, ...loss, hadCutOffTurn, remaining, maxAttempts: policy.maxAttempts },
  );
}

async function decideNext(
  ctx: TxContext,
  locked: RunWithSession,
  facts: LostAttempt & Loss & { hadCutOffTurn: boolean; remaining: number; maxAttempts: number },
): Promise<RunRow> {
  const { run } = locked;
  if (run.cancelRequestedAt !== null) return cancelNow(ctx, locked, run.cancelReason ?? "cancel requested");
  if (facts.keepsOpen) return run;
  if (facts.remaining === 0) {
    return facts.hadCutOffTurn
      ? endRun(ctx, locked, {
          terminalStatus: "failed",
          failureKind: facts.failureKind,
          failureMessage: lossMessage(facts),
        })
      : endRun(ctx, locked, { terminalStatus: "completed" });
  }
  if (run.attemptCount >= facts.maxAttempts) {
    const failureMessage = `${lossMessage(facts)} It was attempt ${run.attemptCount} of ${facts.maxAttempts}.`;
    return endRun(ctx, locked, { terminalStatus: "failed", failureKind: facts.failureKind, failureMessage });
  }
  const delayMs = facts.isOrderly
    ? 0
    : Math.min(BACKOFF_BASE_MS * 2 ** Math.max(0, run.attemptCount - 1), BACKOFF_MAX_MS);
  const [waiting] = await ctx.db
    .update(runs)
    .set({ nextAttemptAt: sql`clock_timestamp() + ${delayMs} * interval '1 millisecond'` })
    .where(eq(runs.id, run.id))
    .returning();
  return waiting ?? run;
}

type Loss = { why: string; failureKind: LossKind };

/** For each kind of loss: what happened, and what to do. */
const LOSS_MESSAGES: Record<LossKind, (why: string) => [string, string]> = {
  "runner-lost": (why) => [`The runner was lost (${why})`, "The session is intact: send the turn again, or a new one."],
  "infra-failed": (why) => [`The runner could not go on (${why})`, "Mend that, then send the turn again."],
  timeout: (why) => [
    `The runner was ended because it had lived as long as an attempt may (${why})`,
    "Raise AGENTRUN_RUNNER_DEADLINE_SECONDS, or send smaller turns.",
  ],
  "storage-full": (why) => [
    `The runner had no room left to write (${why})`,
    "Remove what fills it, or go on in a session with a larger volume.",
  ],
};

function lossMessage({ failureKind, why }: Loss): string {
  const [event, advice] = LOSS_MESSAGES[failureKind](why);
  return `${event} while a turn was under way. ${advice}`;
}

/** Ends the commands that were sent to the lost attempt and counts the work left for the next one. */
async function settleCommands(
  ctx: TxContext,
  locked: RunWithSession,
  loss: Loss & { onLost: "ask" | "continue" },
): Promise<{ hadCutOffTurn: boolean; remaining: number }> {
  const open = await lockOpenCommands(ctx.db, locked.run.id);
  let hadCutOffTurn = false;
  let remaining = 0;
  for (const command of open) {
    const wasSent = command.state === "acknowledged";
    if (wasSent && command.type === "turn") hadCutOffTurn = true;
    const continues = !wasSent || (command.type === "turn" && loss.onLost === "continue");
    if (continues && command.cancelRequestedAt === null) remaining += isWork(command) ? 1 : 0;
    else await endLostCommand(ctx, { ...locked, command }, loss);
  }
  return { hadCutOffTurn, remaining };
}

/** Whether a command alone justifies a new attempt: without a turn, a steer or an approval has nothing to act on. */
function isWork(command: CommandRow): boolean {
  return command.type === "turn";
}

async function endLostCommand(
  ctx: TxContext,
  locked: RunWithSession & { command: CommandRow },
  loss: Loss,
): Promise<void> {
  const { command } = locked;
  const isCancelled = command.cancelRequestedAt !== null;
  await endCommand(
    ctx,
    locked,
    isCancelled
      ? { terminalStatus: "cancelled", failureKind: "cancelled", failureMessage: command.cancelReason }
      : {
          terminalStatus: "failed",
          failureKind: loss.failureKind,
          failureMessage: `${LOSS_MESSAGES[loss.failureKind](loss.why)[0]} after this was sent to the agent: how far it came is not known.`,
        },
  );
}
