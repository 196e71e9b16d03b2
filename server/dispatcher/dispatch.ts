import { readUpkeep } from "@/db/queries/queue/dispatch";
import { inTx, type ServiceContext } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import { dispatchBatch } from "./batch";
import { expireWaiting } from "./expire";
import type { Capacity } from "./limits";
import { makeVolumes } from "./make-volumes";
import { failUndispatchable } from "./refuse-unfit";
import { releaseWaiting } from "./release";
import { settleDependencies } from "./settle-dependencies";

/** Tasks dispatched by one transaction: the more there are, the longer it holds up others. */
export const DISPATCH_BATCH = 20;
/** Batches in one pass. What is left waits for the next pass, so that every pass ends. */
const BATCHES_MAX = 200;

export type DispatchOptions = Capacity & { batch?: number };

/**
 * `dueInMs`: milliseconds until a rate lets a lane start that nothing else holds up; null: no lane waits for a rate
 * alone.
 */
export type Pass = { dispatched: number; dueInMs: number | null };

/** Runs one pass of the dispatcher and returns how many tasks it dispatched. */
export async function dispatchTasks(ctx: ServiceContext, options: DispatchOptions): Promise<number> {
  return (await dispatchPass(ctx, options)).dispatched;
}

/**
 * Runs one pass of the dispatcher: turns waiting tasks into runs until no task may start. Any number of workers may
 * call it at once. Each batch is one transaction, and batches follow one another.
 */
export async function dispatchPass(ctx: ServiceContext, options: DispatchOptions): Promise<Pass> {
  const upkeep = await readUpkeep(ctx.db);
  if (upkeep.hasExpired && (await expireWaiting(ctx))) ctx.wake("queue");
  if (upkeep.hasDoubts || upkeep.hasExpired) await settleSafely(ctx);
  await releaseWaiting(ctx, options, upkeep);
  let max = options.batch ?? DISPATCH_BATCH;
  let dispatched = 0;
  let dueAt: number | null = null;
  const volumes: Promise<void>[] = [];
  /** Tasks that the database had no time for even alone, or that nothing can be done with: the next pass tries again. */
  const skipped = new Set<string>();
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const chosenIds: string[] = [];
    const attempt = { max, chosenIds, skipped };
    const batch = await inTx(ctx, (ctx) => dispatchBatch(ctx, options, attempt)).catch((error: unknown) =>
      followFailure(ctx, error, attempt),
    );
    if (batch === null) {
      // A task that breaks its batch must not hold up everybody's tasks: dispatching one at a time finds it.
      max = 1;
      continue;
    }
    dispatched += batch.started;
    dueAt = batch.freesInMs === null ? null : performance.now() + batch.freesInMs;
    volumes.push(makeVolumes(ctx, batch.newSessions));
    if (batch.chosen < max && batch.blocked === 0) break;
  }
  await Promise.all(volumes);
  return { dispatched, dueInMs: dueAt === null ? null : Math.max(0, dueAt - performance.now()) };
}

/**
 * Does what follows a batch that failed. If the batch was a single task, that task is refused, or skipped in this pass
 * where the database only had no time for it or nothing can be done with it. Rethrows an error that none of the chosen
 * tasks can have caused.
 */
async function followFailure(
  ctx: ServiceContext,
  error: unknown,
  { max, chosenIds, skipped }: { max: number; chosenIds: string[]; skipped: Set<string> },
): Promise<null> {
  const { reason } = toAgentRunError(error);
  if (reason === "database-down" || chosenIds.length === 0) throw error;
  const isSingle = max === 1;
  const isBusy = reason === "database-busy";
  if (!isSingle || isBusy)
    ctx.log.warn({ err: error, taskIds: chosenIds }, "batch dispatch failed: dispatching its tasks one at a time");
  if (isSingle && isBusy) for (const taskId of chosenIds) skipped.add(taskId);
  else if (isSingle) for (const taskId of await failUndispatchable(ctx, chosenIds, error)) skipped.add(taskId);
  return null;
}

/**
 * Judges dependent tasks. What is left is judged by the next pass, which begins at once. A dependency that cannot be
 * judged does not delay tasks that have no dependencies.
 */
async function settleSafely(ctx: ServiceContext): Promise<void> {
  try {
    if (await settleDependencies(ctx)) ctx.wake("queue");
  } catch (error) {
    ctx.log.error({ err: error }, "could not evaluate dependents of ended tasks: the next pass retries");
  }
}
