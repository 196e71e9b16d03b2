import { expect, test } from "vitest";
import { canShow, cropSpan, KEPT_MINUTES, minutesFor, parseRange, serializeRange } from "./chart-range";

const HOUR_MS = 3_600_000;
const FROM = Date.UTC(2026, 0, 1);

test("a range survives its URL to the minute, and other values are ignored", () => {
  const part = { fromMs: FROM, toMs: FROM + HOUR_MS };
  expect(serializeRange(part)).toBe("2026-01-01T00:00Z/2026-01-01T01:00Z");
  expect(parseRange(serializeRange(part))).toEqual(part);
  // What is shorter than a minute is not lost.
  expect(parseRange(serializeRange({ fromMs: FROM, toMs: FROM + 1 }))).toEqual({ fromMs: FROM, toMs: FROM + 60_000 });
  for (const text of [
    "",
    "2026-01-01T00:00Z",
    "x/y",
    "2026-01-01T01:00Z/2026-01-01T00:00Z",
    `${serializeRange(part)}/z`,
  ])
    expect(parseRange(text), text).toBeNull();
});

test("requests no more than a range needs, and no more than is kept", () => {
  const of = (hours: number) => minutesFor({ fromMs: FROM - hours * HOUR_MS, toMs: FROM }, FROM);
  expect([of(0.2), of(1), of(1.5), of(20), of(24 * 30)]).toEqual([60, 60, 120, 1_440, KEPT_MINUTES]);
});

test("a chart of a range has the steps that it touches, and at least one", () => {
  const span = { fromMs: FROM, stepMs: HOUR_MS, steps: 24 };
  const of = (from: number, to: number) => cropSpan(span, { fromMs: FROM + from * HOUR_MS, toMs: FROM + to * HOUR_MS });
  expect(of(2, 4)).toEqual({ ...span, fromMs: FROM + 2 * HOUR_MS, steps: 2 });
  expect(of(2.5, 4.1)).toEqual({ ...span, fromMs: FROM + 2 * HOUR_MS, steps: 3 });
  expect(of(-9, 99)).toEqual(span);
  expect(of(30, 31)).toEqual({ ...span, fromMs: FROM + 23 * HOUR_MS, steps: 1 });
  expect(cropSpan(span, null)).toBe(span);
});

test("shows a range that is partly kept and has begun", () => {
  const nowMs = Date.parse("2026-01-31T12:30:00Z");
  const hour = (ago: number) => ({ fromMs: nowMs - ago * 3_600_000, toMs: nowMs - (ago - 1) * 3_600_000 });
  expect([hour(0.5), hour(1), hour(168.5)].map((part) => canShow(part, nowMs))).toEqual([true, true, true]);
  expect([hour(-0.5), hour(0), hour(169)].map((part) => canShow(part, nowMs))).toEqual([false, false, false]);
});
