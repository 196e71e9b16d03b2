import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { RANGE_FILTERS, type RangeFilter, rangeInput } from "@/components/ui/time-range";
import type { ListRunsInput, Run, RunStatus } from "@/contract/run";
import { RUN_STATUSES } from "@/contract/words";

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
export type RunFilter = RangeFilter & {
  status: RunStatus | null;
  failure: string | null;
  profile: string | null;
  session: string | null;
  task: string | null;
  search: string;
};

/** The query that a filter stands for; prefetch and hook share it. */
export function runsInput(filter: RunFilter): Partial<ListRunsInput> {
  const search = filter.search.trim();
  return {
    ...(filter.status === null ? {} : { status: filter.status }),
    ...(filter.failure === null ? {} : { failureKind: filter.failure }),
    ...(filter.profile === null ? {} : { backendProfile: filter.profile }),
    ...(filter.session === null ? {} : { sessionId: filter.session }),
    ...(filter.task === null ? {} : { taskId: filter.task }),
    ...(search === "" ? {} : { search }),
    ...rangeInput(filter),
  };
}

export function isFiltered(filter: RunFilter): boolean {
  return Object.keys(runsInput(filter)).length > 0;
}

/** Whether the list would show a run that has just changed; the server decides by the same. */
export function fits(filter: RunFilter, run: Run, nowMs: number): boolean {
  const sessionId = run.sessionRef?.sessionId;
  const search = filter.search.trim();
  const { status, failure, profile, session, task } = filter;
  const createdMs = Date.parse(run.createdAt);
  const sinceMs = filter.within === null ? Date.parse(filter.since ?? "") : nowMs - filter.within * 3_600_000;
  return (
    (status === null || status === run.status) &&
    (failure === null || failure === run.failureKind) &&
    (profile === null || profile === run.backendProfile) &&
    (session === null || session === sessionId) &&
    (task === null || task === run.taskId) &&
    (search === "" || [run.id, sessionId, run.taskId].includes(search)) &&
    (Number.isNaN(sinceMs) || createdMs >= sinceMs) &&
    (filter.until === null || createdMs < Date.parse(filter.until))
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
