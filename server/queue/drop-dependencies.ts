import type { UpdateTaskInput } from "@/contract/queue";
import { keepDependencies, readDependencies, readOpenDependencies } from "@/db/queries/queue-dependencies";
import type { QueueTaskRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";

/**
 * Has a locked task come after no more than some of what it comes after now. Answers whether it waits for none of them.
 * One that ends meanwhile is judged by the dispatcher, which waits until the task is no longer locked.
 */
export async function dropDependencies(
  ctx: TxContext,
  task: QueueTaskRow,
  kept: NonNullable<UpdateTaskInput["dependsOn"]>,
): Promise<boolean> {
  const known = new Set((await readDependencies(ctx.db, task.id)).map(({ taskId }) => taskId));
  for (const [index, { taskId }] of kept.entries()) {
    if (known.has(taskId)) continue;
    throw new InvalidInputError(
      `dependsOn[${index}]: queue task ${task.id} does not come after ${taskId}: what a task comes after can be taken away, and not added`,
    );
  }
  await keepDependencies(
    ctx.db,
    task.id,
    kept.map(({ taskId }) => taskId),
  );
  return !(await readOpenDependencies(ctx.db, [task.id])).has(task.id);
}
