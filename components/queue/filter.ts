import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { ListTasksInput, QueueScopeInput } from "@/contract/queue";
import { TASK_STATES } from "@/contract/words";

export const TASK_LIST_STATES = [...TASK_STATES, "all"] as const;

/** The queue page's filter, as its address holds it. What waits comes first: it is what can still be changed. */
export const QUEUE_FILTERS = {
  queue: parseAsString,
  lane: parseAsString,
  state: parseAsStringLiteral(TASK_LIST_STATES).withDefault("pending"),
  search: parseAsString.withDefault(""),
};

export type QueueFilter = {
  queue: string | null;
  lane: string | null;
  state: (typeof TASK_LIST_STATES)[number];
  search: string;
};

/** The tasks that a filter stands for; prefetch and hook share it, so that their keys cannot drift. */
export function tasksInput(filter: QueueFilter): Pick<ListTasksInput, "queue" | "lane" | "state" | "search"> {
  return {
    ...(filter.queue === null ? {} : { queue: filter.queue }),
    ...(filter.lane === null ? {} : { lane: filter.lane }),
    ...(filter.state === "all" ? {} : { state: filter.state }),
    ...(filter.search === "" ? {} : { search: filter.search }),
  };
}

/** What the figures above the tasks are of: one queue, or all. */
export function scopeInput(filter: Pick<QueueFilter, "queue">): Pick<QueueScopeInput, "queue"> {
  return filter.queue === null ? {} : { queue: filter.queue };
}

/** Whether something but the queue narrows the list further than it is at first. */
export function isFiltered(filter: QueueFilter): boolean {
  return filter.lane !== null || filter.search !== "" || filter.state !== "pending";
}

/** A filter in words: `lane ci, waiting`. */
export function filterWords(filter: QueueFilter): string {
  const parts = [
    filter.queue === null ? null : `queue ${filter.queue}`,
    filter.lane === null ? null : `lane ${filter.lane}`,
    filter.state === "all" ? null : filter.state === "pending" ? "waiting" : filter.state,
    filter.search === "" ? null : `“${filter.search}”`,
  ];
  const words = parts.filter((part) => part !== null).join(", ");
  return words === "" ? "every task" : words;
}
