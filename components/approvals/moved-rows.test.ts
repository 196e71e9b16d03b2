import { expect, test } from "vitest";
import { movedBetween } from "./moved-rows";

test("rows behind one that went or came have moved; those before it, and those that came, have not", () => {
  expect([...movedBetween(["a", "b", "c"], ["a", "c"])]).toEqual(["c"]);
  expect([...movedBetween(["a", "b"], ["x", "a", "b"])]).toEqual(["a", "b"]);
  expect([...movedBetween(["a", "b"], ["a", "b", "c"])]).toEqual([]);
  expect([...movedBetween(["a", "b"], ["a", "b"])]).toEqual([]);
  expect([...movedBetween(["a"], [])]).toEqual([]);
});
