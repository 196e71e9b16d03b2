import type { RunnerHistory, RunnerHistoryInput, RunnerStats, RunnerStatsInput } from "@/contract/runner";
import { readRunnerMinutes } from "@/db/queries/runner-minutes";
import { countRunners } from "@/db/queries/runner-state";
import { chartSteps } from "@/server/chart-steps";
import { type ServiceContext, tenantFor } from "@/server/context";

/** Returns how many runners are alive, what they are doing, and where they run. */
export async function runnerStats(ctx: ServiceContext, input: RunnerStatsInput): Promise<RunnerStats> {
  const tenantId = tenantFor(ctx, input.tenantId);
  const { starting, placements, ...byState } = await countRunners(ctx.db, { tenantId, projectId: input.projectId });
  const living = Object.values(byState).reduce((sum, count) => sum + count, 0);
  return { byState, living, starting, capacity: ctx.settings.runnersMax, placements: placements ?? [] };
}

/**
 * Returns how many runners were alive and working in each step, and how long their heartbeats took, as the worker noted
 * it.
 */
export async function runnerHistory(ctx: ServiceContext, input: RunnerHistoryInput): Promise<RunnerHistory> {
  const tenantId = tenantFor(ctx, input.tenantId);
  const { from, stepMinutes, range } = chartSteps(input.minutes);
  const rows = await readRunnerMinutes(ctx.db, { tenantId, from, stepMinutes });
  const items = rows.map(({ atMs, ...row }) => ({ minute: new Date(atMs).toISOString(), ...row }));
  return { ...range, items };
}
