import { expect, test } from "vitest";
import { isFresh } from "./fresh-rows";

test("only rows newer than the last view are fresh", () => {
  const seen = { ids: new Set(["seen"]), atMs: Date.parse("2026-01-01T12:00:00Z") };
  expect(isFresh({ id: "new", updatedAt: "2026-01-01T12:00:01Z" }, seen)).toBe(true);
  expect(isFresh({ id: "seen", updatedAt: "2026-01-01T12:00:01Z" }, seen)).toBe(false);
  expect(isFresh({ id: "sixth", updatedAt: "2026-01-01T11:00:00Z" }, seen)).toBe(false);
});
