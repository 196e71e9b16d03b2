import { eq, sql } from "drizzle-orm";
import type { FailureKind } from "@/contract/errors";
import type { TerminalStatus } from "@/contract/run";
import type { RunWithSession } from "@/db/queries/lock";
import { type CommandRow, commands, type RunRow, type SessionRow, sessions } from "@/db/schema";
import { supersedePending } from "@/server/approvals";
import type { TxContext } from "@/server/context";
import { appendServerEvents, redactJson, redactMessage, statusEvent } from "@/server/events";
import { openTurnState } from "@/server/sessions";

export type CommandEnd = {
  terminalStatus: TerminalStatus;
  failureKind?: FailureKind | null;
  failureMessage?: string | null;
  threadId?: string | null;
  turnId?: string | null;
  output?: Record<string, unknown> | null;
};

/**
 * Ends a command whose run (and session) the caller has locked: its state, its event, and for a turn or steer the
 * session's state. At a turn's end the session's last event and activity are exact.
 */
export async function endCommand(
  ctx: TxContext,
  locked: RunWithSession & { command: CommandRow },
  end: CommandEnd,
): Promise<CommandRow> {
  const { command, run, session } = locked;
  const failureMessage = redactMessage(end.failureMessage);
  const [ended] = await ctx.db
    .update(commands)
    .set({
      state: end.terminalStatus,
      failureKind: end.failureKind ?? null,
      failureMessage,
      ...(end.output == null ? {} : { output: redactJson(end.output) }),
      updatedAt: sql`clock_timestamp()`,
    })
    .where(eq(commands.id, command.id))
    .returning();
  if (!ended) throw new Error(`command ${command.id} vanished under its lock`);
  await appendServerEvents(ctx, run, [
    statusEvent("command-terminal", {
      commandId: command.id,
      state: end.terminalStatus,
      terminalStatus: end.terminalStatus,
      failureKind: end.failureKind ?? null,
      message: failureMessage,
      threadId: end.threadId ?? null,
      turnId: end.turnId ?? null,
    }),
  ]);
  // A turn that was never sent has asked for nothing: pending approvals belong to another turn.
  if (command.type === "turn" && command.state === "acknowledged") await supersedePending(ctx, run, session);
  if (session && (command.type === "turn" || command.type === "steer"))
    await updateSession(ctx, { session, run, command }, end);
  ctx.wake(`commands:${run.id}`);
  return ended;
}

/**
 * Updates the session: it is running while a turn of any of its runs is open, and otherwise shows the end of the last
 * one.
 */
async function updateSession(
  ctx: TxContext,
  { session, run, command }: { session: SessionRow; run: RunRow; command: CommandRow },
  end: CommandEnd,
): Promise<void> {
  const isTurn = command.type === "turn";
  const stateAfterEnd = isTurn
    ? {
        executionState: "terminal" as const,
        terminalStatus: end.terminalStatus,
        failureKind: end.failureKind ?? null,
      }
    : // A steer ends nothing: without a turn the session returns to its previous state.
      { executionState: session.terminalStatus === null ? ("idle" as const) : ("terminal" as const) };
  const [updated] = await ctx.db
    .update(sessions)
    .set({
      ...((await openTurnState(ctx, session.sessionId)) ?? { ...stateAfterEnd, activeCommandId: null }),
      ...(isTurn ? { lastEventSeq: run.lastEventSeq, lastActivityAt: sql`clock_timestamp()` } : {}),
    })
    .where(eq(sessions.sessionId, session.sessionId))
    .returning();
  Object.assign(session, updated);
  ctx.wake("sessions");
}
