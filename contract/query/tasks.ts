import type { ListTasksInput } from "@/contract/queue";
import { FAILURE_KINDS, TASK_STATES } from "@/contract/words";
import type { ListColumn } from "./arrangement";
import { metadataInput, metadataKeys } from "./metadata";
import type { QueryPage } from "./page";
import { ANY_TIME, type RangeFilter, rangeInput, rangeKeys } from "./range";

export const TASK_LIST_STATES = [...TASK_STATES, "all"] as const;

export type QueueFilter = RangeFilter & {
  queue: string | null;
  lane: string | null;
  state: (typeof TASK_LIST_STATES)[number];
  profile: string | null;
  project: string | null;
  session: string | null;
  failure: string | null;
  key: string | null;
  /** The id of a task that the listed tasks depend on. */
  after: string | null;
  parked: boolean | null;
  unread: boolean | null;
  /** Pairs as one text: `team:shop ticket:7`. */
  metadata: string | null;
  search: string;
};

/** The columns of tasks, beside state and title. */
export const TASK_COLUMNS = [
  { id: "lane", name: "Lane" },
  { id: "priority", name: "Priority" },
  { id: "profile", name: "Profile" },
  { id: "project", name: "Project", isOptional: true },
  { id: "tenant", name: "Tenant", isOptional: true },
  { id: "id", name: "Id", isOptional: true },
  { id: "session", name: "Session", isOptional: true },
  { id: "run", name: "Run", isOptional: true },
  { id: "attempts", name: "Attempts", isOptional: true },
  { id: "key", name: "Key", isOptional: true },
  { id: "due", name: "Due", isOptional: true },
  { id: "expires", name: "Expires", isOptional: true },
  { id: "added", name: "Added", isOptional: true },
  { id: "version", name: "Version", isOptional: true },
  { id: "metadata", name: "Metadata", isOptional: true },
  { id: "since", name: "Since" },
] as const satisfies readonly ListColumn[];

/** Waiting tasks come first: they are what can still be changed. */
export const TASK_QUERY: QueryPage<QueueFilter> = {
  page: "queue",
  words: { field: "search", help: "Part of the title, or the whole id" },
  keys: [
    { name: "queue", kind: "text", fields: { ":": "queue" }, help: "Queue" },
    { name: "lane", kind: "text", fields: { ":": "lane" }, help: "Lane" },
    {
      name: "state",
      kind: "choice",
      fields: { ":": "state" },
      values: TASK_LIST_STATES,
      help: "How it stands; pending where nothing is said",
    },
    { name: "profile", kind: "text", fields: { ":": "profile" }, help: "Backend profile" },
    { name: "project", kind: "text", fields: { ":": "project" }, help: "Project" },
    { name: "session", kind: "id", fields: { ":": "session" }, help: "Id of the session that it is for" },
    { name: "failure", kind: "choice", fields: { ":": "failure" }, values: FAILURE_KINDS, help: "How it failed" },
    { name: "key", kind: "text", fields: { ":": "key" }, help: "Concurrency key" },
    { name: "after", kind: "id", fields: { ":": "after" }, help: "Id of a task that they come after" },
    { name: "parked", kind: "flag", fields: { ":": "parked" }, help: "Whether a provider's limit holds it up" },
    { name: "unread", kind: "flag", fields: { ":": "unread" }, help: "Changed since you last looked" },
    ...metadataKeys(),
    ...rangeKeys("it was added"),
    { name: "title", kind: "text", fields: { "~": "search" }, help: "Part of the title", isAlias: true },
  ],
  arrangements: { columns: TASK_COLUMNS, groups: [] },
  none: {
    queue: null,
    lane: null,
    state: "pending",
    search: "",
    ...ANY_TIME,
    profile: null,
    project: null,
    session: null,
    failure: null,
    key: null,
    parked: null,
    unread: null,
    after: null,
    metadata: null,
  },
};

type TasksInput = Omit<ListTasksInput, "cursor" | "limit" | "sort" | "updatedAfter" | "tenantId">;

/** Converts a filter to the server's input; prefetch, hook and counts share it. */
export function tasksInput(filter: QueueFilter, readerId: string | null): TasksInput {
  const { profile, project, session, failure, key, after, parked, unread } = filter;
  return {
    ...(readerId === null ? {} : { readerId }),
    ...(profile === null ? {} : { backendProfile: profile }),
    ...(project === null ? {} : { projectId: project }),
    ...(session === null ? {} : { sessionId: session }),
    ...(failure === null ? {} : { failureKind: failure }),
    ...(key === null ? {} : { concurrencyKey: key }),
    ...(after === null ? {} : { dependsOn: after }),
    ...(parked === null ? {} : { parked }),
    ...(unread === null ? {} : { unread }),
    ...(filter.queue === null ? {} : { queue: filter.queue }),
    ...(filter.lane === null ? {} : { lane: filter.lane }),
    ...(filter.state === "all" ? {} : { state: filter.state }),
    ...(filter.search === "" ? {} : { search: filter.search }),
    ...metadataInput(filter.metadata),
    ...rangeInput(filter),
  };
}
