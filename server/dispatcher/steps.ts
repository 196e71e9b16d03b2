import type { Tx } from "@/db/client";
import { isDatabaseDown } from "@/db/errors";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";

/** Full steps in one call: other work is done in between, however much there is to do. */
const STEPS_MAX = 4;
/** How long a call may go on that looks for what makes its steps fail, in milliseconds. */
const SEARCH_MS = 5_000;

export type Steps = {
  /** How many things a full step takes. */
  max: number;
  /** Does one step of at most `max` things in a transaction; returns whether there may be more to do now. */
  step(max: number): Promise<boolean>;
  /** Puts the one thing aside that the last step failed at, so that the next steps pass it over; throws where it cannot. */
  setAside(error: unknown): Promise<void> | void;
};

/**
 * Does some work in a few steps; returns whether there may be more. A step that fails is divided until it holds one
 * thing, and that one is put aside: nothing that fails stops the others for ever.
 */
export async function runSteps({ max: full, step, setAside }: Steps): Promise<boolean> {
  const endsAt = performance.now() + SEARCH_MS;
  let max = full;
  for (let steps = 0; steps < STEPS_MAX; ) {
    try {
      if (!(await step(max))) return false;
      if (max === full) steps += 1;
      max = Math.min(full, max * 2);
    } catch (error) {
      if (isDatabaseDown(error)) throw error;
      if (max > 1) max = 1;
      else await setAside(error);
    }
    if (max < full && performance.now() > endsAt) return true;
  }
  return true;
}

export type TaskSteps = {
  max: number;
  /** Locks the next tasks to work on, and leaves out those that nothing can be done with. */
  lock(tx: Tx, max: number, except: string[]): Promise<string[]>;
  work(ctx: TxContext, taskIds: string[]): Promise<void>;
  /** What the log says of a task that the work fails for. */
  failure: string;
};

/**
 * Works on tasks in a few steps, each of them one transaction; returns whether there may be more. A task that the work
 * fails for is left to the next call, which tries it again.
 */
export function runTaskSteps(ctx: ServiceContext, { max: full, lock, work, failure }: TaskSteps): Promise<boolean> {
  const left: string[] = [];
  let taskIds: string[] = [];
  return runSteps({
    max: full,
    step(max) {
      taskIds = [];
      return inTx(ctx, async (ctx) => {
        taskIds = await lock(ctx.db, max, left);
        if (taskIds.length > 0) await work(ctx, taskIds);
        return taskIds.length === max;
      });
    },
    setAside(error) {
      const [taskId] = taskIds;
      if (taskId === undefined) throw error;
      ctx.log.error({ err: error, taskId }, failure);
      left.push(taskId);
    },
  });
}
