import type { DependencyResultList, ListDependencyResultsInput } from "@/contract/dependency-result";
import { queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { handedText, readResults } from "@/server/task-results";
import { ownTask } from "./scope";

/**
 * Lists the results of a task's dependencies as they stand now, and the text with which its agent would be given them.
 */
export async function listDependencyResults(
  ctx: ServiceContext,
  { taskId }: ListDependencyResultsInput,
): Promise<DependencyResultList> {
  const [task] = await ctx.db
    .select({ dependencyResults: queueTasks.dependencyResults })
    .from(queueTasks)
    .where(ownTask(ctx, taskId));
  if (!task) throw new NotFoundError("queue task", taskId);
  const items = (await readResults(ctx, [taskId])).get(taskId) ?? [];
  return {
    taskId,
    dependencyResults: task.dependencyResults ?? "none",
    items,
    handedText: items.length === 0 ? null : handedText(items),
  };
}
