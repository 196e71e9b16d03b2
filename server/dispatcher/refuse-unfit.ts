import { lockTaskRow } from "@/db/queries/lock";
import { inTx, type ServiceContext } from "@/server/context";
import { refuseTask } from "@/server/task-attempts";

/** Fails tasks of which nothing can be made; the log has why, which may hold what is nobody's to read. */
export async function refuseUnfit(ctx: ServiceContext, taskIds: string[], error: unknown): Promise<void> {
  ctx.log.error({ err: error, taskIds }, "a task cannot be dispatched");
  for (const taskId of taskIds) {
    await inTx(ctx, async (ctx) => {
      const task = await lockTaskRow(ctx.db, taskId);
      if (task?.state === "pending") await refuseTask(ctx, task, "no run can be made of it: the worker's log says why");
    });
  }
}
