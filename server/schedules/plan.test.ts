import fc from "fast-check";
import { expect, test } from "vitest";
import { isAgentRunError } from "@/server/errors";
import { describeCron, firstTime, lastDue, MISSED_MAX, nextTime, readPlan } from "./plan";

const at = (text: string) => new Date(text);
const FOR_GOOD = { startsAt: null, endsAt: null };
const next = (cron: string, timeZone: string, after: string, count = 3) =>
  readPlan(cron, timeZone)
    .next(at(after), count)
    .map((time) => time.toISOString().slice(0, 16));

test("a time is local to its zone, in summer and winter", () => {
  expect(next("0 9 * * MON-FRI", "Europe/Berlin", "2026-03-27T07:59:59Z")).toEqual([
    "2026-03-27T08:00",
    "2026-03-30T07:00",
    "2026-03-31T07:00",
  ]);
  expect(next("@daily", "Asia/Kolkata", "2026-01-01T00:00:00Z", 1)).toEqual(["2026-01-01T18:30"]);
});

test("a time inside a clock gap fires right after the gap, and a repeated time fires once", () => {
  expect(next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2)).toEqual([
    "2026-03-29T01:00",
    "2026-03-30T00:30",
  ]);
  expect(next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
    "2026-10-25T00:30",
    "2026-10-26T01:30",
  ]);
});

test.each([
  ["0 2,14 * * *", ["2026-03-29T01:00", "2026-03-29T12:00"], ["2026-10-25T00:00", "2026-10-25T13:00"]],
  ["0,30 2 * * *", ["2026-03-29T01:00", "2026-03-30T00:00"], ["2026-10-25T00:00", "2026-10-25T00:30"]],
  ["30 2,3 * * *", ["2026-03-29T01:00", "2026-03-29T01:30"], ["2026-10-25T00:30", "2026-10-25T02:30"]],
  ["30 1-3 * * *", ["2026-03-29T00:30", "2026-03-29T01:00"], ["2026-10-24T23:30", "2026-10-25T00:30"]],
])("lists and ranges skip and repeat the same way: %s", (cron, spring, autumn) => {
  expect(next(cron, "Europe/Berlin", "2026-03-28T23:00:00Z", 2)).toEqual(spring);
  expect(next(cron, "Europe/Berlin", "2026-10-24T22:00:00Z", 2)).toEqual(autumn);
});

test("steps continue by elapsed time over a clock change", () => {
  expect(next("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 4)).toEqual([
    "2026-10-25T00:30",
    "2026-10-25T01:00",
    "2026-10-25T01:30",
    "2026-10-25T02:00",
  ]);
});

test.each([
  ["", /five fields/],
  ["* * * *", /five fields/],
  ["* * * * * *", /five fields/],
  ["2026-01-05T00:00:00", /five fields/],
  ["? ? * * *", /five fields/],
  ["0 0 1 1 +1", /five fields/],
  ["@reboot", /five fields/],
  ["@DAILY", /five fields/],
  ["61 * * * *", /^cron: minutes part/],
  ["a * * * *", /^cron: /],
  ["5/10 * * * *", /^cron: .*stepping/],
  ["*/0 * * * *", /^cron: /],
])("refuses “%s” as a plan, with the reason", (cron, said) => {
  expect(() => readPlan(cron, "UTC")).toThrow(said);
});

test.each(["", "Nowhere/Land", "+02:00", "UTC+2", "Europe/Berlin\u0000"])("refuses “%s” as a time zone", (timeZone) => {
  expect(() => readPlan("@daily", timeZone)).toThrow(/^timeZone: /);
});

test("refuses a day that never occurs, and accepts one of leap years", () => {
  const never = readPlan("0 0 30 2 *", "UTC");
  expect(() => nextTime(never, at("2026-01-01T00:00:00Z"), FOR_GOOD)).toThrow(/never comes/);
  const leap = readPlan("0 0 29 2 *", "UTC");
  expect(nextTime(leap, at("2026-01-01T00:00:00Z"), FOR_GOOD)).toEqual(at("2028-02-29T00:00:00Z"));
});

test("a plan has times from its start to its end, both included", () => {
  const bounds = { startsAt: at("2026-01-01T10:10:00Z"), endsAt: at("2026-01-01T10:30:00Z") };
  const plan = readPlan("*/10 * * * *", "UTC", bounds);
  const times = ["10:10", "10:20", "10:30"].map((time) => at(`2026-01-01T${time}:00Z`));
  expect(plan.next(at("2025-01-01T00:00:00Z"), 9)).toEqual(times);
  expect(plan.next(at("2026-01-01T10:10:00Z"), 9)).toEqual(times.slice(1));
  expect(nextTime(plan, at("2026-01-01T10:30:00Z"), bounds)).toBeNull();
  expect(plan.last(at("2027-01-01T00:00:00Z"))).toEqual(times[2]);
  expect(plan.last(at("2026-01-01T10:19:59Z"))).toEqual(times[0]);
  expect(plan.last(at("2026-01-01T10:09:59Z"))).toBeNull();
  expect(lastDue(plan, at("2026-01-01T10:10:00Z"), at("2026-02-01T00:00:00Z"))).toEqual({ dueAt: times[2], missed: 2 });
});

