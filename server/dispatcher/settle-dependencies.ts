import { isDatabaseDown } from "@/db/errors";
import {
  type DependencyRecheck,
  keepDoubts,
  lockHeld,
  putOffDoubt,
  readDependents,
  settleHeld,
  takeDoubts,
} from "@/db/queries/queue/settle-dependencies";
import { auditAll } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

/**
 * Doubts that one transaction judges by, tasks that it judges, and the least number of dependents that it reads for
 * each ended task.
 */
const RECHECKS_MAX = 100;
const TASKS_MAX = 500;
const DEPENDENTS_EACH_MIN = 5;
/** Full transactions in one call: other tasks are dispatched in between, however much there is to judge. */
const STEPS_MAX = 4;
/** How long a call may go on that looks for tasks that cannot be judged, in milliseconds. */
const SEARCH_MS = 5_000;

/** What one transaction took. */
type Taken = { rechecks: DependencyRecheck[]; taskIds: string[] };

/**
 * Releases the tasks that waited for tasks that have ended, and fails those that must fail with them, in a few steps.
 * Returns whether there may be more to judge, apart from rows that somebody is changing. Any number of workers may call
 * it at once. A crash between two steps loses nothing: a doubt is removed by the transaction that judges it. A step
 * that fails is divided until it holds one task; that one is put off, so that it stops no other.
 */
export async function settleDependencies(ctx: ServiceContext): Promise<boolean> {
  const endsAt = performance.now() + SEARCH_MS;
  let max = TASKS_MAX;
  for (let steps = 0; steps < STEPS_MAX; ) {
    const taken: Taken = { rechecks: [], taskIds: [] };
    try {
      if (!(await inTx(ctx, (ctx) => settleBatch(ctx, max, taken)))) return false;
      if (max === TASKS_MAX) steps += 1;
      max = Math.min(TASKS_MAX, max * 2);
    } catch (error) {
      const [recheck] = taken.rechecks;
      if (isDatabaseDown(error) || recheck === undefined) throw error;
      if (max > 1) max = 1;
      else await putOff(ctx, { recheck, taskId: taken.taskIds[0] ?? null, error });
    }
    if (max < TASKS_MAX && performance.now() > endsAt) return true;
  }
  return true;
}

/** Judges one batch of at most `max` tasks; returns whether there may be more to judge now. */
async function settleBatch(ctx: TxContext, max: number, taken: Taken): Promise<boolean> {
  taken.rechecks = await takeDoubts(ctx.db, Math.min(RECHECKS_MAX, max));
  const { rechecks } = taken;
  if (rechecks.length === 0) return false;
  const { taskIds, isCutShort: hasMore } = await takeDependents(ctx, rechecks, max);
  taken.taskIds = taskIds;
  if (taskIds.length === 0) return true;
  const { locked, missed } = await lockHeld(ctx.db, taskIds);
  if (locked.length > 0) await settleTasks(ctx, locked);
  // The tasks that were missed are noted again. Where nothing else is left, somebody holds them.
  return hasMore || locked.length > 0 || missed < rechecks.length;
}

/** Puts off the one task that a doubt led to, so that the others go on. It is tried again later, ever less often. */
async function putOff(
  ctx: ServiceContext,
  { recheck, taskId, error }: { recheck: DependencyRecheck; taskId: string | null; error: unknown },
): Promise<void> {
  // Around the database's own error stands what the statement held, which is no matter for a log.
  const err = error instanceof Error ? (error.cause ?? error) : error;
  ctx.log.error({ err, taskId, endedId: recheck.endedId }, "cannot evaluate a task's dependencies: tried again later");
  await inTx(ctx, (ctx) => putOffDoubt(ctx.db, recheck, taskId));
}

/** Returns the tasks to be judged, each once, and whether an ended task has more dependents than were read. */
async function takeDependents(
  ctx: TxContext,
  rechecks: DependencyRecheck[],
  max: number,
): Promise<{ taskIds: string[]; isCutShort: boolean }> {
  const ended = rechecks.filter(({ endedId }) => endedId !== null);
  const perTask = Math.max(Math.min(DEPENDENTS_EACH_MIN, max), Math.floor(max / Math.max(1, ended.length)));
  const dependents = ended.length === 0 ? [] : await readDependents(ctx.db, ended, perTask);
  const found = new Map<string, string[]>();
  for (const { endId, taskId } of dependents) found.set(endId, [...(found.get(endId) ?? []), taskId]);
  const unfinished = [...found].flatMap(([id, taskIds]) => {
    const judgedTo = taskIds.at(-1);
    return taskIds.length < perTask || judgedTo === undefined ? [] : [{ id, judgedTo }];
  });
  await keepDoubts(ctx.db, rechecks, unfinished);
  const directIds = rechecks.flatMap(({ taskId }) => taskId ?? []);
  const taskIds = [...new Set([...directIds, ...dependents.map(({ taskId }) => taskId)])];
  return { taskIds, isCutShort: unfinished.length > 0 };
}

async function settleTasks(ctx: TxContext, taskIds: string[]): Promise<void> {
  const settled = await settleHeld(ctx.db, taskIds);
  if (settled.length === 0) return;
  await auditAll(
    ctx,
    settled
      .filter(({ state }) => state === "failed")
      .map(({ id, tenantId, failureMessage }) => ({
        action: "queue.failDependent",
        targetKind: "task" as const,
        targetId: id,
        tenantId,
        details: { message: failureMessage },
      })),
  );
  ctx.wake("queue");
}
