import { expect, test } from "vitest";
import type { LatencyStep, UsageLatency } from "@/contract/usage";
import { errorsOf, formatPercent, latencySeries } from "./latency";

const step = (hour: number, more: Partial<LatencyStep> = {}): LatencyStep => ({
  ...{ at: `2026-01-01T0${hour}:00:00.000Z`, calls: 10, ok: 10, refused: 0, failed: 0, aborted: 0, isSampled: false },
  ...{ firstByte: { p50Ms: 400, p95Ms: 900 }, whole: { p50Ms: 4_000, p95Ms: 12_000 } },
  ...more,
});
const latencyWith = (...items: LatencyStep[]): UsageLatency => ({
  ...{ from: "2026-01-01T00:00:00.000Z", to: "2026-01-01T03:30:00.000Z", stepMinutes: 60, items },
});

test("hours without calls are gaps, and an hour without answers has only errors", () => {
  const failed = step(3, { ok: 0, failed: 10, firstByte: null, whole: null });
  const { span, steps, firstByte, wholeCall, errors } = latencySeries(
    latencyWith(step(1, { ok: 8, refused: 1, aborted: 1 }), failed),
  );
  expect(span.steps).toBe(4);
  expect(steps.map((known) => known?.calls ?? null)).toEqual([null, 10, null, 10]);
  expect(firstByte).toEqual({ p50: [null, 400, null, null], p95: [null, 900, null, null], top: 1_000 });
  expect(wholeCall).toEqual({ p50: [null, 4_000, null, null], p95: [null, 12_000, null, null], top: 20_000 });
  expect(errors).toEqual({ percent: [null, 100 / 9, null, 100], top: 100 });
});

test("the error scale ends at ten percent or above", () => {
  expect(latencySeries(latencyWith(step(0, { calls: 100, ok: 99, failed: 1 }))).errors.top).toBe(10);
});

test("calls that their agent left do not count as errors", () => {
  expect(errorsOf([step(0, { calls: 4, ok: 0, aborted: 4 })])).toBeNull();
  expect(errorsOf([step(0, { calls: 4, ok: 1, failed: 1, aborted: 2 }), step(1, { calls: 2, ok: 2 })])).toBe(25);
  expect(errorsOf([])).toBeNull();
});

test.each([
  [0, "0%"],
  [0.04, "<0.1%"],
  [1.23, "1.2%"],
  [33.4, "33%"],
])("%s of a hundred is %s", (percent, words) => {
  expect(formatPercent(percent)).toBe(words);
});
