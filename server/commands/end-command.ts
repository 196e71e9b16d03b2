import { eq, sql } from "drizzle-orm";
import type { FailureKind } from "@/contract/errors";
import type { TerminalStatus } from "@/contract/run";
import { type CommandRow, commands, type RunRow, type SessionRow, sessions } from "@/db/schema";
import { supersedePending } from "@/server/approvals";
import type { TxContext } from "@/server/context";
import { appendServerEvents, statusEvent } from "@/server/events";

export type CommandEnd = {
  terminalStatus: TerminalStatus;
  failureKind?: FailureKind | null;
  failureMessage?: string | null;
  threadId?: string | null;
  turnId?: string | null;
};

/**
 * Ends a command whose run (and session) the caller has locked: its state, its event, and for a turn the session's
 * state. The session's last event and activity are exact from here on.
 */
export async function endCommand(
  ctx: TxContext,
  locked: { command: CommandRow; run: RunRow; session: SessionRow | null },
  end: CommandEnd,
): Promise<CommandRow> {
  const { command, run, session } = locked;
  const [ended] = await ctx.db
    .update(commands)
    .set({
      state: end.terminalStatus,
      failureKind: end.failureKind ?? null,
      failureMessage: end.failureMessage ?? null,
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
      message: end.failureMessage ?? null,
      threadId: end.threadId ?? null,
      turnId: end.turnId ?? null,
    }),
  ]);
  // A turn that was never sent has asked for nothing: what waits for a decision is another turn's.
  if (command.type === "turn" && command.state === "acknowledged") await supersedePending(ctx, run, session);
  if (session && command.type === "turn") await endSessionTurn(ctx, { session, run, command }, end);
  ctx.wake(`commands:${run.id}`);
  return ended;
}

async function endSessionTurn(
  ctx: TxContext,
  { session, run, command }: { session: SessionRow; run: RunRow; command: CommandRow },
  end: CommandEnd,
): Promise<void> {
  // An older run's turn must not overwrite what a newer one of the session is doing.
  const isCurrent = session.activeCommandId === null || session.activeCommandId === command.id;
  await ctx.db
    .update(sessions)
    .set({
      ...(isCurrent
        ? {
            executionState: "terminal" as const,
            terminalStatus: end.terminalStatus,
            failureKind: end.failureKind ?? null,
            activeCommandId: null,
          }
        : {}),
      lastEventSeq: run.lastEventSeq,
      lastActivityAt: sql`clock_timestamp()`,
    })
    .where(eq(sessions.sessionId, session.sessionId));
  if (isCurrent) session.activeCommandId = null;
  ctx.wake("sessions");
}
