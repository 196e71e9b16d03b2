import type { GcDifference, GcEntry, GcInput, GcReport } from "@/contract/storage";

/** Volumes of each kind that are named; the others are counted. */
const NAMED_MAX = 50;

/** Returns where a collection differed from its dry run's plan; null: no plan was given. */
export function differenceOf(report: GcReport, { plan }: Pick<GcInput, "plan">): GcDifference | null {
  if (plan === undefined) return null;
  const planned = new Set(plan.evicted);
  const went = new Set(report.evicted.map(({ sessionId }) => sessionId));
  const why = new Map(
    [...report.kept, ...report.advanced].map(({ sessionId, reason }) => [sessionId, reason] as const),
  );
  const stayed = [...planned]
    .filter((sessionId) => !went.has(sessionId))
    .map((sessionId): GcEntry => ({ sessionId, reason: why.get(sessionId) ?? reasonUnseen(report) }));
  const surplus = report.evicted.filter(({ sessionId }) => !planned.has(sessionId));
  return {
    planned: planned.size,
    stayed: { count: stayed.length, items: stayed.slice(0, NAMED_MAX) },
    surplus: { count: surplus.length, items: surplus.slice(0, NAMED_MAX) },
  };
}

/** Returns why a planned volume does not appear in the report. */
function reasonUnseen({ totals }: GcReport): string {
  return totals.hasMore
    ? "not-reached: others went first, up to the limit"
    : "not-expired: it is not among those that may go any more";
}