test("refuses a plan without a time between its bounds, with the reason", () => {
  const first = (startsAt: string | null, endsAt: string | null) => {
    const bounds = { startsAt: startsAt === null ? null : at(startsAt), endsAt: endsAt === null ? null : at(endsAt) };
    return firstTime(readPlan("0 9 * * *", "UTC", bounds), at("2026-01-05T12:00:00Z"), bounds);
  };
  expect(first("2026-02-01T09:00:00Z", "2026-02-01T09:00:00Z")).toEqual(at("2026-02-01T09:00:00Z"));
  expect(() => first("2026-02-02T00:00:00Z", "2026-02-01T00:00:00Z")).toThrow(/^endsAt: it lies before startsAt/);
  expect(() => first(null, "2026-01-06T08:59:59Z")).toThrow(/^endsAt: no time of this plan comes until then/);
  expect(() => first(null, "2025-01-01T00:00:00Z")).toThrow(/^endsAt: /);
});

test("of missed times the last counts, together with their number", () => {
  const plan = readPlan("*/10 * * * *", "UTC");
  const due = at("2026-01-01T10:00:00Z");
  expect(lastDue(plan, due, at("2026-01-01T10:00:01Z"))).toEqual({ dueAt: due, missed: 0 });
  expect(lastDue(plan, due, at("2026-01-01T10:09:59Z"))).toEqual({ dueAt: due, missed: 0 });
  expect(lastDue(plan, due, at("2026-01-01T10:10:00Z"))).toEqual({ dueAt: at("2026-01-01T10:10:00Z"), missed: 1 });
  expect(lastDue(plan, due, at("2026-01-01T10:35:00.500Z"))).toEqual({
    dueAt: at("2026-01-01T10:30:00Z"),
    missed: 3,
  });
  const long = lastDue(readPlan("* * * * *", "UTC"), due, at("2026-01-03T10:00:30Z"));
  expect(long).toEqual({ dueAt: at("2026-01-03T10:00:00Z"), missed: MISSED_MAX });
});

const part = (min: number, max: number) =>
  fc.oneof(
    fc.constant("*"),
    fc.integer({ min, max }).map(String),
    fc.integer({ min: 1, max: 5 }).map((step) => `*/${step}`),
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([from, to]) => {
      return `${Math.min(from, to)}-${Math.max(from, to)}`;
    }),
  );
const anyCron = fc
  .tuple(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 6))
  .map((parts) => parts.join(" "));
const anyTime = fc.date({ min: at("2025-01-01T00:00:00Z"), max: at("2035-01-01T00:00:00Z"), noInvalidDate: true });
const anyZone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu");

test("for any plan, zone and time, the next time is a later whole minute and the last one once reached", () => {
  fc.assert(
    fc.property(anyCron, anyZone, anyTime, (cron, timeZone, now) => {
      const plan = readPlan(cron, timeZone);
      const [first, second] = plan.next(now, 2);
      if (first === undefined || second === undefined) throw new Error("such a plan always has times");
      expect(first.getTime()).toBeGreaterThan(now.getTime());
      expect(second.getTime()).toBeGreaterThan(first.getTime());
      expect(first.getTime() % 60_000).toBe(0);
      expect(plan.last(first)).toEqual(first);
      expect(plan.last(new Date(second.getTime() - 1))).toEqual(first);
      expect(describeCron(cron)).not.toBe("");
    }),
    { numRuns: 300 },
  );
});

test("at clock changes each next time is the last time once reached, for any plan and zone", () => {
  const anyChange = fc.constantFrom("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01");
  const anyHour = fc.integer({ min: -14, max: 30 });
  fc.assert(
    fc.property(anyCron, anyZone, anyChange, anyHour, (cron, timeZone, day, hours) => {
      const daily = cron.replace(/ \S+ \S+ \S+$/, " * * *");
      const plan = readPlan(daily, timeZone);
      const times = plan.next(new Date(Date.parse(`${day}T00:00:00Z`) + hours * 3_600_000), 4);
      for (const [index, time] of times.entries()) {
        expect(plan.last(time)).toEqual(time);
        const later = times[index + 1];
        if (later) expect(plan.last(new Date(later.getTime() - 1))).toEqual(time);
      }
    }),
    { numRuns: 500 },
  );
});

test("any text is a plan or refused as invalid input", () => {
  const anyText = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc
      .array(fc.stringMatching(/^[0-9*/,\-LW#A-Za-z?+]{1,8}$/), { minLength: 5, maxLength: 5 })
      .map((parts) => parts.join(" ")),
  );
  fc.assert(
    fc.property(anyText, (cron) => {
      try {
        readPlan(cron, "UTC").next(at("2026-01-01T00:00:00Z"), 2);
        expect(describeCron(cron)).not.toBe("");
      } catch (error) {
        if (!isAgentRunError(error) || error.reason !== "invalid-input") throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});
