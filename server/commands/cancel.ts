import { eq, sql } from "drizzle-orm";
import type { CancelCommandInput, Command } from "@/contract/command";
import { isTerminal } from "@/contract/run";
import { lockCommand } from "@/db/queries/lock";
import { commands } from "@/db/schema";
import { withdrawDecision } from "@/server/approvals";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { toCommand } from "./command";
import { endCommand } from "./end-command";
import { assertRunOpen } from "./run-open";

const DEFAULT_REASON = "cancel requested";

/** Cancels a waiting command at once. For a command under way it records the request, which the runner carries out. */
export function cancelCommand(ctx: ServiceContext, input: CancelCommandInput): Promise<Command> {
  return inTx(ctx, async (ctx) => {
    const locked = await lockCommand(ctx.db, input.commandId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("command", input.commandId);
    const { command, run } = locked;
    if (command.state === "cancelled") return toCommand(command);
    if (isTerminal(command.state))
      throw new AlreadyTerminalError("command", command.id, command.state, command.failureKind);
    assertRunOpen(run);
    const reason = redactMessage(input.reason) ?? DEFAULT_REASON;
    await audit(ctx, {
      action: "commands.cancel",
      targetKind: "command",
      targetId: command.id,
      tenantId: run.tenantId,
      details: { reason },
    });
    if (command.state === "pending") {
      const ended = await endCommand(ctx, locked, {
        terminalStatus: "cancelled",
        failureKind: "cancelled",
        failureMessage: reason,
      });
      if (ended.type === "approve") await withdrawDecision(ctx, locked, ended);
      return toCommand(ended);
    }
    const [marked] = await ctx.db
      .update(commands)
      .set({ cancelRequestedAt: command.cancelRequestedAt ?? sql`clock_timestamp()`, cancelReason: reason })
      .where(eq(commands.id, command.id))
      .returning();
    ctx.wake(`commands:${run.id}`);
    return toCommand(marked ?? command);
  });
}
