import { readUpkeep } from "@/db/queries/queue-dispatch";
import { inTx, type ServiceContext } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import { type Batch, dispatchBatch } from "./batch";
import { expireWaiting } from "./expire";
import type { Capacity } from "./facts";
import { makeVolumes } from "./make-volumes";
import { refuseUnfit } from "./refuse-unfit";
import { releaseWaiting } from "./release";
import { settleDependencies } from "./settle-dependencies";

/** Tasks that one transaction dispatches; the more, the longer it holds the others up. */
export const DISPATCH_BATCH = 20;
/** Batches of one pass; what is left then waits for the next, so that a pass ends. */
const BATCHES_MAX = 200;

export type DispatchOptions = Capacity & { batch?: number };

/** `dueInMs`: until a rate lets something start that waits for nothing else, in milliseconds; null: nothing waits so. */
export type Pass = { dispatched: number; dueInMs: number | null };

/** A pass of the dispatcher that answers how many were dispatched. */
export async function dispatchTasks(ctx: ServiceContext, options: DispatchOptions): Promise<number> {
  return (await dispatchPass(ctx, options)).dispatched;
}

/**
 * One pass of the dispatcher: turns waiting tasks into runs until none may go. Any number of workers may do so at once;
 * each batch is one transaction, one after another.
 */
export async function dispatchPass(ctx: ServiceContext, options: DispatchOptions): Promise<Pass> {
  const upkeep = await readUpkeep(ctx.db);
  if (upkeep.hasExpired) await expireWaiting(ctx);
  if (upkeep.hasDoubts || upkeep.hasExpired) await settle(ctx);
  await releaseWaiting(ctx, options, upkeep);
  let max = options.batch ?? DISPATCH_BATCH;
  let dispatched = 0;
  let dueAt: number | null = null;
  const volumes: Promise<void>[] = [];
  /** What the database had no time for, alone: the next pass tries it again. */
  const skipped = new Set<string>();
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const taken: string[] = [];
    let batch: Batch;
    try {
      batch = await inTx(ctx, (ctx) => dispatchBatch(ctx, options, { max, taken, skipped }));
    } catch (error) {
      // A task that breaks its batch must not hold up those of everybody: it is found by going one at a time.
      const { reason } = toAgentRunError(error);
      if (reason === "database-down" || taken.length === 0) throw error;
      if (max > 1 || reason === "database-busy")
        ctx.log.warn({ err: error, taskIds: taken }, "what was chosen was not dispatched: its tasks go one at a time");
      if (max === 1 && reason === "database-busy") for (const taskId of taken) skipped.add(taskId);
      else if (max === 1) await refuseUnfit(ctx, taken, error);
      max = 1;
      continue;
    }
    dispatched += batch.started;
    dueAt = batch.freesInMs === null ? null : performance.now() + batch.freesInMs;
    volumes.push(makeVolumes(ctx, batch.made));
    if (batch.chosen < max && batch.blocked === 0) break;
  }
  await Promise.all(volumes);
  return { dispatched, dueInMs: dueAt === null ? null : Math.max(0, dueAt - performance.now()) };
}

/** What is left is for the next pass, which begins at once; what cannot be judged holds up none that wait for no other. */
async function settle(ctx: ServiceContext): Promise<void> {
  try {
    if (await settleDependencies(ctx)) ctx.wake("queue");
  } catch (error) {
    ctx.log.error(
      { err: error },
      "what comes after tasks that have ended was not judged: the next pass tries it again",
    );
  }
}
