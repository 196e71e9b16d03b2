import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { parseAsPairs } from "@/components/query/metadata-param";
import { parseAsHours, RANGE_FILTERS } from "@/components/ui/time/time-range";
import { hasPairs } from "@/contract/query/metadata";
import { conditionsOf } from "@/contract/query/page";
import { isInRange } from "@/contract/query/range";
import { EVICTED_SHOWN_DAYS, SESSION_QUERY, type SessionFilter } from "@/contract/query/sessions";
import type { Session } from "@/contract/session";
import { SESSION_LIST_STATES, STORAGE_KINDS } from "@/contract/words";

export { type SessionFilter, sessionsInput } from "@/contract/query/sessions";

/** The sessions page's filter, as its address holds it. */
export const SESSION_FILTERS = {
  state: parseAsStringLiteral(SESSION_LIST_STATES).withDefault("default"),
  profile: parseAsString,
  storage: parseAsStringLiteral(STORAGE_KINDS),
  search: parseAsString.withDefault(""),
  project: parseAsString,
  unread: parseAsBoolean,
  failed: parseAsBoolean,
  failure: parseAsString,
  expires: parseAsHours,
  metadata: parseAsPairs,
  ...RANGE_FILTERS,
};

const EVICTED_SHOWN_MS = EVICTED_SHOWN_DAYS * 86_400_000;
const HOUR_MS = 3_600_000;

/** Whether what the stream tells of a session says all that a filter asks: who has read it is known to the server alone. */
export function isAnnounced({ state, unread }: SessionFilter): boolean {
  return state !== "unread" && state !== "needs-me" && unread === null;
}

/** Whether the list would show a session that has just changed, as far as that is told; the server decides by the same. */
export function fits(filter: SessionFilter, session: Session, nowMs: number): boolean {
  const { profile, storage, project, failed, failure, expires } = filter;
  const search = filter.search.toLowerCase();
  return (
    isInState(filter.state, session, nowMs) &&
    (profile === null || profile === session.backendProfile) &&
    (storage === null || storage === session.storageKind) &&
    (project === null || project === session.projectId) &&
    (failed === null || failed === (session.failureKind !== null)) &&
    (failure === null || failure === session.failureKind) &&
    (expires === null || (session.expiresAt !== null && Date.parse(session.expiresAt) <= nowMs + expires * HOUR_MS)) &&
    (search === "" || [session.title ?? "", session.sessionId].some((text) => text.toLowerCase().includes(search))) &&
    hasPairs(session.metadata, filter.metadata) &&
    isInRange(filter, Date.parse(session.updatedAt), nowMs)
  );
}

function isInState(state: SessionFilter["state"], session: Session, nowMs: number): boolean {
  switch (state) {
    case "all":
    case "unread":
    case "needs-me":
      return true;
    case "default":
      return (
        session.storageKind !== "evicted" ||
        session.storageEvictedAt === null ||
        Date.parse(session.storageEvictedAt) > nowMs - EVICTED_SHOWN_MS
      );
    case "running":
    case "idle":
    case "terminal":
      return session.executionState === state;
    default:
      return state satisfies never;
  }
}

export function isFiltered(filter: SessionFilter): boolean {
  return conditionsOf(SESSION_QUERY, filter).length > 0;
}

const VIEW_WORDS: { [State in SessionFilter["state"]]?: string } = {
  default: "recent",
  "needs-me": "that needs me",
};

/** A filter in words, all of it: `idle, profile demo, age > 2d`. */
export function filterWords(filter: SessionFilter): string {
  const { state } = filter;
  const view = state === "all" ? [] : [VIEW_WORDS[state] ?? state];
  const otherConditions = conditionWords(SESSION_QUERY, { ...filter, state: "default" });
  return [...view, ...otherConditions].join(", ") || "every session";
}
