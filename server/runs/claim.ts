import { and, eq, inArray, ne, sql } from "drizzle-orm";
import { type ClaimedRun, type ClaimRunInput, isTerminal } from "@/contract/run";
import { RUNNER_PROTOCOL, RUNNER_PROTOCOL_BEFORE, RUNNER_PROTOCOL_UNNAMED } from "@/contract/runner-protocol";
import { endLostRunner } from "@/db/queries/end-runner";
import { type LockedRun, lockLease, lockRun } from "@/db/queries/lock";
import { type LeaseRow, leases, type RunRow, runnerJobs, runs, sessions } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import {
  type AgentRunError,
  AlreadyTerminalError,
  isAgentRunError,
  LeaseHeldError,
  LeaseLostError,
  NotFoundError,
  RunnerVersionError,
  StoreEvictedError,
} from "@/server/errors";
import { appendServerEvents, statusEvent } from "@/server/events";
import { mintRunnerTokens } from "@/server/identity";
import { assertAcceptsRuns, assertOwnRunner, upsertRunner } from "@/server/runners";
import { markTaskRunning } from "@/server/task-attempts";
import { assignmentOf } from "./assignment";
import { loseAttempt } from "./lose-attempt";
import { assertRunVisible, toRun } from "./run";

/**
 * Leases a run to a runner. The process that already holds it (same runner, same nonce) gets its epoch again; another
 * is refused while the lease lives. A new holder gets a higher epoch, which fences out all earlier holders.
 */
export async function claimRun(ctx: ServiceContext, input: ClaimRunInput): Promise<ClaimedRun> {
  assertVersion(ctx, input.protocolVersion);
  const claimed = await inTx(ctx, (ctx) => claimLocked(ctx, input));
  // Thrown after the commit, so that the refusal does not undo the run's end with its lost lease.
  if (isAgentRunError(claimed)) throw claimed;
  return claimed;
}

/**
 * Runners started by this installation speak a version. Anyone else who claims by the API names no version and is taken
 * to speak the current one.
 */
function assertVersion(ctx: ServiceContext, requested: number | undefined): void {
  const version = requested ?? (ctx.actor.kind === "launch" ? RUNNER_PROTOCOL_UNNAMED : RUNNER_PROTOCOL);
  if (version < RUNNER_PROTOCOL_BEFORE || version > RUNNER_PROTOCOL) throw new RunnerVersionError(version);
}

async function claimLocked(ctx: TxContext, input: ClaimRunInput): Promise<ClaimedRun | AgentRunError> {
  assertRunVisible(ctx, input.runId);
  const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
  if (!locked) throw new NotFoundError("run", input.runId);
  assertClaimable(locked);
  const leaseMs = input.leaseMs ?? ctx.settings.leaseMs;
  const nonce = input.nonce ?? input.runnerId;
  const isSameHolder = await ensureLeaseFree(ctx, locked, { runnerId: input.runnerId, nonce });
  const { id, status, failureKind } = locked.run;
  if (isTerminal(status)) return new AlreadyTerminalError("run", id, status, failureKind);
  if (!isSameHolder) await assertOwnAttempt(ctx, locked.run);
  if (!isSameHolder) await assertAcceptsRuns(ctx, input.runnerId);
  const run = isSameHolder ? await restoreHeldLease(ctx, locked.run) : await markClaimed(ctx, locked, input.runnerId);
  if (locked.task) await markTaskRunning(ctx, locked.task, run);
  const leaseExpiresAt = await writeLease(ctx, run, { runnerId: input.runnerId, nonce, leaseMs });
  await assertOwnRunner(ctx, input.runnerId);
  await upsertRunner(ctx, {
    id: input.runnerId,
    runId: run.id,
    backendProfile: run.backendProfile,
    leaseEpoch: run.leaseEpoch,
    leaseMs,
    protocolVersion: input.protocolVersion ?? (ctx.actor.kind === "launch" ? RUNNER_PROTOCOL_UNNAMED : null),
  });
  await audit(ctx, {
    action: "runs.claim",
    targetKind: "run",
    targetId: run.id,
    tenantId: run.tenantId,
    details: { runnerId: input.runnerId, leaseEpoch: run.leaseEpoch },
  });
  const { runnerToken, modelToken } = await mintRunnerTokens(ctx, {
    runId: run.id,
    leaseEpoch: run.leaseEpoch,
    tenantId: run.tenantId,
    profile: run.backendProfile,
  });
  return {
    ...toRun(run, leaseExpiresAt),
    ...(ctx.actor.kind === "runner" ? {} : { runnerToken }),
    assignment: await assignmentOf(ctx, { ...locked, run }, { modelToken, leaseMs }),
  };
}

function assertClaimable({ run, session }: LockedRun): void {
  if (isTerminal(run.status)) throw new AlreadyTerminalError("run", run.id, run.status, run.failureKind);
  if (session && (session.storageKind === "evicted" || session.storageState === "deleting")) {
    throw new StoreEvictedError(session.sessionId, session.archiveManifestId !== null);
  }
}

