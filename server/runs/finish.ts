import { and, eq, inArray, sql } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import { type FinishRunInput, isTerminal, type Run } from "@/contract/run";
import { lockRun } from "@/db/queries/lock";
import { prepared } from "@/db/queries/sql/prepared";
import { commands } from "@/db/schema";
import { audit } from "@/server/audit";
import { withHold } from "@/server/budgets";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { storeThread } from "@/server/sessions";
import { endRun } from "./end-run";
import { assertHolds, epochOfHolder } from "./holder";
import { assertRunVisible, toRun } from "./run";

/** Ends a run. The first finish is final: a second one returns the first result. */
export function finishRun(ctx: ServiceContext, input: FinishRunInput): Promise<Run> {
  return inTx(ctx, async (ctx) => {
    assertRunVisible(ctx, input.runId);
    const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", input.runId);
    if (isTerminal(locked.run.status)) return toRun(locked.run, null);
    // The epoch fences the write: a runner presumed dead must not overwrite its successor.
    assertHolds(ctx, locked.run, input.leaseEpoch);
    if (input.runnerId !== undefined) epochOfHolder(locked.run, input.runnerId);
    if (input.terminalStatus === "completed") await assertNoOpenCommands(ctx, input.runId);
    await storeThread(ctx, locked, input);
    const ended = await endRun(ctx, locked, await withHold(ctx, locked.run, input));
    await audit(ctx, {
      action: "runs.finish",
      targetKind: "run",
      targetId: ended.id,
      tenantId: ended.tenantId,
      details: { terminalStatus: input.terminalStatus, failureKind: input.failureKind ?? null },
    });
    return toRun(ended, null);
  });
}

const openWork = prepared("commands-that-wait", (db) =>
  db
    .select({ id: commands.id })
    .from(commands)
    .where(
      and(
        eq(commands.runId, sql.placeholder("runId")),
        inArray(commands.type, ["turn", "steer"]),
        inArray(commands.state, [...OPEN_COMMAND_STATES]),
      ),
    ),
);

/**
 * Refuses to complete a run with an open turn or steer. One that came while the runner was about to end is not lost:
 * the runner continues.
 */
async function assertNoOpenCommands(ctx: TxContext, runId: string): Promise<void> {
  const open = await openWork(ctx.db).execute({ runId });
  if (open.length === 0) return;
  const commandIds = open.map((command) => command.id);
  throw new ConflictError("command-waiting", `run ${runId} has commands that are not done: finish them first`, {
    commandIds,
  });
}
