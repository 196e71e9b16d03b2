import { expect, test } from "vitest";
import { timeTicks } from "./time-ticks";

const at = (text: string) => Date.parse(`2030-01-${text}Z`);

test("an axis has round times between its ends", () => {
  const hours = timeTicks({ fromMs: at("01T10:07:00"), toMs: at("01T11:07:00") }, true);
  expect(hours.map(({ label }) => label)).toEqual(["10:30", "10:45"]);
  expect(hours[0]?.share).toBeCloseTo(23 / 60);
  const days = timeTicks({ fromMs: at("01T00:00:00"), toMs: at("08T00:00:00") }, true);
  expect(days.map(({ share }) => Math.round(share * 7))).toEqual([3, 5]);
});

test("an axis without length has none", () => {
  expect(timeTicks({ fromMs: 5, toMs: 5 }, true)).toEqual([]);
});
