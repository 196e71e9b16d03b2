import { expect, test } from "vitest";
import { layersOf } from "./graph-layers";

const of = (graph: Record<string, string[]>) => Object.fromEntries(layersOf(new Map(Object.entries(graph))));

test("each task is placed after all its dependencies, by the longest path", () => {
  expect(of({ d: ["c", "a"], c: ["b"], b: ["a"], a: [] })).toEqual({ a: 0, b: 1, c: 2, d: 3 });
  expect(of({})).toEqual({});
});

test("a task without dependencies is placed directly before its first dependent", () => {
  expect(of({ a: [], b: ["a"], c: ["b", "late"], d: ["c", "late"], late: [] })).toMatchObject({ c: 2, d: 3, late: 1 });
});

test("ignores edges to tasks outside the graph", () => {
  expect(of({ a: ["gone"], b: ["a", "gone"] })).toEqual({ a: 0, b: 1 });
});
