import { expect, test } from "vitest";
import { TASK_QUERY } from "@/contract/query/tasks";
import type { QueueTaskSummary } from "@/contract/queue";
import type { QueueControl } from "@/contract/queue-control";
import { columnOf, countOf, distributeCards, laneColumns, laneKey, neighbourOf, stateColumns } from "./board";

const none = TASK_QUERY.none;
const card = (id: string, more: Partial<QueueTaskSummary> = {}): QueueTaskSummary =>
  ({
    ...{ id, state: "pending", parkedAt: null, queue: "q", lane: "l", priority: 0, version: 1 },
    ...{ createdAt: "2026-01-01T00:00:00Z", ...more },
  }) as QueueTaskSummary;
const control = (queue: string, lane: string | null, more: Partial<QueueControl> = {}): QueueControl =>
  ({ tenantId: "*", queue, lane, waiting: 0, running: 0, ...more }) as QueueControl;

test("a board by state has every state, unless the filter names one", () => {
  const keys = (filter: Partial<typeof none>) => stateColumns({ ...none, ...filter }).map(({ key }) => key);
  const all = ["pending", "dispatched", "running", "parked", "completed", "failed", "cancelled"];
  expect(keys({})).toEqual(all);
  expect(keys({ state: "all" })).toEqual(all);
  expect(keys({ state: "failed" })).toEqual(["failed"]);
  expect(keys({ parked: true })).toEqual(["parked"]);
  expect(keys({ parked: false })).not.toContain("parked");
  // What waits is asked for without the parked where nobody takes those from among them.
  const askedOf = (parked: boolean | null) =>
    stateColumns({ ...none, parked }).map(({ key, filter }) => [key, filter.parked]);
  expect(askedOf(false)).toContainEqual(["pending", false]);
  expect(askedOf(null)).toContainEqual(["pending", null]);
});

test("a column's count excludes parked tasks, once all counts are known", () => {
  const [pending, , running, parked] = stateColumns(none);
  const byState = { pending: 60, running: 4 };
  const counted = (column: typeof pending, of: { items: unknown[]; cursor: string | null } | undefined) =>
    column && countOf(column, byState, of);
  expect(counted(pending, { items: Array(20), cursor: null })).toBe(40);
  expect(counted(pending, { items: Array(25), cursor: "more" })).toBeNull();
  expect(counted(pending, undefined)).toBeNull();
  expect(counted(running, undefined)).toBe(4);
  expect(counted(parked, { items: Array(20), cursor: null })).toBeNull();
});

test("each lane is one column, busy ones first, by the totals of all tenants", () => {
  const controls = [
    control("q", null, { waiting: 9 }),
    control("q", "b"),
    control("q", "a", { waiting: 3 }),
    control("q", "a", { tenantId: "t", waiting: 1, running: 1 }),
    control("other", "z", { running: 1 }),
  ];
  const columnsFor = (filter: Partial<typeof none>) =>
    laneColumns({ ...none, ...filter }, controls).map(({ name, waiting, running }) => [name, waiting, running]);
  expect(columnsFor({})).toEqual([
    ["other / z", 0, 1],
    ["q / a", 3, 1],
    ["q / b", 0, 0],
  ]);
  expect(columnsFor({ queue: "q" })).toEqual([
    ["a", 3, 1],
    ["b", 0, 0],
  ]);
  expect(columnsFor({ queue: "q", lane: "b" })).toEqual([["b", 0, 0]]);
});

test("a moved task appears only in its new column, in order", () => {
  const columns = stateColumns(none);
  const dealt = distributeCards(
    [
      [card("a"), card("b", { state: "running", version: 5 }), card("p", { parkedAt: "2026-01-01T00:00:00Z" })],
      [card("b", { version: 2 }), card("c", { state: "running", priority: 3 })],
      [card("old", { state: "completed", version: 3, priority: 9 }), card("new", { state: "completed", version: 8 })],
      [card("urgent", { priority: 1 }), card("first", { createdAt: "2025-12-31T00:00:00Z" })],
    ],
    columns,
    "state",
  );
  const ids = (key: string) => dealt.get(key)?.map(({ id }) => id);
  expect(ids("pending")).toEqual(["urgent", "first", "a"]);
  expect(ids("running")).toEqual(["c", "b"]);
  expect(ids("parked")).toEqual(["p"]);
  expect(ids("completed")).toEqual(["new", "old"]);
  expect(columnOf(card("x"), "lane")).toBe(laneKey({ queue: "q", lane: "l" }));
});

test("keys move within a column, and sideways to the next non-empty one", () => {
  const columns = [["a1", "a2", "a3"], [], ["c1"], ["d1", "d2"]];
  const go = (from: string | null, dx: number, dy: number) => neighbourOf(columns, from, { dx, dy });
  expect(go(null, 0, 1)).toBe("a1");
  expect(go("gone", 1, 0)).toBe("a1");
  expect(go("a1", 0, 1)).toBe("a2");
  expect(go("a3", 0, 1)).toBe("a3");
  expect(go("a1", 0, -1)).toBe("a1");
  expect(go("a2", 1, 0)).toBe("c1");
  expect(go("c1", 1, 0)).toBe("d1");
  expect(go("d2", 1, 0)).toBe("d2");
  expect(go("d2", -1, 0)).toBe("c1");
  expect(neighbourOf([[], []], null, { dx: 0, dy: 1 })).toBeNull();
});
