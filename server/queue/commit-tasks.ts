import { isRefusal, isRetryable } from "@/db/errors";
import { inTx, isTxContext, type ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { addTasks, type TaskAsk, type TaskOutcome } from "./add-tasks";
import { hasDependencies, UnaddedDependency } from "./dependencies";

/** Tries of one call, each without what the ones before found refused. */
const TRIES_MAX = 5;

/**
 * Adds tasks in one commit, and answers after it. One that the database refuses fails alone: halves are tried on their
 * own, down to the one task.
 */
export async function commitTasks(ctx: ServiceContext, asks: TaskAsk[]): Promise<TaskOutcome[]> {
  if (asks.length === 0) return [];
  // What joins a caller's transaction ends it where it fails: nothing can be tried again there.
  if (isTxContext(ctx)) return addTasks(ctx, asks);
  try {
    return await addWithRetries(ctx, asks);
  } catch (error) {
    if (asks.length === 1 || !isRefusal(error)) return asks.map(() => ({ error }));
    const middle = Math.ceil(asks.length / 2);
    const first = await commitTasks(ctx, asks.slice(0, middle));
    return [...first, ...(await commitTasks(ctx, asks.slice(middle)))];
  }
}

/** The one statement is its own transaction; what was locked by others is tried again as any transaction is. */
async function addWithRetries(ctx: ServiceContext, asks: TaskAsk[]): Promise<TaskOutcome[]> {
  if (asks.some(hasDependencies)) return addDependents(ctx, asks);
  try {
    return await addTasks(ctx, asks);
  } catch (error) {
    if (!isRetryable(error)) throw error;
    return inTx(ctx, (ctx) => addTasks(ctx, asks));
  }
}

/**
 * Where tasks were not added which others of them were to come after, again without those: all that were refused are left
 * out at once, so that a second try is the last but where others change queues and keys meanwhile.
 */
async function addDependents(ctx: ServiceContext, asks: TaskAsk[]): Promise<TaskOutcome[]> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      return await inTx(ctx, (ctx) => addTasks(ctx, asks));
    } catch (error) {
      if (!(error instanceof UnaddedDependency)) throw error;
      for (const [ask, refusal] of error.refused) ask.refusal = refusal;
    }
  }
  throw new UnavailableError(
    "executor-unavailable",
    "queues or keys were changed again and again while these tasks were added, and nothing is stored: try again",
  );
}
