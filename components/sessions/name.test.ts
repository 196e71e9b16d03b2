import { expect, test } from "vitest";
import { nameOf } from "./name";

test("a session without a title has a name all the same", () => {
  expect(nameOf({ title: " " })).toBe("Untitled session");
  expect(nameOf({ title: null })).toBe("Untitled session");
  expect(nameOf({ title: "Mend it" })).toBe("Mend it");
});
