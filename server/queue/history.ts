import type { QueueHistory, QueueHistoryInput } from "@/contract/queue-commander";
import { readHistory } from "@/db/queries/queue-minutes";
import { type ServiceContext, tenantOf } from "@/server/context";

/** Steps that a lane has at most, and lanes that are shown. */
const STEPS_MAX = 240;
const LANES_MAX = 20;
const MINUTE_MS = 60_000;

/** What waited, ran and happened in each lane, step by step, the last one under way. */
export async function queueHistory(ctx: ServiceContext, input: QueueHistoryInput): Promise<QueueHistory> {
  const { minutes, tenantId, ...place } = input;
  const bound = tenantOf(ctx);
  const stepMinutes = Math.ceil(minutes / STEPS_MAX);
  const to = new Date();
  const from = new Date(Math.floor(to.getTime() / MINUTE_MS) * MINUTE_MS - minutes * MINUTE_MS);
  const told = { stepMinutes, from: from.toISOString(), to: to.toISOString() };
  if (bound !== null && tenantId !== undefined && tenantId !== bound) return { ...told, items: [], lanesLeftOut: 0 };
  const { rows, lanes } = await readHistory(
    ctx.db,
    { ...place, tenantId: bound ?? tenantId ?? null },
    { from, stepMinutes, lanesMax: LANES_MAX },
  );
  const items = rows.map(({ atMs, queue, lane, ...row }) => ({
    ...{ minute: new Date(atMs).toISOString(), queue, lane, waiting: row.waiting, running: row.running },
    ...{ added: row.added, started: row.started, completed: row.completed },
    ...{ failed: row.failed, cancelled: row.cancelled },
  }));
  return { ...told, items, lanesLeftOut: Math.max(0, lanes - LANES_MAX) };
}
