import type { ListStorageInput } from "@/contract/storage";
import { ARCHIVE_STANDINGS, STORAGE_KINDS, STORAGE_SORTS, STORAGE_STATES } from "@/contract/words";
import type { ListColumn } from "./arrangement";
import { parseSize } from "./kinds";
import type { QueryPage } from "./page";
import { minutesOf } from "./range";

export type StorageFilter = {
  state: (typeof STORAGE_STATES)[number] | null;
  kind: (typeof STORAGE_KINDS)[number] | null;
  tenant: string | null;
  project: string | null;
  search: string;
  pinned: boolean | null;
  expired: boolean | null;
  /** In hours. */
  expires: number | null;
  attached: boolean | null;
  healthy: boolean | null;
  archive: (typeof ARCHIVE_STANDINGS)[number] | null;
  /** As typed, such as `1GiB`. */
  larger: string | null;
  sort: (typeof STORAGE_SORTS)[number];
};

/** The columns of volumes, beside state and session. */
export const STORAGE_COLUMNS = [
  { id: "project", name: "Project" },
  { id: "kind", name: "Kind", isOptional: true },
  { id: "size", name: "Size" },
  { id: "digest", name: "Digest", isOptional: true },
  { id: "measured", name: "Measured", isOptional: true },
  { id: "requested", name: "Requested", isOptional: true },
  { id: "phase", name: "PVC phase", isOptional: true },
  { id: "policy", name: "Policy", isOptional: true },
  { id: "archive", name: "Archive" },
  { id: "pinned", name: "Pinned", isOptional: true },
  { id: "run", name: "Run" },
  { id: "expires", name: "Expires" },
] as const satisfies readonly ListColumn[];

export const STORAGE_QUERY: QueryPage<StorageFilter> = {
  page: "storage",
  words: { field: "search", help: "Part of the title, the id or the volume's name" },
  keys: [
    {
      name: "state",
      kind: "choice",
      fields: { ":": "state" },
      values: STORAGE_STATES,
      help: "Where in its life it is",
    },
    { name: "kind", kind: "choice", fields: { ":": "kind" }, values: STORAGE_KINDS, help: "Kind of storage" },
    { name: "tenant", kind: "text", fields: { ":": "tenant" }, help: "Tenant" },
    { name: "project", kind: "text", fields: { ":": "project" }, help: "Project" },
    { name: "pinned", kind: "flag", fields: { ":": "pinned" }, help: "Kept from every collection" },
    { name: "expired", kind: "flag", fields: { ":": "expired" }, help: "Whether its time is over" },
    { name: "expires", kind: "duration", fields: { "<": "expires" }, help: "Time until a collection may take it" },
    { name: "attached", kind: "flag", fields: { ":": "attached" }, help: "Whether a run holds it" },
    {
      name: "healthy",
      kind: "flag",
      fields: { ":": "healthy" },
      help: "Whether it is there: neither lost nor being taken away",
    },
    {
      name: "archive",
      kind: "choice",
      fields: { ":": "archive" },
      values: ARCHIVE_STANDINGS,
      help: "Whether the newest archive holds the last turn",
    },
    { name: "size", kind: "size", fields: { ">": "larger" }, help: "Its size when it was last measured" },
    { name: "sort", kind: "choice", fields: { ":": "sort" }, values: STORAGE_SORTS, help: "Order of the list" },
    { name: "title", kind: "text", fields: { "~": "search" }, help: "Part of the title", isAlias: true },
  ],
  arrangements: { columns: STORAGE_COLUMNS, groups: [] },
  none: {
    state: null,
    kind: null,
    tenant: null,
    project: null,
    search: "",
    pinned: null,
    expired: null,
    sort: "updatedAt",
    expires: null,
    attached: null,
    healthy: null,
    archive: null,
    larger: null,
  },
};

/** The owners that a filter covers, whatever the volumes' state: totals and the size picture cover these. */
export type StorageScope = Pick<StorageFilter, "tenant" | "project">;

export function scopeInput(scope: StorageScope): Pick<Partial<ListStorageInput>, "tenantId" | "projectId"> {
  return {
    ...(scope.tenant === null ? {} : { tenantId: scope.tenant }),
    ...(scope.project === null ? {} : { projectId: scope.project }),
  };
}

/** Converts a filter to the server's input; prefetch, hook and counts share it. */
export function storageInput(filter: StorageFilter): Partial<ListStorageInput> {
  return {
    ...scopeInput(filter),
    ...(filter.state === null ? {} : { storageState: filter.state }),
    ...(filter.kind === null ? {} : { storageKind: filter.kind }),
    ...(filter.search === "" ? {} : { search: filter.search }),
    ...(filter.pinned === null ? {} : { pinned: filter.pinned }),
    ...(filter.expired === null ? {} : { isExpired: filter.expired }),
    ...(filter.expires === null ? {} : { expiresWithinMinutes: minutesOf(filter.expires) }),
    ...(filter.attached === null ? {} : { isAttached: filter.attached }),
    ...(filter.healthy === null ? {} : { isHealthy: filter.healthy }),
    ...(filter.archive === null ? {} : { archive: filter.archive }),
    ...(filter.larger === null ? {} : { largerThanBytes: parseSize(filter.larger) ?? undefined }),
    ...(filter.sort === "updatedAt" ? {} : { sort: filter.sort }),
  };
}
