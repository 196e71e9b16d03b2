import type { DependencyResult } from "@/contract/dependency-result";
import { type FoundResult, readDependencyResults } from "@/db/queries/queue/dependency-results";
import type { ServiceContext } from "@/server/context";

/**
 * Reads the results of the tasks that come before some tasks, in the order in which each task named them. It takes one
 * statement, however many tasks are asked for; a task without dependencies has no entry.
 */
export async function readResults(ctx: ServiceContext, taskIds: string[]): Promise<Map<string, DependencyResult[]>> {
  const placed = new Map<string, { place: number; result: DependencyResult }[]>();
  // Dependencies that an older release stored have no place: they keep the order in which they are read, the oldest
  // first.
  for (const { dependents, ...found } of await readDependencyResults(ctx.db, taskIds))
    for (const { taskId, place } of dependents)
      placed.set(taskId, [...(placed.get(taskId) ?? []), { place: place ?? 0, result: toResult(found) }]);
  const ordered = (results: { place: number; result: DependencyResult }[]) =>
    results.sort((left, right) => left.place - right.place).map(({ result }) => result);
  return new Map([...placed].map(([taskId, results]) => [taskId, ordered(results)]));
}

function toResult({ id, ...found }: Omit<FoundResult, "dependents">): DependencyResult {
  return { taskId: id, ...found };
}
