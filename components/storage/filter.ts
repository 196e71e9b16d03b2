import { createParser, parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { parseAsHours } from "@/components/ui/time/time-range";
import { parseSize } from "@/contract/query/kinds";
import { STORAGE_QUERY, type StorageFilter, storageInput } from "@/contract/query/storage";
import type { Session } from "@/contract/session";
import { ARCHIVE_STANDINGS, STORAGE_KINDS, STORAGE_SORTS, STORAGE_STATES } from "@/contract/words";

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
  expires: parseAsHours,
  attached: parseAsBoolean,
  healthy: parseAsBoolean,
  archive: parseAsStringLiteral(ARCHIVE_STANDINGS),
  larger: createParser({ parse: (typed) => (parseSize(typed) === null ? null : typed), serialize: String }),
  sort: parseAsStringLiteral(STORAGE_SORTS).withDefault("updatedAt"),
};

const HOUR_MS = 3_600_000;

/** What a filter asks the server for, but the order: which volumes are meant, whatever comes first. */
export function matchingInput(filter: StorageFilter): ReturnType<typeof storageInput> {
  return storageInput({ ...filter, sort: "updatedAt" });
}

/** Whether some rows are left out; another order leaves out none. */
export function isFiltered(filter: StorageFilter): boolean {
  return Object.keys(matchingInput(filter)).length > 0;
}

/** A filter in words, all of it but its order: `live, not pinned, size > 1GiB`. */
export function filterWords(filter: StorageFilter): string {
  return conditionWords(STORAGE_QUERY, { ...filter, sort: "updatedAt" }).join(", ") || "all volumes";
}

/** Whether the list would show a session made a while ago, by what its frame tells; the server decides by the same. */
export function fits(filter: StorageFilter, session: Session, nowMs: number): boolean {
  const { state, kind, tenant, project, search, pinned, expired, expires, attached, healthy, archive, larger } = filter;
  const expiresMs = session.expiresAt === null ? null : Date.parse(session.expiresAt);
  const hasExpired = expiresMs !== null && expiresMs <= nowMs;
  const searched = [session.title, session.sessionId, session.storagePvcName];
  return (
    (tenant === null || tenant === session.tenantId) &&
    (project === null || project === session.projectId) &&
    (kind === null || kind === session.storageKind) &&
    (state === null ? kind !== null || session.storageState !== "none" : state === session.storageState) &&
    // A pin is in no frame, and nothing is made pinned.
    pinned !== true &&
    (expired === null || expired === hasExpired) &&
    (expires === null || (!hasExpired && expiresMs !== null && expiresMs - nowMs <= expires * HOUR_MS)) &&
    // What was only just made holds nothing, and no run has it.
    attached !== true &&
    healthy !== false &&
    (archive === null || archive === "none") &&
    larger === null &&
    searched.some((text) => text?.toLowerCase().includes(search.toLowerCase()))
  );
}
