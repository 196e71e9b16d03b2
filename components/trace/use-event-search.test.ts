import { expect, test } from "vitest";
import { keepLooked, NOTHING_LOOKED } from "./use-event-search";

test("a look that fails keeps what it had searched, and nothing of what was looked for before", () => {
  const looked = { ...NOTHING_LOOKED, part: "tail", backToSeq: 400, fromSeq: 900, cursor: "c" };
  const error = new Error("gone");
  expect(keepLooked({ key: "a", looked, error: null }, "a", error)).toEqual({ key: "a", looked, error });
  expect(keepLooked({ key: "a", looked, error: null }, "b", error)).toEqual({
    key: "b",
    looked: NOTHING_LOOKED,
    error,
  });
});
