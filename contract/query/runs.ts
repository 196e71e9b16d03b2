import type { ListRunsInput } from "@/contract/run";
import { FAILURE_KINDS, RUN_OUTCOMES, RUN_STATUSES, type RunOutcome, type RunStatus } from "@/contract/words";
import type { ListColumn } from "./arrangement";
import type { QueryPage } from "./page";
import { ANY_TIME, type RangeFilter, rangeInput, rangeKeys } from "./range";

export type RunFilter = RangeFilter & {
  status: RunStatus | null;
  outcome: RunOutcome | null;
  failure: string | null;
  profile: string | null;
  session: string | null;
  task: string | null;
  search: string;
};

/** The columns of runs, beside status and name. */
export const RUN_COLUMNS = [
  { id: "profile", name: "Profile" },
  { id: "project", name: "Project", isOptional: true },
  { id: "tenant", name: "Tenant", isOptional: true },
  { id: "id", name: "Id", isOptional: true },
  { id: "session", name: "Session", isOptional: true },
  { id: "task", name: "Task", isOptional: true },
  { id: "provider", name: "Provider", isOptional: true },
  { id: "model", name: "Model", isOptional: true },
  { id: "sandbox", name: "Sandbox", isOptional: true },
  { id: "approval", name: "Approvals", isOptional: true },
  { id: "workspace", name: "Workspace", isOptional: true },
  { id: "failure", name: "Failure", isOptional: true },
  { id: "attempt", name: "Attempt" },
  { id: "epoch", name: "Epoch", isOptional: true },
  { id: "runner", name: "Runner" },
  { id: "events", name: "Events", isOptional: true },
  { id: "version", name: "Version", isOptional: true },
  { id: "queued", name: "Queued" },
  { id: "started", name: "Started" },
  { id: "ended", name: "Ended", isOptional: true },
  { id: "duration", name: "Duration" },
] as const satisfies readonly ListColumn[];
const GROUPS = [
  { id: "session", name: "By session" },
  { id: "failure", name: "By failure" },
] as const;
export type RunGroup = (typeof GROUPS)[number]["id"];

export const RUN_QUERY: QueryPage<RunFilter> = {
  page: "runs",
  words: { field: "search", help: "Whole id of a run, session or task" },
  keys: [
    { name: "status", kind: "choice", fields: { ":": "status" }, values: RUN_STATUSES, help: "How it stands" },
    {
      name: "outcome",
      kind: "choice",
      fields: { ":": "outcome" },
      values: RUN_OUTCOMES,
      help: "Failed runs and runs whose last turn failed, or only the latter",
    },
    { name: "failure", kind: "choice", fields: { ":": "failure" }, values: FAILURE_KINDS, help: "How it failed" },
    { name: "profile", kind: "text", fields: { ":": "profile" }, help: "Backend profile" },
    { name: "session", kind: "id", fields: { ":": "session" }, help: "Its session's id" },
    { name: "task", kind: "id", fields: { ":": "task" }, help: "Its task's id" },
    ...rangeKeys("it was made"),
  ],
  arrangements: { columns: RUN_COLUMNS, groups: GROUPS },
  none: {
    status: null,
    outcome: null,
    failure: null,
    profile: null,
    session: null,
    task: null,
    search: "",
    ...ANY_TIME,
  },
};

/** Converts a filter to the server's input; prefetch, hook and counts share it. */
export function runsInput(filter: RunFilter): Partial<ListRunsInput> {
  const search = filter.search.trim();
  return {
    ...(filter.status === null ? {} : { status: filter.status }),
    ...(filter.outcome === null ? {} : { outcome: filter.outcome }),
    ...(filter.failure === null ? {} : { failureKind: filter.failure }),
    ...(filter.profile === null ? {} : { backendProfile: filter.profile }),
    ...(filter.session === null ? {} : { sessionId: filter.session }),
    ...(filter.task === null ? {} : { taskId: filter.task }),
    ...(search === "" ? {} : { search }),
    ...rangeInput(filter),
  };
}
