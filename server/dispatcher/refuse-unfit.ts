import { lockTaskRow } from "@/db/queries/lock";
import { inTx, type ServiceContext } from "@/server/context";
import { refuseTask } from "@/server/task-attempts";

/**
 * Fails tasks that no run can be made of. Only the log has the reason, because the error may hold what nobody may read.
 */
export async function failUndispatchable(ctx: ServiceContext, taskIds: string[], error: unknown): Promise<void> {
  ctx.log.error({ err: error, taskIds }, "task cannot be dispatched");
  for (const taskId of taskIds) {
    await inTx(ctx, async (ctx) => {
      const task = await lockTaskRow(ctx.db, taskId);
      if (task?.state === "pending") await refuseTask(ctx, task, "no run can be made of it: the worker's log says why");
    });
  }
}
