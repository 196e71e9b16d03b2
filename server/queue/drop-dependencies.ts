import type { UpdateTaskInput } from "@/contract/queue";
import { keepDependencies, readDependencies, readOpenDependencies } from "@/db/queries/queue/dependencies";
import type { QueueTaskRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";

/**
 * Reduces the dependencies of a locked task to those in `kept`. Returns whether the task now waits for none of them.
 * The dispatcher judges a dependency that ends meanwhile, once the task is no longer locked.
 */
export async function dropDependencies(
  ctx: TxContext,
  task: QueueTaskRow,
  kept: NonNullable<UpdateTaskInput["dependsOn"]>,
): Promise<boolean> {
  const currentIds = new Set((await readDependencies(ctx.db, task.id)).map(({ taskId }) => taskId));
  for (const [index, { taskId }] of kept.entries()) {
    if (currentIds.has(taskId)) continue;
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
