import { expect, test } from "vitest";
import { movedBetween } from "./moved-rows";

test("marks rows behind an inserted or removed row as moved, and not the inserted ones", () => {
  expect([...movedBetween(["a", "b", "c"], ["a", "c"])]).toEqual(["c"]);
  expect([...movedBetween(["a", "b"], ["x", "a", "b"])]).toEqual(["a", "b"]);
  expect([...movedBetween(["a", "b"], ["a", "b", "c"])]).toEqual([]);
  expect([...movedBetween(["a", "b"], ["a", "b"])]).toEqual([]);
  expect([...movedBetween(["a"], [])]).toEqual([]);
});
