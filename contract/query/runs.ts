import type { ListRunsInput } from "@/contract/run";
import { FAILURE_KINDS, RUN_STATUSES, type RunStatus } from "@/contract/words";
import type { QueryPage } from "./page";
import { ANY_TIME, type RangeFilter, rangeInput, rangeKeys } from "./range";

export type RunFilter = RangeFilter & {
  status: RunStatus | null;
  failure: string | null;
  profile: string | null;
  session: string | null;
  task: string | null;
  search: string;
};

export const RUN_QUERY: QueryPage<RunFilter> = {
  page: "runs",
  words: { field: "search", help: "Whole id of a run, session or task" },
  keys: [
    { name: "status", kind: "choice", fields: { ":": "status" }, values: RUN_STATUSES, help: "How it stands" },
    { name: "failure", kind: "choice", fields: { ":": "failure" }, values: FAILURE_KINDS, help: "How it failed" },
    { name: "profile", kind: "text", fields: { ":": "profile" }, help: "Backend profile" },
    { name: "session", kind: "id", fields: { ":": "session" }, help: "Its session's id" },
    { name: "task", kind: "id", fields: { ":": "task" }, help: "Its task's id" },
    ...rangeKeys("it was made"),
  ],
  none: { status: null, failure: null, profile: null, session: null, task: null, search: "", ...ANY_TIME },
};

/** What a filter asks the server for; prefetch, hook and counts share it. */
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
