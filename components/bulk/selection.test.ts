import { expect, test } from "vitest";
import { rangeOf, stepFrom, successorOf } from "./selection";

const IDS = ["a", "b", "c", "d"];

test("a range includes both ends in either direction", () => {
  expect(rangeOf(IDS, "b", "d")).toEqual(["b", "c", "d"]);
  expect(rangeOf(IDS, "d", "b")).toEqual(["b", "c", "d"]);
  expect(rangeOf(IDS, "gone", "b")).toEqual(["b"]);
  expect(rangeOf(IDS, null, "b")).toEqual(["b"]);
  expect(rangeOf(IDS, "a", "gone")).toEqual([]);
});

test("the cursor starts at an end and stays in the list", () => {
  expect(stepFrom(IDS, null, 1)).toBe("a");
  expect(stepFrom(IDS, null, -1)).toBe("d");
  expect(stepFrom(IDS, "d", 1)).toBe("d");
  expect(stepFrom(IDS, "b", 10)).toBe("d");
  expect(stepFrom([], "b", 1)).toBeNull();
});

test("the cursor of a removed row moves to the next one, else to the previous", () => {
  expect(successorOf(IDS, ["a", "d"], "b")).toBe("d");
  expect(successorOf(IDS, ["a"], "c")).toBe("a");
  expect(successorOf(IDS, ["c", "b"], "b")).toBe("b");
  expect(successorOf(IDS, [], "b")).toBeNull();
});
