import type { TaskState } from "@/contract/queue";
import type { Db } from "@/db/client";
import { readTaskCounts } from "@/db/queries/queue-counts";

/** Returns the number of tasks by state, from counters. */
export async function readQueue(db: Db): Promise<Partial<Record<TaskState, number>>> {
  const byState: Partial<Record<TaskState, number>> = {};
  for (const { state, tasks } of await readTaskCounts(db, {})) byState[state] = (byState[state] ?? 0) + tasks;
  return byState;
}
