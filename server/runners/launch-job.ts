import { and, asc, eq, inArray } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import { isTerminal } from "@/contract/run";
import type { LaunchRunnerJobInput, RunnerJob } from "@/contract/runner";
import { lockRun } from "@/db/queries/lock";
import { findSessionHolder } from "@/db/queries/session-holder";
import { type CommandRow, commands, type RunnerJobRow, type RunRow, runnerJobs, type SessionRow } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import {
  AlreadyTerminalError,
  ConflictError,
  IdempotencyConflictError,
  LeaseHeldError,
  NotFoundError,
  StoreEvictedError,
} from "@/server/errors";
import { toJobName } from "@/server/executors/executor";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { toRunnerJob } from "./runner-job";

/**
 * Orders a runner for a run; the worker starts it. The same key with the same content returns the first job. A run
 * whose session is evicted is refused before any other check.
 */
export function launchRunnerJob(ctx: ServiceContext, input: LaunchRunnerJobInput): Promise<RunnerJob> {
  return inTx(ctx, async (ctx) => {
    const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", input.runId);
    assertStored(locked.session);
    const existing = await findByKey(ctx, input);
    if (existing) return toRunnerJob(existing);
    const { run } = locked;
    if (isTerminal(run.status)) throw new AlreadyTerminalError("run", run.id, run.status, run.failureKind);
    const command = await commandToRun(ctx, input);
    const live = await adoptLive(ctx, run, { command, input });
    if (live !== null) return toRunnerJob(live);
    await assertSessionFree(ctx, run);
    const job = await insertJob(ctx, { run, command, input });
    await auditLaunch(ctx, run, job);
    ctx.wake("runs");
    return toRunnerJob(job);
  });
}

function auditLaunch(ctx: TxContext, run: RunRow, job: RunnerJobRow): Promise<void> {
  return audit(ctx, {
    action: "runnerJobs.launch",
    targetKind: "runner-job",
    targetId: job.id,
    tenantId: run.tenantId,
    details: { runId: run.id },
  });
}

function assertStored(session: SessionRow | null): void {
  if (session && (session.storageKind === "evicted" || session.storageState === "deleting")) {
    throw new StoreEvictedError(session.sessionId, session.archiveManifestId !== null);
  }
}

async function findByKey(ctx: TxContext, input: LaunchRunnerJobInput): Promise<RunnerJobRow | null> {
  if (input.idempotencyKey === undefined) return null;
  const [existing] = await ctx.db
    .select()
    .from(runnerJobs)
    .where(and(eq(runnerJobs.runId, input.runId), eq(runnerJobs.idempotencyKey, input.idempotencyKey)));
  if (!existing) return null;
  if (input.commandId !== undefined && input.commandId !== existing.commandId)
    throw new IdempotencyConflictError(input.idempotencyKey);
  return existing;
}

/** Returns the command that the input names, or else the oldest that is open. */
async function commandToRun(ctx: TxContext, input: LaunchRunnerJobInput): Promise<CommandRow> {
  if (input.commandId !== undefined) {
    const [named] = await ctx.db
      .select()
      .from(commands)
      .where(and(eq(commands.id, input.commandId), eq(commands.runId, input.runId)));
    if (!named) throw new NotFoundError("command", input.commandId);
    if (isTerminal(named.state)) throw new AlreadyTerminalError("command", named.id, named.state, named.failureKind);
    return named;
  }
  const [oldest] = await ctx.db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, input.runId), inArray(commands.state, [...OPEN_COMMAND_STATES])))
    .orderBy(asc(commands.seq))
    .limit(1);
  if (!oldest) throw new ConflictError("no-open-command", `run ${input.runId} has no open command: create one first`);
  return oldest;
}

/**
 * Returns the live job of a run, where an executor starts the runners: a run has one attempt at a time. A job that was
 * launched for the same command without a key, as the launcher does by itself, counts as the one that is asked for, and
 * takes the key. null: no job is live.
 */
async function adoptLive(
  ctx: TxContext,
  run: RunRow,
  { command, input }: { command: CommandRow; input: LaunchRunnerJobInput },
): Promise<RunnerJobRow | null> {
  if (ctx.settings.executor === "none") return null;
  const [live] = await ctx.db
    .select()
    .from(runnerJobs)
    .where(and(eq(runnerJobs.runId, run.id), inArray(runnerJobs.state, ["launching", "running"])));
  if (live === undefined && run.status !== "claimed") return null;
  const isForIt = live !== undefined && live.idempotencyKey === null && live.commandId === command.id;
  if (!isForIt) {
    const jobSuffix = live === undefined ? "" : `: runner job ${live.id}`;
    throw new LeaseHeldError(run.id, "lease-held", `run ${run.id} has a runner already${jobSuffix}`);
  }
  if (input.idempotencyKey === undefined) return live;
  const [named = live] = await ctx.db
    .update(runnerJobs)
    .set({ idempotencyKey: input.idempotencyKey })
    .where(eq(runnerJobs.id, live.id))
    .returning();
  await auditLaunch(ctx, run, named);
  return named;
}

/**
 * Refuses a run while another run of its session holds the lease: a session has one leased run at a time, so a runner
 * started for a second one would find nothing to do. The launcher starts the run when its turn comes.
 */
async function assertSessionFree(ctx: TxContext, run: RunRow): Promise<void> {
  if (ctx.settings.executor === "none") return;
  const holder = await findSessionHolder(ctx.db, run);
  if (holder === null) return;
  throw new LeaseHeldError(
    run.id,
    "session-busy",
    `session ${run.sessionId} is busy with run ${holder}: this run is started by itself after it`,
  );
}

async function insertJob(
  ctx: TxContext,
  { run, command, input }: { run: RunRow; command: CommandRow; input: LaunchRunnerJobInput },
): Promise<RunnerJobRow> {
  const attemptId = newId("attempt");
  const isStartedHere = ctx.settings.executor !== "none";
  const [job] = await ctx.db
    .insert(runnerJobs)
    .values({
      id: newId("runnerJob"),
      runId: run.id,
      commandId: command.id,
      idempotencyKey: input.idempotencyKey ?? null,
      payloadHash: payloadHash({ runId: run.id, commandId: command.id }),
      attemptId,
      runnerId: newId("runner"),
      namespace: ctx.settings.executor === "kubernetes" ? ctx.volumes.namespace : ctx.settings.executor,
      jobName: toJobName(attemptId),
      managerUrl: ctx.settings.runnerUrl,
      image: ctx.settings.executor === "kubernetes" ? ctx.settings.runnerImage : ctx.settings.executor,
      sourceCommit: ctx.settings.sourceCommit,
      result: {},
      state: isStartedHere ? "launching" : "ended",
    })
    .returning();
  if (!job) throw new Error(`a runner job of run ${run.id} was not stored`);
  return job;
}
