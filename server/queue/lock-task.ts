import type { QueueTaskRow } from "@/db/schema";
import { queueTasks } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { ownTask } from "./scope";

/** Locks one task of the caller's tenant. In the one lock order a task comes before session and run. */
export async function lockTask(ctx: TxContext, taskId: string): Promise<QueueTaskRow> {
  const [task] = await ctx.db.select().from(queueTasks).where(ownTask(ctx, taskId)).for("no key update");
  if (!task) throw new NotFoundError("queue task", taskId);
  return task;
}
