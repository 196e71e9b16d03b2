import type { ListSessionsInput } from "@/contract/session";
import { FAILURE_KINDS, SESSION_LIST_STATES, STORAGE_KINDS } from "@/contract/words";
import type { ListColumn } from "./arrangement";
import { metadataInput, metadataKeys } from "./metadata";
import type { QueryPage } from "./page";
import { ANY_TIME, minutesOf, type RangeFilter, rangeInput, rangeKeys } from "./range";

export type SessionFilter = RangeFilter & {
  state: (typeof SESSION_LIST_STATES)[number];
  profile: string | null;
  project: string | null;
  storage: (typeof STORAGE_KINDS)[number] | null;
  unread: boolean | null;
  failed: boolean | null;
  failure: string | null;
  /** In hours. */
  expires: number | null;
  /** Pairs as one text: `team:shop ticket:7`. */
  metadata: string | null;
  search: string;
};

/** How many days an evicted session stays in the default view. The console applies it to what the stream reports. */
export const EVICTED_SHOWN_DAYS = 7;

/** The columns of sessions, beside state and name. */
export const SESSION_COLUMNS = [
  { id: "profile", name: "Profile" },
  { id: "project", name: "Project" },
  { id: "tenant", name: "Tenant", isOptional: true },
  { id: "id", name: "Id", isOptional: true },
  { id: "thread", name: "Thread", isOptional: true },
  { id: "conversation", name: "Conversation", isOptional: true },
  { id: "run", name: "Run", isOptional: true },
  { id: "failure", name: "Failure", isOptional: true },
  { id: "said", name: "Last said", isOptional: true },
  { id: "tokens", name: "Tokens", isOptional: true },
  { id: "events", name: "Last event", isOptional: true },
  { id: "version", name: "Version", isOptional: true },
  { id: "metadata", name: "Metadata", isOptional: true },
  { id: "approvals", name: "Approvals" },
  { id: "storage", name: "Storage" },
  { id: "bytes", name: "Bytes", isOptional: true },
  { id: "files", name: "Files", isOptional: true },
  { id: "volume", name: "Volume", isOptional: true },
  { id: "expires", name: "Expires", isOptional: true },
  { id: "created", name: "Created", isOptional: true },
  { id: "activity", name: "Last activity" },
] as const satisfies readonly ListColumn[];
const GROUPS = [
  { id: "project", name: "By project" },
  { id: "state", name: "By state" },
] as const;
export type SessionGroup = (typeof GROUPS)[number]["id"];

export const SESSION_QUERY: QueryPage<SessionFilter> = {
  page: "sessions",
  words: { field: "search", help: "Part of the title or of the id" },
  keys: [
    {
      name: "state",
      kind: "choice",
      fields: { ":": "state" },
      values: SESSION_LIST_STATES,
      help: "What it does now; default leaves out what was evicted long ago",
    },
    { name: "profile", kind: "text", fields: { ":": "profile" }, help: "Backend profile" },
    { name: "project", kind: "text", fields: { ":": "project" }, help: "Project" },
    { name: "storage", kind: "choice", fields: { ":": "storage" }, values: STORAGE_KINDS, help: "Kind of storage" },
    { name: "unread", kind: "flag", fields: { ":": "unread" }, help: "Changed since you last looked" },
    { name: "failed", kind: "flag", fields: { ":": "failed" }, help: "Whether its last work failed" },
    { name: "failure", kind: "choice", fields: { ":": "failure" }, values: FAILURE_KINDS, help: "How it failed" },
    { name: "expires", kind: "duration", fields: { "<": "expires" }, help: "Time until it expires" },
    ...metadataKeys(),
    ...rangeKeys("its last change"),
    { name: "title", kind: "text", fields: { "~": "search" }, help: "Part of the title or of the id", isAlias: true },
  ],
  arrangements: { columns: SESSION_COLUMNS, groups: GROUPS },
  none: {
    state: "default",
    profile: null,
    project: null,
    storage: null,
    search: "",
    metadata: null,
    unread: null,
    failed: null,
    failure: null,
    expires: null,
    ...ANY_TIME,
  },
};

/** Converts a filter to the server's input; prefetch, hook and counts share it. */
export function sessionsInput(filter: SessionFilter, readerId: string | null): Partial<ListSessionsInput> {
  const { state, profile, storage, project, search, unread, failed, failure, expires } = filter;
  return {
    state,
    ...(readerId === null ? {} : { readerId }),
    ...(profile === null ? {} : { backendProfile: profile }),
    ...(storage === null ? {} : { storageKind: storage }),
    ...(project === null ? {} : { projectId: project }),
    ...(search === "" ? {} : { search }),
    ...(unread === null ? {} : { unread }),
    ...(failed === null ? {} : { hasFailure: failed }),
    ...(failure === null ? {} : { failureKind: failure }),
    ...(expires === null ? {} : { expiresWithinMinutes: minutesOf(expires) }),
    ...metadataInput(filter.metadata),
    ...rangeInput(filter),
  };
}
