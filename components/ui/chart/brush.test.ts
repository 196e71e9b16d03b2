import { expect, test } from "vitest";
import { edgesOf, rangeBetween } from "./brush";
import { stepShares } from "./crosshair";

const HOURS = { axis: { fromMs: 0, toMs: 4_000 }, shares: stepShares(4) };

test("a selection covers whole steps in either direction", () => {
  expect(rangeBetween(HOURS, 1, 2)).toEqual({ fromMs: 1_000, toMs: 3_000 });
  expect(rangeBetween(HOURS, 2, 1)).toEqual({ fromMs: 1_000, toMs: 3_000 });
  expect(rangeBetween(HOURS, 3, 3)).toEqual({ fromMs: 3_000, toMs: 4_000 });
  expect(rangeBetween(HOURS, -5, 9), "a chart may have lost points meanwhile").toEqual({ fromMs: 0, toMs: 4_000 });
  expect(rangeBetween({ ...HOURS, axis: null }, 0, 1)).toBeNull();
  expect(rangeBetween({ ...HOURS, shares: [] }, 0, 1)).toBeNull();
});

test("unevenly spaced points own half the distance to their neighbours", () => {
  expect(edgesOf([0, 0.2, 1], 1)).toEqual({ left: 0.1, right: 0.6 });
  expect(edgesOf([0.3], 0)).toEqual({ left: 0, right: 1 });
});
