import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { RANGE_FILTERS } from "@/components/ui/time-range";
import { isInRange } from "@/contract/query/range";
import { type RunFilter, runsInput } from "@/contract/query/runs";
import type { Run } from "@/contract/run";
import { RUN_STATUSES } from "@/contract/words";

export { type RunFilter, runsInput } from "@/contract/query/runs";

/** The runs page's filter, as its address holds it. */
export const RUN_FILTERS = {
  status: parseAsStringLiteral(RUN_STATUSES),
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
  const { status, failure, profile, session, task } = filter;
  return (
    (status === null || status === run.status) &&
    (failure === null || failure === run.failureKind) &&
    (profile === null || profile === run.backendProfile) &&
    (session === null || session === sessionId) &&
    (task === null || task === run.taskId) &&
    (search === "" || [run.id, sessionId, run.taskId].includes(search)) &&
    isInRange(filter, Date.parse(run.createdAt), nowMs)
  );
}

/** A filter in words: `failed, profile demo`. */
export function filterWords(filter: RunFilter): string {
  const { status, failure, profile, session, task, within, since, until } = filter;
  const search = filter.search.trim();
  const parts = [
    status,
    failure,
    profile && `profile ${profile}`,
    session && `session ${session}`,
    task && `task ${task}`,
    search && `“${search}”`,
    within && `within ${within} h`,
    since && `since ${since}`,
    until && `until ${until}`,
  ];
  const words = parts.filter((part) => part !== null && part !== "").join(", ");
  return words === "" ? "every run" : words;
}
