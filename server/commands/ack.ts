import { eq, sql } from "drizzle-orm";
import type { AckCommandInput, Command } from "@/contract/command";
import { isTerminal } from "@/contract/run";
import { lockCommand } from "@/db/queries/lock";
import { commands, sessions } from "@/db/schema";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { assertHolds, assertRunVisible } from "@/server/runs";
import { toCommand } from "./command";
import { assertRunOpen } from "./run-open";

/**
 * Notes that a runner is about to send a command to its agent. From here on a turn counts as sent: if the attempt is
 * lost, it is not sent again. Acknowledging twice changes nothing.
 */
export function ackCommand(ctx: ServiceContext, input: AckCommandInput): Promise<Command> {
  return inTx(ctx, async (ctx) => {
    const locked = await lockCommand(ctx.db, input.commandId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("command", input.commandId);
    const { command, run, session } = locked;
    assertRunVisible(ctx, run.id);
    assertHolds(ctx, run, input.leaseEpoch);
    if (command.state === "acknowledged" && command.leaseEpoch === run.leaseEpoch) return toCommand(command);
    if (isTerminal(command.state))
      throw new AlreadyTerminalError("command", command.id, command.state, command.failureKind);
    assertRunOpen(run);
    const [acknowledged] = await ctx.db
      .update(commands)
      .set({
        state: "acknowledged",
        acknowledgedAt: command.acknowledgedAt ?? sql`clock_timestamp()`,
        leaseEpoch: run.leaseEpoch,
        updatedAt: sql`clock_timestamp()`,
      })
      .where(eq(commands.id, command.id))
      .returning();
    // From now on the volume may hold more than its last archive does.
    if (session && command.type === "turn") {
      await ctx.db
        .update(sessions)
        .set({ volumeCommandId: command.id })
        .where(eq(sessions.sessionId, session.sessionId));
    }
    ctx.wake(`commands:${run.id}`);
    return toCommand(acknowledged ?? command);
  });
}
