import type { DependencyResult } from "@/contract/dependency-result";
import { type FoundResult, readDependencyResults } from "@/db/queries/dependency-results";
import type { ServiceContext } from "@/server/context";

/**
 * What those found out that some tasks come after, of each task in the order in which they were said. One statement,
 * however many tasks; of a task that comes after nothing there is nothing.
 */
export async function readResults(ctx: ServiceContext, taskIds: string[]): Promise<Map<string, DependencyResult[]>> {
  const placed = new Map<string, { place: number; result: DependencyResult }[]>();
  // Those without a place, which an older release stored, come as they are read: the oldest first.
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
