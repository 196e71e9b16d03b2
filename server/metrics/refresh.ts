import { NEED_KINDS } from "@/contract/overview";
import { TASK_STATES } from "@/contract/queue";
import { countReachedBudgets } from "@/server/budgets";
import type { ServiceContext } from "@/server/context";
import { readLoopStates } from "@/server/health";
import { readOverview } from "@/server/overview";
import { countOverdueSchedules } from "@/server/schedules";
import { traceStanding } from "@/server/traces";
import { countPendingDeliveries } from "@/server/webhooks";
import type { Metrics } from "./metrics";
import { readOrphanJobs } from "./read-orphan-jobs";

/**
 * Sets every metric that comes from the database, so that each web process reports the same figures. `ctx` must see
 * every tenant. Throws when the database does not answer.
 */
export async function refreshMetrics(metrics: Metrics, ctx: ServiceContext): Promise<void> {
  await Promise.all([refreshOutside(metrics, ctx), refreshStanding(metrics, ctx)]);
}

async function refreshOutside(metrics: Metrics, { db }: ServiceContext): Promise<void> {
  metrics.orphanJobs.set(await readOrphanJobs(db));
  metrics.reachedBudgets.set(await countReachedBudgets(db));
  metrics.overdueSchedules.set(await countOverdueSchedules(db));
  metrics.pendingDeliveries.set(await countPendingDeliveries(db));
  const traces = await traceStanding(db);
  metrics.tracesBehindSeconds.set(traces.behindSeconds);
  // The worker counts spans in the database, so that the counts survive restarts.
  metrics.traceSpans.reset();
  metrics.traceSpans.inc({ outcome: "sent" }, traces.sent);
  metrics.traceSpans.inc({ outcome: "rejected" }, traces.rejected);
  metrics.traceSpans.inc({ outcome: "given_up" }, traces.givenUp);
}

async function refreshStanding(metrics: Metrics, ctx: ServiceContext): Promise<void> {
  const { overview, tasksByState } = await readOverview(ctx, {});
  const { needCounts, queue, runs, runners, generatedAt } = overview;
  metrics.runs.set({ status: "pending" }, runs.pending);
  metrics.runs.set({ status: "claimed" }, runs.claimed);
  for (const state of TASK_STATES) metrics.tasks.set({ state }, tasksByState[state] ?? 0);
  // A kind without any needs is 0, not absent, so that an alert on it ends.
  for (const kind of NEED_KINDS) metrics.needs.set({ kind }, 0);
  for (const { kind, count } of needCounts) metrics.needs.set({ kind }, count);
  metrics.runners.set(runners.live);
  metrics.runnersMax.set(runners.max);
  const { oldest, waits } = queue;
  metrics.oldestWaitSeconds.set(oldest === null ? 0 : (Date.parse(generatedAt) - Date.parse(oldest.since)) / 1_000);
  metrics.waitSeconds.reset();
  if (waits.p50Ms !== null) metrics.waitSeconds.set({ quantile: "0.5" }, waits.p50Ms / 1_000);
  if (waits.p95Ms !== null) metrics.waitSeconds.set({ quantile: "0.95" }, waits.p95Ms / 1_000);

  const { loops } = await readLoopStates(ctx, { withLeaders: false });
  metrics.loopPasses.reset();
  for (const { name, passedAt } of loops)
    if (passedAt !== null) metrics.loopPasses.set({ loop: name }, Date.parse(passedAt) / 1_000);
}
