import { and, eq, inArray, ne, sql } from "drizzle-orm";
import { type ClaimedRun, type ClaimRunInput, isTerminal } from "@/contract/run";
import { RUNNER_PROTOCOL, RUNNER_PROTOCOL_BEFORE, RUNNER_PROTOCOL_UNNAMED } from "@/contract/runner-protocol";
import { endLostRunner } from "@/db/queries/end-runner";
import { type LockedRun, lockLease, lockRun, type RunWithSession } from "@/db/queries/lock";
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
import { type LostAttempt, loseAttempt } from "./lose-attempt";
import { assertRunVisible, toRun } from "./run";

/** The nonce tells two processes of one runner id apart. */
type Claimer = { runnerId: string; nonce: string };

const LOST_BY_TIME: LostAttempt = { why: "its lease ran out", isOrderly: false, keepsOpen: true };

/**
 * Leases a run to a runner. The process that already holds it (same runner, same nonce) gets its epoch again; another
 * is refused while the lease lives. A new holder gets a higher epoch, which fences out all earlier holders.
 */
export async function claimRun(ctx: ServiceContext, input: ClaimRunInput): Promise<ClaimedRun> {
  assertVersion(ctx, input);
  const claimed = await inTx(ctx, (ctx) => claimLocked(ctx, input));
  // Thrown after the commit, so that the refusal does not undo the run's end with its lost lease.
  if (isAgentRunError(claimed)) throw claimed;
  return claimed;
}

/** Throws RunnerVersionError when the runner speaks a version of the protocol that this server does not. */
function assertVersion(ctx: ServiceContext, input: ClaimRunInput): void {
  const version = protocolVersionOf(ctx, input) ?? RUNNER_PROTOCOL;
  if (version < RUNNER_PROTOCOL_BEFORE || version > RUNNER_PROTOCOL) throw new RunnerVersionError(version);
}

/**
 * Returns the version of the protocol that a runner speaks. A launched runner that names none is of a release that
 * named none. null: somebody else claims by the API and names none; this caller is taken to speak the current version.
 */
function protocolVersionOf(ctx: ServiceContext, { protocolVersion }: ClaimRunInput): number | null {
  return protocolVersion ?? (ctx.actor.kind === "launch" ? RUNNER_PROTOCOL_UNNAMED : null);
}

async function claimLocked(ctx: TxContext, input: ClaimRunInput): Promise<ClaimedRun | AgentRunError> {
  assertRunVisible(ctx, input.runId);
  const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
  if (!locked) throw new NotFoundError("run", input.runId);
  assertClaimable(locked);
  const { session, task } = locked;
  const leaseMs = input.leaseMs ?? ctx.settings.leaseMs;
  const claimer: Claimer = { runnerId: input.runnerId, nonce: input.nonce ?? input.runnerId };
  const { run: freeRun, isSameHolder } = await freeLease(ctx, locked, claimer);
  if (isTerminal(freeRun.status))
    return new AlreadyTerminalError("run", freeRun.id, freeRun.status, freeRun.failureKind);
  const run = isSameHolder
    ? await restoreHeldLease(ctx, freeRun)
    : await takeRun(ctx, { run: freeRun, session }, claimer.runnerId);
  if (task) await markTaskRunning(ctx, task, run);
  const leaseExpiresAt = await writeLease(ctx, run, { ...claimer, leaseMs });
  await recordRunner(ctx, run, { ...input, leaseMs });
  const { runnerToken, modelToken } = await mintRunnerTokens(ctx, {
    runId: run.id,
    leaseEpoch: run.leaseEpoch,
    tenantId: run.tenantId,
    profile: run.backendProfile,
  });
  return {
    ...toRun(run, leaseExpiresAt),
    ...(ctx.actor.kind === "runner" ? {} : { runnerToken }),
    assignment: await assignmentOf(ctx, { run, session }, { modelToken, leaseMs }),
  };
}

/** Notes the runner that now holds the run, and audits the claim. */
async function recordRunner(ctx: TxContext, run: RunRow, input: ClaimRunInput & { leaseMs: number }): Promise<void> {
  const { runnerId, leaseMs } = input;
  await assertOwnRunner(ctx, runnerId);
  await upsertRunner(ctx, {
    id: runnerId,
    runId: run.id,
    backendProfile: run.backendProfile,
    leaseEpoch: run.leaseEpoch,
    leaseMs,
    protocolVersion: protocolVersionOf(ctx, input),
  });
  await audit(ctx, {
    action: "runs.claim",
    targetKind: "run",
    targetId: run.id,
    tenantId: run.tenantId,
    details: { runnerId, leaseEpoch: run.leaseEpoch },
  });
}

function assertClaimable({ run, session }: LockedRun): void {
  if (isTerminal(run.status)) throw new AlreadyTerminalError("run", run.id, run.status, run.failureKind);
  if (session && (session.storageKind === "evicted" || session.storageState === "deleting")) {
    throw new StoreEvictedError(session.sessionId, session.archiveManifestId !== null);
  }
}

/**
 * Makes sure that nobody but the caller holds the run, or another run of its session. Throws LeaseHeldError when
 * somebody does. Without an executor an expired lease is taken from its holder. Returns the run as it is after that,
 * possibly ended.
 */
async function freeLease(
  ctx: TxContext,
  { run, session, task }: LockedRun,
  claimer: Claimer,
): Promise<{ run: RunRow; isSameHolder: boolean }> {
  if (run.status !== "claimed") {
    await freeSession(ctx, { run, session });
    return { run, isSameHolder: false };
  }
  const held = await lockLease(ctx.db, run.id);
  if (run.leaseState === "fencing")
    throw new LeaseHeldError(run.id, "lease-fencing", `run ${run.id}: its last attempt is being ended; try again`);
  if (held && isHolder(held.lease, claimer)) return { run, isSameHolder: true };
  const isExpired = held?.isExpired ?? true;
  // Where an executor starts the runners, it first ends the old attempt: time alone hands nothing over.
  if (!isExpired || ctx.settings.executor !== "none") {
    const holder = run.claimedBy ?? "another runner";
    throw new LeaseHeldError(
      run.id,
      "lease-held",
      `run ${run.id} is leased to ${holder}: wait for its end, or cancel the run`,
    );
  }
  const freed = await loseAttempt(ctx, { run, session, task }, LOST_BY_TIME);
  if (!isTerminal(freed.status)) await freeSession(ctx, { run: freed, session });
  return { run: freed, isSameHolder: false };
}

/** A lease of v0.1 has no nonce: there the runner's id serves as the nonce, as for a caller that sends none. */
function isHolder(lease: LeaseRow, { runnerId, nonce }: Claimer): boolean {
  return lease.runnerId === runnerId && (lease.nonce ?? lease.runnerId) === nonce;
}

/**
 * Makes sure that no other run of the session is leased. Without an executor, a run whose lease ran out is taken from
 * its runner, since nobody else would end it.
 */
async function freeSession(ctx: TxContext, { run, session }: RunWithSession): Promise<void> {
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
  await loseAttempt(ctx, { run: other, session }, LOST_BY_TIME);
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

/** Gives the run to a new holder: the epoch rises, which fences out all earlier ones. */
async function takeRun(ctx: TxContext, { run, session }: RunWithSession, runnerId: string): Promise<RunRow> {
  await assertOwnAttempt(ctx, run);
  await assertAcceptsRuns(ctx, runnerId);
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
async function writeLease(ctx: TxContext, run: RunRow, lease: Claimer & { leaseMs: number }): Promise<Date> {
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
