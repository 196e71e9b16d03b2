import {
  type DependencyRecheck,
  keepDoubts,
  lockHeld,
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
/** Transactions in one call: other tasks are dispatched in between, however much there is to judge. */
const STEPS_MAX = 4;

/**
 * Releases the tasks that waited for tasks that have ended, and fails those that must fail with them, in a few steps.
 * Returns whether there may be more to judge, apart from rows that somebody is changing. Any number of workers may call
 * it at once. A crash between two steps loses nothing: a doubt is removed by the transaction that judges it.
 */
export async function settleDependencies(ctx: ServiceContext): Promise<boolean> {
  for (let steps = 0; steps < STEPS_MAX; steps += 1) if (!(await inTx(ctx, settleBatch))) return false;
  return true;
}

/** Judges one batch; returns whether there may be more to judge now. */
async function settleBatch(ctx: TxContext): Promise<boolean> {
  const rechecks = await takeDoubts(ctx.db, RECHECKS_MAX);
  if (rechecks.length === 0) return false;
  const { taskIds, isCutShort: hasMore } = await takeDependents(ctx, rechecks);
  if (taskIds.length === 0) return true;
  const { locked, missed } = await lockHeld(ctx.db, taskIds);
  if (locked.length > 0) await settleTasks(ctx, locked);
  // The tasks that were missed are noted again. Where nothing else is left, somebody holds them.
  return hasMore || locked.length > 0 || missed < rechecks.length;
}

/** Returns the tasks to be judged, each once, and whether an ended task has more dependents than were read. */
async function takeDependents(
  ctx: TxContext,
  rechecks: DependencyRecheck[],
): Promise<{ taskIds: string[]; isCutShort: boolean }> {
  const ended = rechecks.filter(({ endedId }) => endedId !== null);
  const perTask = Math.max(DEPENDENTS_EACH_MIN, Math.floor(TASKS_MAX / Math.max(1, ended.length)));
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
