import { isRefusal, isRetryable } from "@/db/errors";
import { inTx, isTxContext, type ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { addTasks, type TaskAsk, type TaskOutcome } from "./add-tasks";
import { findBusy, hasDependencies, UnaddedDependency } from "./dependencies";

/** Tries of one call, each without what the ones before found refused; of a group, without what somebody holds. */
const TRIES_MAX = 5;

/** `tries`: that are left; `answer`: who is told of the outcomes of a part that is committed before the others. */
type CommitOptions = { tries?: number; answer?: (ask: TaskAsk, outcome: TaskOutcome) => void };

/**
 * Adds tasks in one commit, and answers after it. One that the database refuses fails alone: halves are tried on their
 * own, down to the one task. Of a group of callers' tasks, those that come after what nobody holds go first.
 */
export async function commitTasks(
  ctx: ServiceContext,
  asks: TaskAsk[],
  options: CommitOptions = {},
): Promise<TaskOutcome[]> {
  if (asks.length === 0) return [];
  // What joins a caller's transaction ends it where it fails: nothing can be tried again there.
  if (isTxContext(ctx)) return addTasks(ctx, asks);
  try {
    return await addWithRetries(ctx, asks);
  } catch (error) {
    const { tries = TRIES_MAX } = options;
    if (isGroup(asks) && isRetryable(error) && tries > 1)
      return commitApart(ctx, asks, { ...options, tries: tries - 1 });
    if (asks.length === 1 || !isRefusal(error)) return asks.map(() => ({ error }));
    const middle = Math.ceil(asks.length / 2);
    const first = await commitTasks(ctx, asks.slice(0, middle), options);
    return [...first, ...(await commitTasks(ctx, asks.slice(middle), options))];
  }
}

/** Tasks of several callers, some of which come after others: none is to wait for what only another comes after. */
function isGroup(asks: TaskAsk[]): boolean {
  return asks.length > 1 && asks.some(hasDependencies) && asks.every(({ batch }) => batch === null);
}

/** First those that come after nothing that somebody holds, then the others. */
async function commitApart(ctx: ServiceContext, asks: TaskAsk[], options: CommitOptions): Promise<TaskOutcome[]> {
  let busy: Set<TaskAsk>;
  try {
    busy = await findBusy(ctx, asks);
  } catch (error) {
    return asks.map(() => ({ error }));
  }
  const outcomes = new Map<TaskAsk, TaskOutcome>();
  for (const part of [asks.filter((ask) => !busy.has(ask)), asks.filter((ask) => busy.has(ask))]) {
    const done = await commitTasks(ctx, part, options);
    for (const [index, ask] of part.entries()) {
      const outcome = done[index] ?? { error: new Error("a task was not judged") };
      outcomes.set(ask, outcome);
      options.answer?.(ask, outcome);
    }
  }
  return asks.map((ask) => outcomes.get(ask) ?? { error: new Error("a task was not judged") });
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
  const options = isGroup(asks) ? { attempts: 1 } : {};
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      return await inTx(ctx, (ctx) => addTasks(ctx, asks), options);
    } catch (error) {
      if (!(error instanceof UnaddedDependency)) throw error;
      for (const [ask, refusal] of error.refused) ask.refusal = refusal;
    }
  }
  throw new UnavailableError(
    "database-busy",
    "queues or keys were changed again and again while these tasks were added, and nothing is stored: try again",
  );
}
