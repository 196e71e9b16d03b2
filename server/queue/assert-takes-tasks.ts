import { and, eq, inArray } from "drizzle-orm";
import { ALL_TENANTS, WHOLE_QUEUE } from "@/contract/queue-control";
import { queueControls } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";

/** Throws `queue-draining` when the queue or lane is being drained. */
export async function assertAcceptsTasks(
  ctx: TxContext,
  { tenantId, queue, lane }: { tenantId: string; queue: string; lane: string },
): Promise<void> {
  const [draining] = await ctx.db
    .select({ queue: queueControls.queue, lane: queueControls.lane })
    .from(queueControls)
    .where(
      and(
        inArray(queueControls.tenantId, [tenantId, ALL_TENANTS]),
        eq(queueControls.queue, queue),
        inArray(queueControls.lane, [WHOLE_QUEUE, lane]),
        eq(queueControls.state, "draining"),
      ),
    )
    .limit(1);
  if (draining) throw drainingError(draining);
}

/** The error for a task that is added to a draining queue or lane. */
export function drainingError({ queue, lane }: { queue: string; lane: string }): ConflictError {
  const name = lane === WHOLE_QUEUE ? `queue ${queue}` : `lane ${lane} of queue ${queue}`;
  return new ConflictError("queue-draining", `${name} is being drained and takes no task: resume it, or use another`);
}
