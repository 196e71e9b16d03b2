import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { ListSessionsInput } from "@/contract/session";
import { SESSION_LIST_STATES, STORAGE_KINDS } from "@/contract/words";

/** The sessions page's filter, as its address holds it. */
export const SESSION_FILTERS = {
  state: parseAsStringLiteral(SESSION_LIST_STATES).withDefault("default"),
  profile: parseAsString,
  storage: parseAsStringLiteral(STORAGE_KINDS),
  search: parseAsString.withDefault(""),
  project: parseAsString,
};

export type SessionFilter = {
  state: (typeof SESSION_LIST_STATES)[number];
  profile: string | null;
  storage: (typeof STORAGE_KINDS)[number] | null;
  search: string;
  project: string | null;
};

/** The query that a filter stands for; prefetch and hook share it, so that their keys cannot drift. */
export function sessionsInput(
  filter: SessionFilter,
  readerId: string,
): Partial<ListSessionsInput> & { readerId: string } {
  return {
    state: filter.state,
    readerId,

    ...(filter.profile === null ? {} : { backendProfile: filter.profile }),
    ...(filter.storage === null ? {} : { storageKind: filter.storage }),
    ...(filter.project === null ? {} : { projectId: filter.project }),
    ...(filter.search === "" ? {} : { search: filter.search }),
  };
}

export function isFiltered(filter: SessionFilter): boolean {
  return (
    filter.state !== "default" ||
    filter.profile !== null ||
    filter.storage !== null ||
    filter.search !== "" ||
    filter.project !== null
  );
}

/** A filter in words: `idle, profile demo`. */
export function filterWords({ state, profile, storage, search, project }: SessionFilter): string {
  const parts = [
    state === "default" ? "in the default view" : state === "all" ? null : state,
    profile && `profile ${profile}`,
    storage && `storage ${storage}`,
    project && `project ${project}`,
    search && `“${search}”`,
  ];
  const words = parts.filter((part) => part !== null && part !== "").join(", ");
  return words === "" ? "every session" : words;
}
