import { HISTORY_MINUTES_MAX } from "@/contract/queue-commander";
import { foldTaskCounts } from "@/db/queries/queue/counts";
import { noteDepths, noteMoves, removeOldMinutes } from "@/db/queries/queue/minutes";
import { forgetFailedDependencies } from "@/db/queries/queue/settle-dependencies";
import { inTx, type ServiceContext } from "@/server/context";

/** Changes that one transaction folds. */
const CHANGES_PER_BATCH = 5_000;
const BATCHES_MAX = 100;
/** Lanes whose depth is noted every minute although nothing happens in them. */
const IDLE_LANES_MAX = 1_000;
const REMOVED_MAX = 5_000;
/** Failed tasks that no other task waits for any more, forgotten in one pass. */
const DEPENDENCIES_REMOVED_MAX = 100;

/**
 * Adds changes to the counts, so that reading the counts stays cheap, and to the current minute, for charts. A change
 * counts towards the minute in which it is folded. Returns how many changes were folded.
 */
export async function foldCounts(ctx: ServiceContext): Promise<number> {
  let folded = 0;
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const batch = await inTx(ctx, async (ctx) => {
      const { folded, lanes } = await foldTaskCounts(ctx.db, CHANGES_PER_BATCH);
      await noteMoves(ctx.db, lanes);
      return folded;
    });
    folded += batch;
    if (batch < CHANGES_PER_BATCH) break;
  }
  return folded;
}

/** Notes the depth of lanes in which nothing happens, and removes what is too old to be shown. Runs once a minute. */
export function recordMinute(ctx: ServiceContext): Promise<void> {
  return inTx(ctx, async (ctx) => {
    await noteDepths(ctx.db, IDLE_LANES_MAX);
    await removeOldMinutes(ctx.db, HISTORY_MINUTES_MAX * 60_000, REMOVED_MAX);
    await forgetFailedDependencies(ctx.db, DEPENDENCIES_REMOVED_MAX);
  });
}
