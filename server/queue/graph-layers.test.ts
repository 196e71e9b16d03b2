import { expect, test } from "vitest";
import { layersOf } from "./graph-layers";

const of = (graph: Record<string, string[]>) => Object.fromEntries(layersOf(new Map(Object.entries(graph))));

test("each task stands behind all that it comes after, on the longest way", () => {
  expect(of({ d: ["c", "a"], c: ["b"], b: ["a"], a: [] })).toEqual({ a: 0, b: 1, c: 2, d: 3 });
  expect(of({})).toEqual({});
});

test("what comes after nothing stands directly before the first that comes after it", () => {
  expect(of({ a: [], b: ["a"], c: ["b", "late"], d: ["c", "late"], late: [] })).toMatchObject({ c: 2, d: 3, late: 1 });
});

test("what is not among them is passed over", () => {
  expect(of({ a: ["gone"], b: ["a", "gone"] })).toEqual({ a: 0, b: 1 });
});
