import type { ServiceContext } from "@/server/context";
import { findAgentRunError } from "@/server/errors";
import { collectGarbage, repairStorage } from "@/server/storage";

/** Volumes that one tick takes at most: what is left waits for the next. */
const PER_TICK = 50;

/** One tick of the storage loop: finishes what a crash left, then collects volumes of expired sessions. */
export async function gcTick(ctx: ServiceContext): Promise<void> {
  const repaired = await repairStorage(ctx);
  if (Object.values(repaired).some((sessionIds) => sessionIds.length > 0)) ctx.log.info(repaired, "storage repaired");
  try {
    const { evicted, advanced, kept } = await collectGarbage(ctx, { dryRun: false, limit: PER_TICK });
    if (evicted.length + advanced.length > 0)
      ctx.log.info({ evicted, advanced, kept: kept.length }, "garbage collected");
  } catch (error) {
    // Somebody collects by hand or by the cron right now.
    if (findAgentRunError(error)?.reason !== "rate-limited") throw error;
  }
}
