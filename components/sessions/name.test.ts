import { expect, test } from "vitest";
import { nameOf } from "./name";

test("a session without a title has a fallback name", () => {
  expect(nameOf({ title: " " })).toBe("Untitled session");
  expect(nameOf({ title: null })).toBe("Untitled session");
  expect(nameOf({ title: "Mend it" })).toBe("Mend it");
});
