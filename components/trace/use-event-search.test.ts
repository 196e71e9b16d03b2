import { expect, test } from "vitest";
import { keepSearched, NOTHING_SEARCHED } from "./use-event-search";

test("a look that fails keeps what it had searched, and nothing of what was looked for before", () => {
  const searched = { ...NOTHING_SEARCHED, windowName: "tail", backToSeq: 400, fromSeq: 900, cursor: "c" };
  const error = new Error("gone");
  expect(keepSearched({ key: "a", searched, error: null }, "a", error)).toEqual({ key: "a", searched, error });
  expect(keepSearched({ key: "a", searched, error: null }, "b", error)).toEqual({
    key: "b",
    searched: NOTHING_SEARCHED,
    error,
  });
});
