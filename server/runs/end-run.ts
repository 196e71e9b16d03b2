import { eq, type SQL, sql } from "drizzle-orm";
import type { FailureKind } from "@/contract/errors";
import type { TerminalStatus } from "@/contract/run";
import { endLostRunner, noteHoldEnd } from "@/db/queries/end-runner";
import { lockTaskRow, type RunWithSession } from "@/db/queries/lock";
import { lockOpenCommands } from "@/db/queries/lock-open-commands";
import { commands, leases, type RunRow, runs, type SessionRow, sessions } from "@/db/schema";
import { settleApprovals } from "@/server/approvals";
import { endCommand } from "@/server/commands";
import type { TxContext } from "@/server/context";
import { appendServerEvents, redactMessage } from "@/server/events";
import { endRunTokens } from "@/server/identity";
import { openTurnState, updateQuietly } from "@/server/sessions";
import { endTaskAttempt } from "@/server/task-attempts";

export type RunEnd = {
  terminalStatus: TerminalStatus;
  failureKind?: FailureKind | null;
  failureMessage?: string | null;
};

/**
 * Ends a locked run in the caller's transaction: cancels its open commands, settles its approvals, appends the terminal
 * event as the last one, then updates status, lease, session, tokens and the queue task that the run is an attempt of.
 */
export async function endRun(ctx: TxContext, locked: RunWithSession, end: RunEnd): Promise<RunRow> {
  const { run, session } = locked;
  const failureMessage = redactMessage(end.failureMessage);
  await endOpenCommands(ctx, locked, end);
  await settleApprovals(ctx, run, session);
  await appendServerEvents(ctx, run, [
    {
      type: "terminal_status",
      payload: {
        terminalStatus: end.terminalStatus,
        failureKind: end.failureKind ?? null,
        message: failureMessage,
      },
    },
  ]);
  const [ended] = await ctx.db
    .update(runs)
    .set({
      status: end.terminalStatus,
      terminalStatus: end.terminalStatus,
      failureKind: end.failureKind ?? null,
      failureMessage,
      ...(end.terminalStatus === "completed" ? { turnFailureKind: lastTurnFailure(run.id) } : {}),
      leaseState: "none",
      leaseExpiresAt: null,
      nextAttemptAt: null,
    })
    .where(eq(runs.id, run.id))
    .returning();
  if (!ended) throw new Error(`run ${run.id} vanished under its lock`);
  if (run.claimedBy !== null)
    await noteHoldEnd(ctx.db, { runnerId: run.claimedBy, runId: run.id }, { kind: "finished", message: null });
  await endLostRunner(ctx.db, run);
  await ctx.db.delete(leases).where(eq(leases.runId, run.id));
  if (session) await releaseSession(ctx, session, ended);
  // Where a session's other run ends with this one, that run's task is locked late: a deadlock over it is retried.
  const task = locked.task ?? (ended.taskId === null ? null : await lockTaskRow(ctx.db, ended.taskId));
  if (task) await endTaskAttempt(ctx, task, ended);
  await endRunTokens(ctx, run.id);
  for (const topic of ["runs", `events:${run.id}`, `commands:${run.id}`, `control:${run.id}`] as const) ctx.wake(topic);
  return ended;
}

/** Why the run's last turn failed; null where it did not. Read in the run's own update. */
function lastTurnFailure(runId: string): SQL {
  return sql`(select case when turn.state = 'failed' then coalesce(turn.failure_kind, 'unknown') end
    from ${commands} turn where turn.run_id = ${runId} and turn.type = 'turn' order by turn.seq desc limit 1)`;
}

async function endOpenCommands(ctx: TxContext, { run, session }: RunWithSession, end: RunEnd): Promise<void> {
  for (const command of await lockOpenCommands(ctx.db, run.id)) {
    await endCommand(
      ctx,
      { command, run, session },
      {
        terminalStatus: "cancelled",
        failureKind: end.failureKind ?? "cancelled",
        failureMessage: end.failureMessage ?? `the run ended ${end.terminalStatus} before this command did`,
      },
    );
  }
}

/**
 * Frees the session for its next run; from now on the session shows that run's open turn. The end of an older run
 * leaves a newer run's marks alone.
 */
async function releaseSession(ctx: TxContext, session: SessionRow, run: RunRow): Promise<void> {
  const isActive = session.activeRunId === run.id;
  const isLast = session.lastRunId === run.id || session.lastRunId === null;
  const sessionState = (await openTurnState(ctx, session.sessionId)) ?? stateAfterEnd(run, { isActive, isLast });
  const changes = {
    ...sessionState,
    ...(isActive || isLast ? { lastEventSeq: run.lastEventSeq } : {}),
    lastActivityAt: sql`clock_timestamp()`,
  };
  if ("executionState" in sessionState)
    await ctx.db.update(sessions).set(changes).where(eq(sessions.sessionId, session.sessionId));
  else await updateQuietly(ctx, session.sessionId, changes);
  ctx.wake("sessions");
}

/**
 * Returns what a session without an open turn shows of a run that ended. A run that is leased and idle stays the active
 * one.
 */
function stateAfterEnd(run: RunRow, { isActive, isLast }: { isActive: boolean; isLast: boolean }) {
  const leased = sql`(select ${runs.id} from ${runs} where ${runs.sessionId} = ${run.sessionId} and ${runs.status} = 'claimed')`;
  const wasCutOff = isActive && run.terminalStatus !== "completed";
  return {
    ...(isActive ? { activeRunId: leased, activeCommandId: null } : {}),
    ...(wasCutOff || (isLast && run.terminalStatus === "failed")
      ? { executionState: "terminal" as const, terminalStatus: run.terminalStatus, failureKind: run.failureKind }
      : {}),
  };
}
