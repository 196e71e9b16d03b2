import {
  type DependencyRecheck,
  keepDoubts,
  lockHeld,
  readDependents,
  settleHeld,
  takeDoubts,
} from "@/db/queries/settle-dependencies";
import { auditAll } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

/**
 * Doubts that one transaction judges by, tasks that it judges, and the least number of dependents that it reads for
 * each ended task.
 */
const DOUBTS_MAX = 100;
const JUDGED_MAX = 500;
const EACH_MIN = 5;
/** Transactions in one call: other tasks are dispatched in between, however much there is to judge. */
const STEPS_MAX = 4;

/**
 * Releases the tasks that waited for tasks that have ended, and fails those that must fail with them, in a few steps.
 * Returns whether there may be more to judge, apart from rows that somebody is changing. Any number of workers may call
 * it at once. A crash between two steps loses nothing: a doubt is removed by the transaction that judges it.
 */
export async function settleDependencies(ctx: ServiceContext): Promise<boolean> {
  for (let steps = 0; steps < STEPS_MAX; steps += 1) if (!(await inTx(ctx, settleSome))) return false;
  return true;
}

/** Judges one batch; returns whether there may be more to judge now. */
async function settleSome(ctx: TxContext): Promise<boolean> {
  const doubts = await takeDoubts(ctx.db, DOUBTS_MAX);
  if (doubts.length === 0) return false;
  const { taskIds, isCutShort } = await takeDependents(ctx, doubts);
  if (taskIds.length === 0) return true;
  const { locked, missed } = await lockHeld(ctx.db, taskIds);
  if (locked.length > 0) await settle(ctx, locked);
  // The tasks that were missed are noted again. Where nothing else is left, somebody holds them.
  return isCutShort || locked.length > 0 || missed < doubts.length;
}

/** Returns the tasks to be judged, each once, and whether an ended task has more dependents than were read. */
async function takeDependents(
  ctx: TxContext,
  doubts: DependencyRecheck[],
): Promise<{ taskIds: string[]; isCutShort: boolean }> {
  const ended = doubts.filter(({ endedId }) => endedId !== null);
  const each = Math.max(EACH_MIN, Math.floor(JUDGED_MAX / Math.max(1, ended.length)));
  const dependents = ended.length === 0 ? [] : await readDependents(ctx.db, ended, each);
  const found = new Map<string, string[]>();
  for (const { endId, taskId } of dependents) found.set(endId, [...(found.get(endId) ?? []), taskId]);
  const unfinished = [...found].flatMap(([id, taskIds]) => {
    const judgedTo = taskIds.at(-1);
    return taskIds.length < each || judgedTo === undefined ? [] : [{ id, judgedTo }];
  });
  await keepDoubts(ctx.db, doubts, unfinished);
  const alone = doubts.flatMap(({ taskId }) => taskId ?? []);
  const taskIds = [...new Set([...alone, ...dependents.map(({ taskId }) => taskId)])];
  return { taskIds, isCutShort: unfinished.length > 0 };
}

async function settle(ctx: TxContext, taskIds: string[]): Promise<void> {
  const settled = await settleHeld(ctx.db, taskIds);
  if (settled.length === 0) return;
  await auditAll(
    ctx,
    settled
      .filter(({ state }) => state === "failed")
      .map(({ id, tenantId, failureMessage }) => ({
        ...{ action: "queue.failDependent", targetKind: "task" as const, targetId: id, tenantId },
        details: { message: failureMessage },
      })),
  );
  ctx.wake("queue");
}
