import type { GetOverviewInput, Overview } from "@/contract/overview";
import { type OverviewScope, readOverviewCounts } from "@/db/queries/overview";
import { type ServiceContext, tenantFor } from "@/server/context";
import { queueCommander } from "@/server/queue";
import { findNeeds, rankNeeds } from "./needs";

/** Everything at a glance: what needs a person, and how much runs, waits and failed. */
export async function getOverview(ctx: ServiceContext, input: GetOverviewInput): Promise<Overview> {
  const { overview } = await readOverview(ctx, input);
  return overview;
}

/** Returns the overview with the number of tasks in each state, from the same count. A state without tasks is absent. */
export async function readOverview(
  ctx: ServiceContext,
  input: GetOverviewInput,
): Promise<{ overview: Overview; tasksByState: Record<string, number> }> {
  const { projectId, readerId } = input;
  const tenantId = tenantFor(ctx, input.tenantId);
  const scope: OverviewScope = { tenantId, projectId };
  const [commander, counts, found] = await Promise.all([
    queueCommander(ctx, { tenantId: tenantId ?? undefined, projectId }),
    readOverviewCounts(ctx.db, scope),
    findNeeds(ctx, scope, readerId),
  ]);
  const { stats, oldest, waits, throughput } = commander;
  const overview: Overview = {
    ...rankNeeds(found, commander),
    approvals: counts.approvals,
    runs: { claimed: counts.claimed, pending: counts.pending, failedToday: counts.failedToday },
    runners: { live: counts.runners, max: ctx.settings.runnersMax },
    queue: {
      waiting: stats.byState.pending ?? 0,
      running: (stats.byState.dispatched ?? 0) + (stats.byState.running ?? 0),
      oldest,
      waits,
      throughput,
    },
    generatedAt: stats.generatedAt,
  };
  return { overview, tasksByState: stats.byState };
}
