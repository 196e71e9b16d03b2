import { RUNNER_HISTORY_MINUTES_MAX } from "@/contract/runner";
import { endSilentRunners, noteRunners, removeOldRunnerMinutes } from "@/db/queries/runner-minutes";
import { inTx, type ServiceContext } from "@/server/context";

/** After so long, a runner that holds no run and sends nothing is given up. */
const SILENT_MS = 60 * 60_000;
const BATCH_MAX = 1_000;

/** Notes how many runners are alive and working, for the charts, and ends those that have fallen silent for good. */
export function noteRunnerMinute(ctx: ServiceContext): Promise<void> {
  return inTx(ctx, async (ctx) => {
    await endSilentRunners(ctx.db, SILENT_MS, BATCH_MAX);
    await noteRunners(ctx.db, ctx.settings.runnersMax);
    await removeOldRunnerMinutes(ctx.db, RUNNER_HISTORY_MINUTES_MAX * 60_000, BATCH_MAX);
  });
}
