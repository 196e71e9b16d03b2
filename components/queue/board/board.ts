import type { GROUPINGS, QueueFilter } from "@/components/queue/filter";
import type { QueueTaskSummary, TaskState } from "@/contract/queue";
import type { QueueControl } from "@/contract/queue-control";

export type Grouping = (typeof GROUPINGS)[number];

/** The columns of a board by state, in the order in which a task goes through them. */
export const STATE_COLUMNS = [
  "pending",
  "dispatched",
  "running",
  "parked",
  "completed",
  "failed",
  "cancelled",
] as const;
export type StateColumn = (typeof STATE_COLUMNS)[number];
export const COLUMN_NAMES: Record<StateColumn, string> = {
  pending: "Waiting",
  dispatched: "Starting",
  running: "Running",
  parked: "Parked",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** Lanes that are columns at first, and so many more at a time. */
export const LANES_SHOWN = 8;

type BoardFilter = Partial<Pick<QueueFilter, "state" | "queue" | "lane" | "parked">>;
/** A column: what it is called, and what narrows the filter to it. */
export type Column = {
  key: string;
  name: string;
  state: StateColumn | null;
  lane: { queue: string; lane: string } | null;
  filter: BoardFilter;
  /** What waits in a lane, as the counters have it; null for a state. */
  waiting: number | null;
};

/** The columns that a filter leaves of the states: all, unless it names one. */
export function stateColumns(filter: Pick<QueueFilter, "state" | "parked">): Column[] {
  const isShown = (column: StateColumn) => {
    if (filter.parked !== null) return filter.parked === (column === "parked");
    if (filter.state === "pending" || filter.state === "all") return true;
    return filter.state === column;
  };
  // What waits is asked for with what is parked, which an index has together, and each goes to its column; but not where
  // none is for what is parked.
  const isApart = filter.parked === false;
  const filterOf = (state: StateColumn): BoardFilter =>
    state === "parked"
      ? { state: "pending", parked: true }
      : { state, parked: state === "pending" && isApart ? false : null };
  return STATE_COLUMNS.filter(isShown).map((state) => ({
    ...{ key: state, name: COLUMN_NAMES[state], state, lane: null, filter: filterOf(state), waiting: null },
  }));
}

type Parked = { items: readonly unknown[]; cursor: string | null };

/** What the counters know of a state's column; null where that is not all there is to know. */
export function countOf(
  { state }: Column,
  byState: Partial<Record<TaskState, number>>,
  parked: Parked | undefined,
): number | null {
  if (state === null || state === "parked") return null;
  const count = byState[state] ?? 0;
  if (state !== "pending") return count;
  // The counters know no difference between what waits and what is parked.
  return parked === undefined || parked.cursor !== null ? null : Math.max(0, count - parked.items.length);
}

/** The lanes of a filter as columns, those with the most to do first, then by name. */
export function laneColumns(
  filter: Pick<QueueFilter, "queue" | "lane">,
  controls: readonly QueueControl[],
): (Column & { waiting: number; running: number })[] {
  const lanes = new Map<string, Column & { waiting: number; running: number }>();
  const queues = new Set(controls.map(({ queue }) => queue));
  for (const { queue, lane, waiting, running } of controls) {
    if (lane === null || (filter.queue ?? queue) !== queue || (filter.lane ?? lane) !== lane) continue;
    const key = laneKey({ queue, lane });
    const entry = lanes.get(key);
    // A control of all tenants counts those of each: the larger figure is of both.
    const maxOf = (figure: number, of: number | undefined) => Math.max(figure, of ?? 0);
    lanes.set(key, {
      ...{ key, name: queues.size > 1 && filter.queue === null ? `${queue} / ${lane}` : lane },
      ...{ state: null, lane: { queue, lane }, filter: { queue, lane } },
      ...{ waiting: maxOf(waiting, entry?.waiting), running: maxOf(running, entry?.running) },
    });
  }
  const busy = (column: { waiting: number; running: number }) => (column.waiting + column.running > 0 ? 0 : 1);
  return [...lanes.values()].sort((a, b) => busy(a) - busy(b) || (a.key < b.key ? -1 : 1));
}

export const laneKey = ({ queue, lane }: { queue: string; lane: string }): string => JSON.stringify([queue, lane]);

/** The key of the column that a task stands in. */
export function columnOf(task: Pick<QueueTaskSummary, "state" | "parkedAt" | "queue" | "lane">, by: Grouping): string {
  if (by === "lane") return laneKey(task);
  return task.state === "pending" && task.parkedAt !== null ? "parked" : task.state;
}

/**
 * Every task that some column was told of, in the column where it now stands: one that has just moved is there before
 * its column is asked for again. What waits or runs goes by priority and age, what is over by when it ended.
 */
export function distributeCards(
  pages: readonly (readonly QueueTaskSummary[])[],
  columns: readonly Column[],
  by: Grouping,
): Map<string, QueueTaskSummary[]> {
  const newest = new Map<string, QueueTaskSummary>();
  for (const task of pages.flat()) {
    const newer = newest.get(task.id);
    if (newer === undefined || newer.version < task.version) newest.set(task.id, task);
  }
  const cardsByColumn = new Map(columns.map(({ key }) => [key, [] as QueueTaskSummary[]]));
  for (const task of newest.values()) cardsByColumn.get(columnOf(task, by))?.push(task);
  for (const column of columns) cardsByColumn.get(column.key)?.sort(isTerminalColumn(column.state) ? byEnd : byOrder);
  return cardsByColumn;
}

export function isTerminalColumn(state: StateColumn | null): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}

const byText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);
const byEnd = (a: QueueTaskSummary, b: QueueTaskSummary): number => b.version - a.version;
const byOrder = (a: QueueTaskSummary, b: QueueTaskSummary): number =>
  b.priority - a.priority || Date.parse(a.createdAt) - Date.parse(b.createdAt) || byText(a.id, b.id);

/** The card that a key goes to: up and down in its column, aside to the same height of the next column that has any. */
export function neighbourOf(
  columns: readonly (readonly string[])[],
  cursor: string | null,
  { dx, dy }: { dx: number; dy: number },
): string | null {
  const filled = columns.filter((column) => column.length > 0);
  const at = filled.findIndex((column) => cursor !== null && column.includes(cursor));
  const currentColumn = filled[at];
  if (currentColumn === undefined || cursor === null) return filled[0]?.[0] ?? null;
  const row = currentColumn.indexOf(cursor);
  const clamp = (index: number, length: number) => Math.max(0, Math.min(length - 1, index));
  const target = filled[clamp(at + dx, filled.length)] ?? currentColumn;
  return target[clamp(row + dy, target.length)] ?? cursor;
}
