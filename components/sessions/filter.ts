import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { parseAsHours, RANGE_FILTERS } from "@/components/ui/time-range";
import { conditionsOf } from "@/contract/query/page";
import { SESSION_QUERY, type SessionFilter } from "@/contract/query/sessions";
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
  ...RANGE_FILTERS,
};

export function isFiltered(filter: SessionFilter): boolean {
  return conditionsOf(SESSION_QUERY, filter).length > 0;
}

/** A filter in words, all of it: `idle, profile demo, age > 2d`. */
export function filterWords(filter: SessionFilter): string {
  const { state } = filter;
  const view = state === "all" ? [] : [VIEW_WORDS[state] ?? state];
  const rest = conditionWords(SESSION_QUERY, { ...filter, state: "default" });
  return [...view, ...rest].join(", ") || "every session";
}
const VIEW_WORDS: { [State in SessionFilter["state"]]?: string } = {
  default: "in the default view",
  "needs-me": "that needs me",
};

