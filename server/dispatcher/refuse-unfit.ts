import { isDatabaseDown } from "@/db/errors";
import { lockTaskRow } from "@/db/queries/lock";
import { inTx, type ServiceContext } from "@/server/context";
import { refuseTask } from "@/server/task-attempts";

/**
 * Fails tasks that no run can be made of. Only the log has the reason, because the error may hold what nobody may read.
 * Returns the tasks that cannot be failed either.
 */
export async function failUndispatchable(ctx: ServiceContext, taskIds: string[], error: unknown): Promise<string[]> {
  ctx.log.error({ err: error, taskIds }, "task cannot be dispatched");
  const left: string[] = [];
  for (const taskId of taskIds) {
    const failing = inTx(ctx, async (ctx) => {
      const task = await lockTaskRow(ctx.db, taskId);
      if (task?.state === "pending") await refuseTask(ctx, task, "no run can be made of it: the worker's log says why");
    });
    await failing.catch((error: unknown) => {
      if (isDatabaseDown(error)) throw error;
      ctx.log.error({ err: error, taskId }, "task cannot be failed either");
      left.push(taskId);
    });
  }
  return left;
}
