import { isRefusal, isRetryable } from "@/db/errors";
import { inTx, isTxContext, type ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { addTasks, type TaskOutcome, type TaskRequest } from "./add-tasks";
import { findBusy, hasDependencies, RefusedDependency } from "./dependencies";
import { hasImages } from "./images";

/**
 * The maximum of tries for one call. Each leaves out what earlier tries found refused; for a group, also tasks that
 * wait for a locked one.
 */
const TRIES_MAX = 5;

/** `tries`: how many are left; `answer`: reports outcomes of a part that commits before the others. */
type CommitOptions = { tries?: number; answer?: (request: TaskRequest, outcome: TaskOutcome) => void };

/**
 * Adds tasks in one commit and returns after it. A task that the database refuses fails alone: halves are tried
 * separately, down to the single task. In a group of several callers' tasks, those that depend on nothing locked go
 * first.
 */
export async function commitTasks(
  ctx: ServiceContext,
  requests: TaskRequest[],
  options: CommitOptions = {},
): Promise<TaskOutcome[]> {
  if (requests.length === 0) return [];
  // An error ends the caller's transaction, so nothing can be tried again in it.
  if (isTxContext(ctx)) return addTasks(ctx, requests);
  try {
    return await addWithRetries(ctx, requests);
  } catch (error) {
    const { tries = TRIES_MAX } = options;
    if (isMixedGroup(requests) && isRetryable(error) && tries > 1)
      return commitUnlockedFirst(ctx, requests, { ...options, tries: tries - 1 });
    if (requests.length === 1 || !isRefusal(error)) return requests.map(() => ({ error }));
    const middle = Math.ceil(requests.length / 2);
    const first = await commitTasks(ctx, requests.slice(0, middle), options);
    return [...first, ...(await commitTasks(ctx, requests.slice(middle), options))];
  }
}

/**
 * Whether these are tasks of several callers, some with dependencies: no task may wait for a lock that only another
 * task needs.
 */
function isMixedGroup(requests: TaskRequest[]): boolean {
  return requests.length > 1 && requests.some(hasDependencies) && requests.every(({ batch }) => batch === null);
}

/** Commits first the tasks whose dependencies nobody has locked, then the others. */
async function commitUnlockedFirst(
  ctx: ServiceContext,
  requests: TaskRequest[],
  options: CommitOptions,
): Promise<TaskOutcome[]> {
  let busy: Set<TaskRequest>;
  try {
    busy = await findBusy(ctx, requests);
  } catch (error) {
    return requests.map(() => ({ error }));
  }
  const outcomes = new Map<TaskRequest, TaskOutcome>();
  for (const part of [
    requests.filter((request) => !busy.has(request)),
    requests.filter((request) => busy.has(request)),
  ]) {
    const committed = await commitTasks(ctx, part, options);
    for (const [index, request] of part.entries()) {
      const outcome = committed[index] ?? { error: new Error("a task was not judged") };
      outcomes.set(request, outcome);
      options.answer?.(request, outcome);
    }
  }
  return requests.map((request) => outcomes.get(request) ?? { error: new Error("a task was not judged") });
}

/** The one statement is its own transaction. After a lock time-out or the like it is retried as any transaction is. */
async function addWithRetries(ctx: ServiceContext, requests: TaskRequest[]): Promise<TaskOutcome[]> {
  if (requests.some((request) => hasDependencies(request) || hasImages(request))) return addDependents(ctx, requests);
  try {
    return await addTasks(ctx, requests);
  } catch (error) {
    if (!isRetryable(error)) throw error;
    return inTx(ctx, (ctx) => addTasks(ctx, requests));
  }
}

/**
 * Adds tasks of which some come after others of the same call, or show images. Where some of those others were refused, it tries again
 * without them. All refused tasks are left out at once, so a second try is the last unless queues or keys change
 * meanwhile.
 */
async function addDependents(ctx: ServiceContext, requests: TaskRequest[]): Promise<TaskOutcome[]> {
  const options = isMixedGroup(requests) ? { attempts: 1 } : {};
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    try {
      return await inTx(ctx, (ctx) => addTasks(ctx, requests), options);
    } catch (error) {
      if (!(error instanceof RefusedDependency)) throw error;
      for (const [request, refusal] of error.refused) request.refusal = refusal;
    }
  }
  throw new UnavailableError(
    "database-busy",
    "queues or keys were changed again and again while these tasks were added, and nothing is stored: try again",
  );
}
