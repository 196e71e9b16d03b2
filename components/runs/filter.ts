import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { RANGE_FILTERS } from "@/components/ui/time/time-range";
import { isInRange } from "@/contract/query/range";
import { RUN_QUERY, type RunFilter, runsInput } from "@/contract/query/runs";
import type { Run } from "@/contract/run";
import { RUN_OUTCOMES, RUN_STATUSES } from "@/contract/words";

export { type RunFilter, runsInput } from "@/contract/query/runs";

/** The runs page's filter, as its address holds it. */
export const RUN_FILTERS = {
  status: parseAsStringLiteral(RUN_STATUSES),
  outcome: parseAsStringLiteral(RUN_OUTCOMES),
  failure: parseAsString,
  profile: parseAsString,
  session: parseAsString,
  task: parseAsString,
  search: parseAsString.withDefault(""),
  ...RANGE_FILTERS,
};

export function isFiltered(filter: RunFilter): boolean {
  return Object.keys(runsInput(filter)).length > 0;
}

/** Whether the list would show a run that has just changed; the server decides by the same. */
export function fits(filter: RunFilter, run: Run, nowMs: number): boolean {
  const sessionId = run.sessionRef?.sessionId;
  const search = filter.search.trim();
  const { status, outcome, failure, profile, session, task } = filter;
  return (
    (status === null || status === run.status) &&
    (outcome === null || (outcome === "failed" && run.status === "failed") || run.turnFailureKind != null) &&
    (failure === null || failure === (run.failureKind ?? run.turnFailureKind)) &&
    (profile === null || profile === run.backendProfile) &&
    (session === null || session === sessionId) &&
    (task === null || task === run.taskId) &&
    (search === "" || [run.id, sessionId, run.taskId].includes(search)) &&
    isInRange(filter, Date.parse(run.createdAt), nowMs)
  );
}

/** A filter in words, all of it: `failed, profile demo, age > 2d`. */
export function filterWords(filter: RunFilter): string {
  const { status } = filter;
  const otherConditions = conditionWords(RUN_QUERY, { ...filter, status: null, search: filter.search.trim() });
  return [...(status === null ? [] : [status]), ...otherConditions].join(", ") || "all runs";
}
