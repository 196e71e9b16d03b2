import { expect, test } from "vitest";
import { fieldOf, instantOf } from "./instant";

test("an instant round-trips through its field to the minute, and empty is none", () => {
  expect(instantOf(fieldOf("2026-03-29T01:30:00.000Z"))).toBe("2026-03-29T01:30:00.000Z");
  expect(instantOf(fieldOf("2026-01-31T23:59:59.999Z"))).toBe("2026-01-31T23:59:00.000Z");
  expect(fieldOf(null)).toBe("");
  expect(instantOf("")).toBeNull();
});
