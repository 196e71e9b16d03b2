import { count } from "drizzle-orm";
import type { QueueScopeInput, QueueStats } from "@/contract/queue";
import { queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { inScope } from "./scope";

type Group = { state: string; queue: string; lane: string; backendProfile: string; tasks: number };

/** How many tasks there are, by each of four columns: counted in one pass, so that the four agree. */
export async function queueStats(ctx: ServiceContext, input: QueueScopeInput): Promise<QueueStats> {
  const { state, queue, lane, backendProfile } = queueTasks;
  const groups: Group[] = await ctx.db
    .select({ state, queue, lane, backendProfile, tasks: count() })
    .from(queueTasks)
    .where(inScope(ctx, input))
    .groupBy(state, queue, lane, backendProfile);
  return {
    queue: input.queue ?? null,
    total: groups.reduce((sum, group) => sum + group.tasks, 0),
    byState: sumBy(groups, "state"),
    byQueue: sumBy(groups, "queue"),
    byLane: sumBy(groups, "lane"),
    byBackendProfile: sumBy(groups, "backendProfile"),
    generatedAt: new Date().toISOString(),
  };
}

function sumBy(groups: Group[], column: Exclude<keyof Group, "tasks">): Record<string, number> {
  const sums = new Map<string, number>();
  for (const group of groups) sums.set(group[column], (sums.get(group[column]) ?? 0) + group.tasks);
  return Object.fromEntries([...sums].sort(([left], [right]) => (left < right ? -1 : 1)));
}
