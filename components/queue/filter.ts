import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { parseAsPairs } from "@/components/query/metadata-param";
import { RANGE_FILTERS } from "@/components/ui/time/time-range";
import { conditionsOf } from "@/contract/query/page";
import { type QueueFilter, TASK_LIST_STATES, TASK_QUERY } from "@/contract/query/tasks";
import type { QueueScopeInput } from "@/contract/queue";

export const LAYOUTS = ["table", "board"] as const;
export const GROUPINGS = ["state", "lane"] as const;
export const QUEUE_TABS = ["tasks", "lanes", "charts"] as const;
export type QueueTab = (typeof QUEUE_TABS)[number];

export { type QueueFilter, TASK_LIST_STATES, tasksInput } from "@/contract/query/tasks";

/** The queue page's filter, as its address holds it. What waits comes first: it is what can still be changed. */
export const QUEUE_FILTERS = {
  queue: parseAsString,
  lane: parseAsString,
  state: parseAsStringLiteral(TASK_LIST_STATES).withDefault("pending"),
  search: parseAsString.withDefault(""),
  profile: parseAsString,
  project: parseAsString,
  session: parseAsString,
  failure: parseAsString,
  key: parseAsString,
  after: parseAsString,
  parked: parseAsBoolean,
  unread: parseAsBoolean,
  metadata: parseAsPairs,
  ...RANGE_FILTERS,
};

/** How the tasks are shown, as the address holds it. */
export const BOARD_PARAMS = {
  as: parseAsStringLiteral(LAYOUTS).withDefault("table"),
  by: parseAsStringLiteral(GROUPINGS).withDefault("state"),
};

/** Which tab of the page is shown, as the address holds it. */
export const TAB_PARAMS = { view: parseAsStringLiteral(QUEUE_TABS).withDefault("tasks") };

/** What the figures above the tasks are of: one queue, or all. */
export function scopeInput(filter: Pick<QueueFilter, "queue">): Pick<QueueScopeInput, "queue"> {
  return filter.queue === null ? {} : { queue: filter.queue };
}

/** Whether something but the queue narrows the list further than it is at first. */
export function isFiltered(filter: QueueFilter): boolean {
  return conditionsOf(TASK_QUERY, { ...filter, queue: null }).length > 0;
}

/** A filter in words, all of it: `lane ci, waiting`. */
export function filterWords(filter: QueueFilter): string {
  const { queue, lane, state } = filter;
  const laneWords = conditionWords(TASK_QUERY, { ...TASK_QUERY.none, queue, lane });
  const standing = state === "all" ? [] : [state === "pending" ? "waiting" : state];
  const otherConditions = conditionWords(TASK_QUERY, { ...filter, queue: null, lane: null, state: "pending" });
  return [...laneWords, ...standing, ...otherConditions].join(", ") || "every task";
}