/** Returns true when the caller is the holder already; throws when somebody else is. */
async function ensureLeaseFree(
  ctx: TxContext,
  locked: LockedRun,
  caller: { runnerId: string; nonce: string },
): Promise<boolean> {
  const { run } = locked;
  if (run.status === "claimed") {
    const held = await lockLease(ctx.db, run.id);
    if (run.leaseState === "fencing") {
      throw new LeaseHeldError(run.id, "lease-fencing", `run ${run.id}: its last attempt is being ended; try again`);
    }
    if (held && isHolder(held.lease, caller)) return true;
    const isExpired = held?.isExpired ?? true;
    // Where an executor starts the runners, it first ends the old attempt: time alone hands nothing over.
    if (!isExpired || ctx.settings.executor !== "none") {
      throw new LeaseHeldError(run.id, "lease-held", `run ${run.id} is leased to ${run.claimedBy ?? "another runner"}`);
    }
    locked.run = await loseAttempt(ctx, locked, { why: "its lease ran out", isOrderly: false, keepsOpen: true });
    if (isTerminal(locked.run.status)) return false;
  }
  await freeSession(ctx, locked);
  return false;
}

/** A lease of v0.1 has no nonce: there the runner's id serves as the nonce, as for a caller that sends none. */
function isHolder(lease: LeaseRow, caller: { runnerId: string; nonce: string }): boolean {
  return lease.runnerId === caller.runnerId && (lease.nonce ?? lease.runnerId) === caller.nonce;
}

/**
 * Makes sure that no other run of the session is leased. Without an executor, a run whose lease ran out is taken from
 * its runner, since nobody else would end it.
 */
async function freeSession(ctx: TxContext, { run, session }: LockedRun): Promise<void> {
  if (!session) return;
  const [other] = await ctx.db
    .select()
    .from(runs)
    .where(and(eq(runs.sessionId, session.sessionId), eq(runs.status, "claimed"), ne(runs.id, run.id)))
    .for("no key update");
  if (!other) return;
  const held = await lockLease(ctx.db, other.id);
  if (ctx.settings.executor !== "none" || held?.isExpired === false) {
    throw new LeaseHeldError(
      run.id,
      "session-busy",
      `session ${session.sessionId} is busy with run ${other.id}: wait for its end, or cancel it`,
    );
  }
  await loseAttempt(ctx, { run: other, session }, { why: "its lease ran out", isOrderly: false, keepsOpen: true });
}

/** A launch token belongs to one attempt: the token of an older attempt must not take the run from a newer one. */
async function assertOwnAttempt(ctx: TxContext, run: RunRow): Promise<void> {
  if (ctx.actor.kind !== "launch") return;
  const [job] = await ctx.db
    .select({ id: runnerJobs.id })
    .from(runnerJobs)
    .where(
      and(
        eq(runnerJobs.runId, run.id),
        eq(runnerJobs.attemptId, ctx.actor.attemptId),
        inArray(runnerJobs.state, ["launching", "running"]),
      ),
    );
  if (!job) throw new LeaseLostError(run.id);
}

/** The holder claims again: a lease that was noted as expired is held again. */
async function restoreHeldLease(ctx: TxContext, run: RunRow): Promise<RunRow> {
  if (run.leaseState === "held") return run;
  const [updated] = await ctx.db.update(runs).set({ leaseState: "held" }).where(eq(runs.id, run.id)).returning();
  ctx.wake("runs");
  return updated ?? run;
}

async function markClaimed(ctx: TxContext, { run, session }: LockedRun, runnerId: string): Promise<RunRow> {
  const [claimed] = await ctx.db
    .update(runs)
    .set({
      status: "claimed",
      claimedBy: runnerId,
      leaseEpoch: run.leaseEpoch + 1,
      leaseState: "held",
      attemptCount: run.attemptCount + 1,
      nextAttemptAt: null,
      startedAt: sql`coalesce(${runs.startedAt}, clock_timestamp())`,
    })
    .where(eq(runs.id, run.id))
    .returning();
  if (!claimed) throw new Error(`run ${run.id} vanished under its lock`);
  await endLostRunner(ctx.db, run);
  await appendServerEvents(ctx, claimed, [statusEvent("run-claimed", { runnerId })]);
  if (session) {
    await ctx.db
      .update(sessions)
      .set({ lastRunId: run.id, activeRunId: run.id })
      .where(eq(sessions.sessionId, session.sessionId));
    ctx.wake("sessions");
    // The runner's pod has bound the PVC, or is about to.
    if (session.storagePvcPhase !== null && session.storagePvcPhase !== "Bound") ctx.wake("volumes");
  }
  ctx.wake("runs");
  return claimed;
}

/** Uses the database's clock, the only one that all share, and reads it here, after the run was locked. */
async function writeLease(
  ctx: TxContext,
  run: RunRow,
  lease: { runnerId: string; nonce: string; leaseMs: number },
): Promise<Date> {
  const values = {
    runnerId: lease.runnerId,
    nonce: lease.nonce,
    leaseMs: lease.leaseMs,
    leaseEpoch: run.leaseEpoch,
    leaseExpiresAt: sql`clock_timestamp() + ${lease.leaseMs} * interval '1 millisecond'`,
    updatedAt: sql`clock_timestamp()`,
  };
  const [written] = await ctx.db
    .insert(leases)
    .values({ runId: run.id, ...values })
    .onConflictDoUpdate({ target: leases.runId, set: values })
    .returning({ leaseExpiresAt: leases.leaseExpiresAt });
  if (!written) throw new Error(`the lease of run ${run.id} was not written`);
  return written.leaseExpiresAt;
}
