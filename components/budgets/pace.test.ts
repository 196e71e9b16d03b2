import { expect, test } from "vitest";
import { paceOf } from "./pace";

const HOUR_MS = 3_600_000;
const START_MS = Date.parse("2026-01-01T00:00:00.000Z");
const DAY = { startsAt: "2026-01-01T00:00:00.000Z", endsAt: "2026-01-02T00:00:00.000Z" };
const at = (hours: number) => START_MS + hours * HOUR_MS;

test("slow spending lasts the period, whose end is shown", () => {
  expect(paceOf({ ...DAY, spent: 4, limit: 10 }, at(12))).toEqual({ kind: "lasts", spent: 8 });
  expect(paceOf({ ...DAY, spent: 5, limit: 10 }, at(12))).toEqual({ kind: "lasts", spent: 10 });
});

test("fast spending shows when the budget is reached", () => {
  expect(paceOf({ ...DAY, spent: 5, limit: 10 }, at(6))).toEqual({ kind: "ends", atMs: at(12) });
});

test("predicts nothing too early, at zero or full spending, or without an end", () => {
  expect(paceOf({ ...DAY, spent: 1, limit: 10 }, at(1))).toBeNull();
  expect(paceOf({ ...DAY, spent: 0, limit: 10 }, at(12))).toBeNull();
  expect(paceOf({ ...DAY, spent: 10, limit: 10 }, at(12))).toBeNull();
  expect(paceOf({ ...DAY, spent: 5, limit: 10 }, at(25))).toBeNull();
  expect(paceOf({ startsAt: null, endsAt: null, spent: 5, limit: 10 }, at(12))).toBeNull();
});
