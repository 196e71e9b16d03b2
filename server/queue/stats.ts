import type { QueueStats, QueueStatsInput } from "@/contract/queue";
import { readTaskCounts, type TaskCount } from "@/db/queries/queue-counts";
import { type ServiceContext, tenantAsked } from "@/server/context";

/** How many tasks there are, by each of four columns: of one moment, so that the four agree. Reads no task. */
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

/** The counts that a caller may see; a bound caller's own tenant always stands in it. */
export async function countTasks(ctx: ServiceContext, { tenantId, ...scope }: QueueStatsInput): Promise<TaskCount[]> {
  const whose = tenantAsked(ctx, tenantId);
  return whose === null ? [] : readTaskCounts(ctx.db, { ...scope, ...whose });
}

function sumBy(counts: TaskCount[], column: "state" | "queue" | "lane" | "backendProfile"): Record<string, number> {
  const sums = new Map<string, number>();
  for (const count of counts) sums.set(count[column], (sums.get(count[column]) ?? 0) + count.tasks);
  return Object.fromEntries([...sums].sort(([left], [right]) => (left < right ? -1 : 1)));
}
