import { isRefusal, isRetryable } from "@/db/errors";
import { inTx, isTxContext, type ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { addTasks, type TaskAsk, type TaskOutcome } from "./add-tasks";
import { findBusy, hasDependencies, UnaddedDependency } from "./dependencies";

/**
 * The maximum of tries for one call. Each leaves out what earlier tries found refused; for a group, also tasks that
 * wait for a locked one.
 */
const TRIES_MAX = 5;

/** `tries`: how many are left; `answer`: reports outcomes of a part that commits before the others. */
type CommitOptions = { tries?: number; answer?: (ask: TaskAsk, outcome: TaskOutcome) => void };

/**
 * Adds tasks in one commit and returns after it. A task that the database refuses fails alone: halves are tried
 * separately, down to the single task. In a group of several callers' tasks, those that depend on nothing locked go
 * first.
 */
export async function commitTasks(
  ctx: ServiceContext,
  asks: TaskAsk[],
  options: CommitOptions = {},
): Promise<TaskOutcome[]> {
  if (asks.length === 0) return [];
  // An error ends the caller's transaction, so nothing can be tried again in it.
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

/**
 * Whether these are tasks of several callers, some with dependencies: no task may wait for a lock that only another
 * task needs.
 */
function isGroup(asks: TaskAsk[]): boolean {
  return asks.length > 1 && asks.some(hasDependencies) && asks.every(({ batch }) => batch === null);
}

/** Commits first the tasks whose dependencies nobody has locked, then the others. */
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

/** The one statement is its own transaction. After a lock time-out or the like it is retried as any transaction is. */
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
 * Adds tasks of which some come after others of the same call. Where some of those others were refused, it tries again
 * without them. All refused tasks are left out at once, so a second try is the last unless queues or keys change
 * meanwhile.
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
