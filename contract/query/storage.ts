import type { ListStorageInput } from "@/contract/storage";
import { STORAGE_KINDS, STORAGE_SORTS, STORAGE_STATES } from "@/contract/words";
import type { ListColumn } from "./arrangement";
import type { QueryPage } from "./page";

export type StorageFilter = {
  state: (typeof STORAGE_STATES)[number] | null;
  kind: (typeof STORAGE_KINDS)[number] | null;
  tenant: string | null;
  project: string | null;
  search: string;
  pinned: boolean | null;
  expired: boolean | null;
  sort: (typeof STORAGE_SORTS)[number];
};

/** The columns of volumes beside state and session. */
export const STORAGE_COLUMNS = [
  { id: "project", name: "Project" },
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
    { name: "sort", kind: "choice", fields: { ":": "sort" }, values: STORAGE_SORTS, help: "Order of the list" },
    { name: "title", kind: "text", fields: { "~": "search" }, help: "Part of the title", isAlias: true },
  ],
  arrangements: { columns: STORAGE_COLUMNS, groups: [] },
  none: {
    ...{ state: null, kind: null, tenant: null, project: null },
    ...{ search: "", pinned: null, expired: null, sort: "updatedAt" },
  },
};

/** Whose volumes a filter is about, whatever their state: the totals and the picture are of these. */
export type StorageScope = Pick<StorageFilter, "tenant" | "project">;

export function scopeInput(scope: StorageScope): Pick<Partial<ListStorageInput>, "tenantId" | "projectId"> {
  return {
    ...(scope.tenant === null ? {} : { tenantId: scope.tenant }),
    ...(scope.project === null ? {} : { projectId: scope.project }),
  };
}

/** What a filter asks the server for; prefetch, hook and counts share it. */
export function storageInput(filter: StorageFilter): Partial<ListStorageInput> {
  return {
    ...scopeInput(filter),
    ...(filter.state === null ? {} : { storageState: filter.state }),
    ...(filter.kind === null ? {} : { storageKind: filter.kind }),
    ...(filter.search === "" ? {} : { search: filter.search }),
    ...(filter.pinned === null ? {} : { pinned: filter.pinned }),
    ...(filter.expired === null ? {} : { isExpired: filter.expired }),
    ...(filter.sort === "updatedAt" ? {} : { sort: filter.sort }),
  };
}
