import type { QueueStats, QueueStatsInput } from "@/contract/queue";
import { readTaskCounts, type TaskCount } from "@/db/queries/queue/counts";
import { type ServiceContext, tenantAsked } from "@/server/context";

/** Counts tasks by each of four columns, from one snapshot so that the four agree. Reads the counters and no task. */
export async function queueStats(ctx: ServiceContext, input: QueueStatsInput): Promise<QueueStats> {
  return statsOf(input, await countTasks(ctx, input));
}

export function statsOf(input: QueueStatsInput, counts: TaskCount[]): QueueStats {
  return {
    queue: input.queue ?? null,
    total: counts.reduce((sum, count) => sum + count.tasks, 0),
    byState: sumBy(counts, "state"),
    byQueue: sumBy(counts, "queue"),
    byLane: sumBy(counts, "lane"),
    byBackendProfile: sumBy(counts, "backendProfile"),
    generatedAt: new Date().toISOString(),
  };
}

/** Returns the counts that a caller may see, limited to the caller's tenant if it is bound to one. */
export async function countTasks(ctx: ServiceContext, { tenantId, ...scope }: QueueStatsInput): Promise<TaskCount[]> {
  const tenantScope = tenantAsked(ctx, tenantId);
  return tenantScope === null ? [] : readTaskCounts(ctx.db, { ...scope, ...tenantScope });
}

function sumBy(counts: TaskCount[], column: "state" | "queue" | "lane" | "backendProfile"): Record<string, number> {
  const sums = new Map<string, number>();
  for (const count of counts) sums.set(count[column], (sums.get(count[column]) ?? 0) + count.tasks);
  return Object.fromEntries([...sums].sort(([left], [right]) => (left < right ? -1 : 1)));
}
