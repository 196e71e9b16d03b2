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
import { runSteps } from "./steps";

/**
 * Doubts that one transaction judges by, tasks that it judges, and the least number of dependents that it reads for
 * each ended task.
 */
const RECHECKS_MAX = 100;
const TASKS_MAX = 500;
const DEPENDENTS_EACH_MIN = 5;

/** What one transaction took. */
type Taken = { rechecks: DependencyRecheck[]; taskIds: string[] };

/**
 * Releases the tasks that waited for tasks that have ended, and fails those that must fail with them, in a few steps.
 * Returns whether there may be more to judge, apart from rows that somebody is changing. Any number of workers may call
 * it at once. A crash between two steps loses nothing: a doubt is removed by the transaction that judges it. A task
 * that cannot be judged is put off, so that it stops no other.
 */
export function settleDependencies(ctx: ServiceContext): Promise<boolean> {
  let taken: Taken = { rechecks: [], taskIds: [] };
  return runSteps({
    max: TASKS_MAX,
    step(max) {
      taken = { rechecks: [], taskIds: [] };
      return inTx(ctx, (ctx) => settleBatch(ctx, max, taken));
    },
    setAside: (error) => putOff(ctx, taken, error),
  });
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

/** Puts off the one task that was taken, so that the others go on. It is tried again later, ever less often. */
async function putOff(ctx: ServiceContext, { rechecks, taskIds }: Taken, error: unknown): Promise<void> {
  const [recheck] = rechecks;
  if (recheck === undefined) throw error;
  const taskId = taskIds[0] ?? null;
  ctx.log.error({ err: error, taskId, endedId: recheck.endedId }, "cannot judge a task's dependencies: tried later");
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
