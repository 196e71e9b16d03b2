import type { GcDifference, GcEntry, GcInput, GcReport } from "@/contract/storage";

/** Volumes of each kind that are named; the others are counted. */
const LISTED_MAX = 50;

/** Returns where a collection differed from its dry run's plan; null: no plan was given. */
export function differenceOf(report: GcReport, { plan }: Pick<GcInput, "plan">): GcDifference | null {
  if (plan === undefined) return null;
  const planned = new Set(plan.evicted);
  const evictedIds = new Set(report.evicted.map(({ sessionId }) => sessionId));
  const reasons = new Map(
    [...report.kept, ...report.advanced].map(({ sessionId, reason }) => [sessionId, reason] as const),
  );
  const stayed = [...planned]
    .filter((sessionId) => !evictedIds.has(sessionId))
    .map((sessionId): GcEntry => ({ sessionId, reason: reasons.get(sessionId) ?? unreportedReason(report) }));
  const surplus = report.evicted.filter(({ sessionId }) => !planned.has(sessionId));
  return {
    planned: planned.size,
    stayed: { count: stayed.length, items: stayed.slice(0, LISTED_MAX) },
    surplus: { count: surplus.length, items: surplus.slice(0, LISTED_MAX) },
  };
}

/** Returns why a planned volume does not appear in the report. */
function unreportedReason({ totals }: GcReport): string {
  return totals.hasMore
    ? "not-reached: others went first, up to the limit"
    : "not-expired: it is not among those that may go any more";
}
