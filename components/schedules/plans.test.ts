import { expect, test } from "vitest";
import { type At, cronOf, PRESETS, presetOf, readTime, timeOf, USUAL_AT, USUAL_CRON } from "./plans";

const AT: At = { minute: 5, hour: 17, day: 0 };

test("a chosen plan is written as cron, and reads back as chosen", () => {
  const chosen = PRESETS.filter((preset) => preset !== "cron");
  expect(chosen.map((preset) => cronOf(preset, AT))).toEqual([
    "5 * * * *",
    "5 17 * * *",
    "5 17 * * MON-FRI",
    "5 17 * * SUN",
  ]);
  for (const preset of chosen) {
    const read = presetOf(cronOf(preset, AT));
    expect(read.preset).toBe(preset);
    expect(cronOf(preset, read.at)).toBe(cronOf(preset, AT));
  }
  expect(presetOf(USUAL_CRON)).toEqual({ preset: "daily", at: USUAL_AT });
});

test("recognises other notations of the same plan", () => {
  expect(presetOf(" 0  9 * * 1-5 ").preset).toBe("weekdays");
  expect(presetOf("0 9 * * 7")).toEqual({ preset: "weekly", at: { minute: 0, hour: 9, day: 0 } });
  expect(presetOf("0 9 * * fri").at.day).toBe(5);
  expect(presetOf("@Daily")).toEqual({ preset: "daily", at: { ...USUAL_AT, hour: 0 } });
  expect(presetOf("@weekly").preset).toBe("weekly");
});

test("shows other plans as cron, also an invalid one", () => {
  for (const cron of ["* * * * *", "*/5 * * * *", "0 9 1 * *", "0 * * * MON", "60 9 * * *", "0 24 * * *", "", "often"])
    expect(presetOf(cron).preset, cron).toBe("cron");
});

test("a time of day round-trips through its field", () => {
  expect(timeOf({ minute: 5, hour: 7, day: 0 })).toBe("07:05");
  expect(readTime("07:05")).toEqual({ hour: 7, minute: 5 });
  expect(readTime("")).toBeNull();
});
