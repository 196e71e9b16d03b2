import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { type StorageFilter, storageInput } from "@/contract/query/storage";
import type { Session } from "@/contract/session";
import { STORAGE_KINDS, STORAGE_SORTS, STORAGE_STATES } from "@/contract/words";

export { type StorageFilter, type StorageScope, scopeInput, storageInput } from "@/contract/query/storage";

export const STORAGE_VIEWS = ["volumes", "clean-up", "orphans"] as const;
export type StorageViewName = (typeof STORAGE_VIEWS)[number];

/** The storage page's filter, as its address holds it. */
export const STORAGE_FILTERS = {
  state: parseAsStringLiteral(STORAGE_STATES),
  kind: parseAsStringLiteral(STORAGE_KINDS),
  tenant: parseAsString,
  project: parseAsString,
  search: parseAsString.withDefault(""),
  pinned: parseAsBoolean,
  expired: parseAsBoolean,
  sort: parseAsStringLiteral(STORAGE_SORTS).withDefault("updatedAt"),
};

/** Whether some rows are left out; another order leaves out none. */
export function isFiltered(filter: StorageFilter): boolean {
  return Object.keys(storageInput({ ...filter, sort: "updatedAt" })).length > 0;
}

/** Whether the list would show a session made a while ago, by what its frame tells; the server decides by the same. */
export function fits(filter: StorageFilter, session: Session, nowMs: number): boolean {
  const { state, kind, tenant, project, search, pinned, expired } = filter;
  const hasExpired = session.expiresAt !== null && Date.parse(session.expiresAt) <= nowMs;
  const searched = [session.title, session.sessionId, session.storagePvcName];
  return (
    (tenant === null || tenant === session.tenantId) &&
    (project === null || project === session.projectId) &&
    (kind === null || kind === session.storageKind) &&
    (state === null ? kind !== null || session.storageState !== "none" : state === session.storageState) &&
    // A pin is in no frame, and nothing is made pinned.
    pinned !== true &&
    (expired === null || expired === hasExpired) &&
    searched.some((text) => text?.toLowerCase().includes(search.toLowerCase()))
  );
}
