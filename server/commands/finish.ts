import type { Command, FinishCommandInput } from "@/contract/command";
import { isTerminal } from "@/contract/run";
import { lockCommand } from "@/db/queries/lock";
import type { CommandRow } from "@/db/schema";
import { settleDecision } from "@/server/approvals";
import { withHold } from "@/server/budgets";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { InvalidInputError, NotFoundError } from "@/server/errors";
import { assertHolds, assertRunVisible } from "@/server/runs";
import { storeThread } from "@/server/sessions";
import { toCommand } from "./command";
import { endCommand } from "./end-command";
import { assertRunOpen } from "./run-open";

/**
 * Ends a command. The first finish is final: a second one returns the first result. The end of a turn ends the
 * session's activity.
 */
export function finishCommand(ctx: ServiceContext, input: FinishCommandInput): Promise<Command> {
  return inTx(ctx, async (ctx) => {
    const locked = await lockCommand(ctx.db, input.commandId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("command", input.commandId);
    assertRunVisible(ctx, locked.run.id);
    if (isTerminal(locked.command.state)) return toCommand(locked.command);
    assertRunOpen(locked.run);
    assertHolds(ctx, locked.run, input.leaseEpoch);
    assertOutput(locked.command, input);
    await storeThread(ctx, locked, input);
    const ended = await endCommand(ctx, locked, await withHold(ctx, locked.run, input));
    if (ended.type === "approve") await settleDecision(ctx, locked, ended);
    return toCommand(ended);
  });
}

function assertOutput({ type, payload }: CommandRow, { output, terminalStatus }: FinishCommandInput): void {
  if (output === undefined) return;
  if (type !== "turn" || payload.outputSchema === undefined || terminalStatus !== "completed")
    throw new InvalidInputError("output: only a completed turn that was given an outputSchema has one");
}
