import { and, eq, inArray, sql } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import { type CommandRow, commands, leases, type RunRow, runs, type SessionRow } from "@/db/schema";
import { settleApprovals } from "@/server/approvals";
import { endCommand } from "@/server/commands";
import type { TxContext } from "@/server/context";
import { appendServerEvents, statusEvent } from "@/server/events";
import { changeUnnoticed } from "@/server/sessions";
import { cancelNow } from "./cancel";
import { endRun } from "./end-run";
import { policyOf } from "./policy";

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;

export type LostAttempt = {
  /** Why it is known to be over, for the operator. */
  why: string;
  /** Its end was seen, so the next attempt need not wait; an attempt that ended by itself backs off. */
  isOrderly: boolean;
  /** Outside runners claim by themselves, so a run is kept for the next claim whatever it has to do. */
  keepsOpen: boolean;
};

type Locked = { run: RunRow; session: SessionRow | null };

/**
 * What follows when an attempt is over and confirmed gone; the run is locked. The epoch rises, so that nothing the old
 * attempt still sends is taken. A turn that was sent is not sent again: by policy it fails, or a new turn will go on
 * with it. The run then waits for a new attempt, or ends.
 */
export async function loseAttempt(ctx: TxContext, locked: Locked, lost: LostAttempt): Promise<RunRow> {
  const { run, session } = locked;
  const policy = policyOf(run);
  await ctx.db
    .update(leases)
    .set({
      staleRecoveryMarker: { epoch: run.leaseEpoch, runnerId: run.claimedBy, why: lost.why },
      updatedAt: sql`clock_timestamp()`,
    })
    .where(eq(leases.runId, run.id));
  // Where runners are outside, the sweeper has told of it already when the lease ran out.
  if (run.leaseState !== "expired")
    await appendServerEvents(ctx, run, [statusEvent("lease-expired", { runnerId: run.claimedBy })]);
  await settleApprovals(ctx, run, session);
  const { hadCutOffTurn, remaining } = await settleCommands(ctx, locked, policy.onLost);
  const [freed] = await ctx.db
    .update(runs)
    .set({
      leaseEpoch: run.leaseEpoch + 1,
      leaseState: "none",
      leaseExpiresAt: null,
      claimedBy: null,
      status: "pending",
    })
    .where(eq(runs.id, run.id))
    .returning();
  if (!freed) throw new Error(`run ${run.id} vanished under its lock`);
  if (session && session.activeRunId === run.id) {
    await changeUnnoticed(ctx, session.sessionId, { activeRunId: null });
    session.activeRunId = null;
    ctx.wake("sessions");
  }
  ctx.wake("runs");
  ctx.wake(`control:${run.id}`);
  return decideNext(
    ctx,
    { run: freed, session },
    { ...lost, hadCutOffTurn, remaining, maxAttempts: policy.maxAttempts },
  );
}

async function decideNext(
  ctx: TxContext,
  locked: Locked,
  facts: LostAttempt & { hadCutOffTurn: boolean; remaining: number; maxAttempts: number },
): Promise<RunRow> {
  const { run } = locked;
  if (run.cancelRequestedAt !== null) return cancelNow(ctx, locked, run.cancelReason ?? "cancel requested");
  if (facts.keepsOpen) return run;
  if (facts.remaining === 0) {
    return facts.hadCutOffTurn
      ? endRun(ctx, locked, {
          terminalStatus: "failed",
          failureKind: "runner-lost",
          failureMessage: lostMessage(facts.why),
        })
      : endRun(ctx, locked, { terminalStatus: "completed" });
  }
  if (run.attemptCount >= facts.maxAttempts) {
    const failureMessage = `${lostMessage(facts.why)} It was attempt ${run.attemptCount} of ${facts.maxAttempts}.`;
    return endRun(ctx, locked, { terminalStatus: "failed", failureKind: "runner-lost", failureMessage });
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

function lostMessage(why: string): string {
  return `The runner was lost (${why}) while a turn was under way. The session is intact: send the turn again, or a new one.`;
}

/** Ends what was sent to the lost attempt; counts what the next one has to do. */
async function settleCommands(
  ctx: TxContext,
  locked: Locked,
  onLost: "ask" | "continue",
): Promise<{ hadCutOffTurn: boolean; remaining: number }> {
  const open = await ctx.db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, locked.run.id), inArray(commands.state, [...OPEN_COMMAND_STATES])))
    .orderBy(commands.id)
    .for("no key update");
  let hadCutOffTurn = false;
  let remaining = 0;
  for (const command of open) {
    const wasSent = command.state === "acknowledged";
    if (wasSent && command.type === "turn") hadCutOffTurn = true;
    const goesOn = !wasSent || (command.type === "turn" && onLost === "continue");
    if (goesOn && command.cancelRequestedAt === null) remaining += isWork(command) ? 1 : 0;
    else await endLost(ctx, locked, command);
  }
  return { hadCutOffTurn, remaining };
}

/** A steer, an interrupt or an approval alone gives a new attempt nothing to do. */
function isWork(command: CommandRow): boolean {
  return command.type === "turn";
}

async function endLost(ctx: TxContext, locked: Locked, command: CommandRow): Promise<void> {
  const isCancelled = command.cancelRequestedAt !== null;
  await endCommand(
    ctx,
    { ...locked, command },
    isCancelled
      ? { terminalStatus: "cancelled", failureKind: "cancelled", failureMessage: command.cancelReason }
      : {
          terminalStatus: "failed",
          failureKind: "runner-lost",
          failureMessage: "The runner was lost after this was sent to the agent: how far it came is not known.",
        },
  );
}
