import { and, eq, exists, inArray, isNotNull, ne, sql } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import { type HeartbeatAnswer, type HeartbeatInput, isTerminal } from "@/contract/run";
import { noteBeat } from "@/db/queries/note-beat";
import { commands, leases, runs } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { LeaseLostError } from "@/server/errors";
import { writingEpoch } from "./holder";
import { assertRunVisible, getRun } from "./run";

/**
 * Extends the lease of its holder, in one statement that touches no index of the runs. A late beat revives an expired
 * lease as long as nobody has begun to end the attempt. On a terminal run it returns the run.
 */
export async function heartbeatRun(ctx: ServiceContext, input: HeartbeatInput): Promise<HeartbeatAnswer> {
  assertRunVisible(ctx, input.runId);
  const epoch = writingEpoch(ctx, input.leaseEpoch);
  const isOwnEpoch = ctx.actor.kind !== "runner" || ctx.actor.leaseEpoch === epoch;
  const extendedEpoch = isOwnEpoch ? await extendLease(ctx, input, epoch) : null;
  const run = await getRun(ctx, { runId: input.runId });
  if (isTerminal(run.status)) return { ...run, shouldYield: false, isDraining: false, cancelledCommandIds: [] };
  // If the statement waited for the lease's lock, it judged the run as it was before; whoever held the lock may have
  // ended the lease.
  const isHeld = extendedEpoch === run.leaseEpoch && run.status === "claimed" && run.leaseState !== "fencing";
  if (!isHeld) throw new LeaseLostError(input.runId);
  const isDraining = await noteBeat(ctx.db, input.runnerId, input);
  if (run.leaseState === "expired") await reviveLease(ctx, run.id, run.leaseEpoch);
  return {
    ...run,
    // A runner of the previous release reads only this field, by which an idle runner ends.
    shouldYield: isDraining || (await hasWaitingRun(ctx, run.id)),
    isDraining,
    cancelledCommandIds: await readCancelledCommandIds(ctx, run.id),
  };
}

/** Returns the epoch of the lease that was extended; null when the caller holds none. */
async function extendLease(ctx: ServiceContext, input: HeartbeatInput, epoch: number | null): Promise<number | null> {
  const tenantId = tenantOf(ctx);
  const leaseMs = input.leaseMs ?? null;
  const extended = await ctx.db
    .update(leases)
    .set({
      leaseExpiresAt: sql`clock_timestamp() + coalesce(${leaseMs}, ${leases.leaseMs}) * interval '1 millisecond'`,
      updatedAt: sql`clock_timestamp()`,
    })
    .from(runs)
    .where(
      and(
        eq(leases.runId, input.runId),
        eq(runs.id, leases.runId),
        eq(runs.status, "claimed"),
        ne(runs.leaseState, "fencing"),
        eq(leases.runnerId, input.runnerId),
        eq(leases.leaseEpoch, runs.leaseEpoch),
        tenantId === null ? undefined : eq(runs.tenantId, tenantId),
        epoch === null ? undefined : eq(runs.leaseEpoch, epoch),
      ),
    )
    .returning({ leaseEpoch: leases.leaseEpoch });
  return extended[0]?.leaseEpoch ?? null;
}

async function reviveLease(ctx: ServiceContext, runId: string, leaseEpoch: number): Promise<void> {
  await ctx.db
    .update(runs)
    .set({ leaseState: "held" })
    .where(and(eq(runs.id, runId), eq(runs.leaseEpoch, leaseEpoch), eq(runs.leaseState, "expired")));
  ctx.wake("runs");
}

/** Whether another run of the session has work. If so, an idle runner should end this run. */
async function hasWaitingRun(ctx: ServiceContext, runId: string): Promise<boolean> {
  const waiting = await ctx.db
    .select({ id: runs.id })
    .from(runs)
    .where(
      and(
        eq(runs.sessionId, sql`(select session_id from agentrun_runs where id = ${runId})`),
        eq(runs.status, "pending"),
        exists(
          ctx.db
            .select({ id: commands.id })
            .from(commands)
            .where(and(eq(commands.runId, runs.id), inArray(commands.state, [...OPEN_COMMAND_STATES]))),
        ),
      ),
    )
    .limit(1);
  return waiting.length > 0;
}

async function readCancelledCommandIds(ctx: ServiceContext, runId: string): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: commands.id })
    .from(commands)
    .where(
      and(
        eq(commands.runId, runId),
        inArray(commands.state, [...OPEN_COMMAND_STATES]),
        isNotNull(commands.cancelRequestedAt),
      ),
    );
  return rows.map((row) => row.id);
}
