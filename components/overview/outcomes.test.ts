import { expect, test } from "vitest";
import { seriesOf } from "./outcomes";

test("groups runs by hour and outcome, including empty hours", () => {
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
  const outcomes = {
    ...{ from: at(10), to: new Date(Date.UTC(2026, 0, 1, 12, 30)).toISOString(), stepMinutes: 60, isPartial: false },
    items: [
      { hour: at(10), completed: 3, failed: 1, cancelled: 0, turnsFailed: 1 },
      { hour: at(12), completed: 0, failed: 0, cancelled: 2, turnsFailed: 0 },
    ],
  };
  const { span, series } = seriesOf(outcomes, null);
  expect(span.steps).toBe(3);
  expect(series.map(({ name, values }) => [name, ...values])).toEqual([
    ["completed", 2, 0, 0],
    ["turn failed", 1, 0, 0],
    ["failed", 1, 0, 0],
    ["cancelled", 0, 0, 2],
  ]);
  // A part of an hour is of that hour.
  const part = { fromMs: Date.parse(at(12)) + 60_000, toMs: Date.parse(at(12)) + 120_000 };
  expect(seriesOf(outcomes, part).series.map(({ name, values }) => [name, ...values])).toEqual([
    ["completed", 0],
    ["turn failed", 0],
    ["failed", 0],
    ["cancelled", 2],
  ]);
});
