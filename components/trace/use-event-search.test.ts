import { expect, test } from "vitest";
import { keepSearched, NOTHING_SEARCHED } from "./use-event-search";

test("a failed search keeps its results, and none of the previous search", () => {
  const searched = { ...NOTHING_SEARCHED, windowName: "tail", backToSeq: 400, fromSeq: 900, cursor: "c" };
  const error = new Error("gone");
  expect(keepSearched({ key: "a", searched, error: null }, "a", error)).toEqual({ key: "a", searched, error });
  expect(keepSearched({ key: "a", searched, error: null }, "b", error)).toEqual({
    key: "b",
    searched: NOTHING_SEARCHED,
    error,
  });
});
