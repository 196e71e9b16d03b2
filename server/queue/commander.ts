import type { QueueCommander, QueueScopeInput } from "@/contract/queue";
import type { ServiceContext } from "@/server/context";
import { listTasks } from "./list-tasks";
import { queueStats } from "./stats";

const TOP_TASKS = 20;

/** One queue, or all, at a glance: counts, and the tasks that come first. */
export async function queueCommander(ctx: ServiceContext, input: QueueScopeInput): Promise<QueueCommander> {
  const stats = await queueStats(ctx, input);
  const top = await listTasks(ctx, { ...input, limit: TOP_TASKS });
  const items = top.items.map(({ unread: _unread, blocker: _blocker, ...task }) => task);
  return { queue: stats.queue, stats, items, generatedAt: stats.generatedAt };
}
