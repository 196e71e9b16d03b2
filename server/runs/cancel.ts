import { and, eq, inArray, isNull, sql } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import { type CancelRunInput, isTerminal, type Run } from "@/contract/run";
import { lockRun, type RunWithSession, readLease } from "@/db/queries/lock";
import { lockOpenCommands } from "@/db/queries/lock-open-commands";
import { commands, type RunRow, runs } from "@/db/schema";
import { audit } from "@/server/audit";
import { endCommand } from "@/server/commands";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { AlreadyTerminalError, NotFoundError } from "@/server/errors";
import { appendServerEvents, redactMessage, statusEvent } from "@/server/events";
import { endRun } from "./end-run";
import { toRun } from "./run";

const DEFAULT_REASON = "cancel requested";

/**
 * Cancels a run at once if nobody has claimed it. For a claimed run it records the request: the run is shown as being
 * cancelled until its runner reports that the agent stopped, or the runner is known to be gone.
 */
export function cancelRun(ctx: ServiceContext, input: CancelRunInput): Promise<Run> {
  return inTx(ctx, async (ctx) => {
    const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", input.runId);
    const { run } = locked;
    if (run.status === "cancelled") return toRun(run, null);
    if (isTerminal(run.status)) throw new AlreadyTerminalError("run", run.id, run.status, run.failureKind);
    const reason = redactMessage(input.reason) ?? DEFAULT_REASON;
    const cancelled =
      run.status === "pending" ? await cancelNow(ctx, locked, reason) : await requestCancel(ctx, run, reason);
    await audit(ctx, {
      action: "runs.cancel",
      targetKind: "run",
      targetId: run.id,
      tenantId: run.tenantId,
      details: { reason },
    });
    return toRun(cancelled, (await readLease(ctx.db, run.id))?.leaseExpiresAt ?? null);
  });
}

/** Ends the open commands first, each with its event, then appends the event of the request, then ends the run. */
export async function cancelNow(ctx: TxContext, locked: RunWithSession, reason: string): Promise<RunRow> {
  const { run } = locked;
  for (const command of await lockOpenCommands(ctx.db, run.id)) {
    await endCommand(
      ctx,
      { ...locked, command },
      { terminalStatus: "cancelled", failureKind: "cancelled", failureMessage: reason },
    );
  }
  if (run.cancelRequestedAt === null) {
    await ctx.db
      .update(runs)
      .set({ cancelRequestedAt: sql`clock_timestamp()`, cancelReason: reason })
      .where(eq(runs.id, run.id));
    await appendServerEvents(ctx, run, [statusEvent("cancel-requested", { reason })]);
  }
  return endRun(ctx, locked, { terminalStatus: "cancelled", failureKind: "cancelled", failureMessage: reason });
}

async function requestCancel(ctx: TxContext, run: RunRow, reason: string): Promise<RunRow> {
  if (run.cancelRequestedAt !== null) return run;
  const [marked] = await ctx.db
    .update(runs)
    .set({ cancelRequestedAt: sql`clock_timestamp()`, cancelReason: reason })
    .where(eq(runs.id, run.id))
    .returning();
  if (!marked) throw new Error(`run ${run.id} vanished under its lock`);
  await ctx.db
    .update(commands)
    .set({ cancelRequestedAt: sql`clock_timestamp()`, cancelReason: reason })
    .where(
      and(
        eq(commands.runId, run.id),
        inArray(commands.state, [...OPEN_COMMAND_STATES]),
        isNull(commands.cancelRequestedAt),
      ),
    );
  await appendServerEvents(ctx, marked, [statusEvent("cancel-requested", { reason })]);
  for (const topic of ["runs", `commands:${run.id}`, `control:${run.id}`] as const) ctx.wake(topic);
  return marked;
}
