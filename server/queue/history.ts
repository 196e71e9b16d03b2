import type { QueueHistory, QueueHistoryInput } from "@/contract/queue-commander";
import { readHistory } from "@/db/queries/queue/minutes";
import { chartSteps } from "@/server/chart-steps";
import { type ServiceContext, tenantAsked } from "@/server/context";

/** The maximum of lanes that are shown. */
const LANES_MAX = 20;

/** Returns what waited, ran and happened in each lane, step by step; the last step is under way. */
export async function queueHistory(ctx: ServiceContext, input: QueueHistoryInput): Promise<QueueHistory> {
  const { minutes, tenantId, ...filter } = input;
  const tenantScope = tenantAsked(ctx, tenantId);
  const { from, stepMinutes, range } = chartSteps(minutes);
  if (tenantScope === null) return { ...range, items: [], lanesLeftOut: 0 };
  const { rows, lanes } = await readHistory(
    ctx.db,
    { ...filter, ...tenantScope },
    { from, stepMinutes, lanesMax: LANES_MAX },
  );
  const items = rows.map(({ atMs, queue, lane, ...row }) => ({
    minute: new Date(atMs).toISOString(),
    queue,
    lane,
    waiting: row.waiting,
    running: row.running,
    added: row.added,
    started: row.started,
    completed: row.completed,
    failed: row.failed,
    cancelled: row.cancelled,
  }));
  return { ...range, items, lanesLeftOut: Math.max(0, lanes - LANES_MAX) };
}
