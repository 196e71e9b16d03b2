import { expect, test } from "vitest";
import {
  clearCrosshair,
  nearestPoint,
  pointAt,
  readCrosshair,
  readoutPosition,
  setCrosshair,
  stepShares,
} from "./crosshair";

const HOUR_MS = 3_600_000;
const dayOf = (steps: number, fromMs = 0) => ({
  axis: { fromMs, toMs: fromMs + 24 * HOUR_MS },
  shares: stepShares(steps),
});

test("picks the nearest point, also between uneven points and beyond the edges", () => {
  expect(stepShares(4)).toEqual([0.125, 0.375, 0.625, 0.875]);
  expect([0, 0.24, 0.26, 0.9, 7].map((share) => nearestPoint(stepShares(4), share))).toEqual([0, 0, 1, 3, 3]);
  expect(nearestPoint([0, 0.1, 1], 0.5)).toBe(1);
  expect(nearestPoint([], 0.5)).toBeNull();
});

test("charts of the same time range share the crosshair; others do not", () => {
  const crosshair = { chartId: "hours", point: 12, points: dayOf(24) };
  expect(pointAt(crosshair, "hours", dayOf(24))).toBe(12);
  expect(pointAt(crosshair, "thirds", dayOf(72))).toBe(37);
  // The same day, though the one ends with its last whole hour and the other now.
  expect(pointAt(crosshair, "later", dayOf(24, HOUR_MS))).toBe(11);
  expect(pointAt(crosshair, "yesterday", dayOf(24, -24 * HOUR_MS))).toBeNull();
  expect(pointAt(crosshair, "an hour", { axis: { fromMs: 0, toMs: HOUR_MS }, shares: stepShares(60) })).toBeNull();
  expect(pointAt(crosshair, "no time", { axis: null, shares: stepShares(24) })).toBeNull();
  expect(pointAt({ ...crosshair, points: { ...dayOf(24), axis: null } }, "thirds", dayOf(72))).toBeNull();
  // Its chart has fewer points by now.
  expect(pointAt(crosshair, "hours", dayOf(6))).toBeNull();
  expect(pointAt(null, "hours", dayOf(24))).toBeNull();
});

test("a chart clears only its own crosshair", () => {
  setCrosshair({ chartId: "a", point: 1, points: dayOf(24) });
  clearCrosshair("b");
  expect(readCrosshair()).toMatchObject({ chartId: "a", point: 1 });
  clearCrosshair("a");
  expect(readCrosshair()).toBeNull();
});

test("the tooltip stays beside its point and inside the window", () => {
  const [size, view] = [
    { width: 180, height: 90 },
    { width: 390, height: 800 },
  ];
  for (const left of [-200, 0, 8, 210, 380])
    for (const top of [-50, 0, 400, 790])
      for (const share of [0, 0.3, 1]) {
        const at = readoutPosition({ left, top, width: 374, height: 96 }, share, size, view);
        expect(at.left).toBeGreaterThanOrEqual(8);
        expect(at.left + size.width).toBeLessThanOrEqual(view.width - 8);
        expect(at.top).toBeGreaterThanOrEqual(8);
        expect(at.top + size.height).toBeLessThanOrEqual(view.height - 8);
      }
  const chart = { left: 8, top: 100, width: 374, height: 96 };
  expect(readoutPosition(chart, 0.1, size, view)).toEqual({ left: 8 + 37.4 + 10, top: 100 });
  // Where there is no room on its right it stands on its left.
  expect(readoutPosition(chart, 0.9, size, view).left).toBeCloseTo(8 + 336.6 - 10 - 180);
});
