import { expect, test } from "vitest";
import type { Usage } from "@/contract/usage";
import { usageCsv } from "./csv";
import { daysAsked, USAGE_FILTERS } from "./filter";
import { seriesByProfile } from "./series";

const NOW_MS = Date.parse("2026-03-10T01:00:00Z");
const usage = (values: Partial<Usage> = {}): Usage => ({
  ...{ calls: 3, ok: 2, refused: 0, failed: 1, aborted: 0 },
  ...{ inputTokens: 2_000, cachedInputTokens: 0, outputTokens: 100, reasoningTokens: 0 },
  ...{ uncountedCalls: 0, unpricedCalls: 0, costs: [{ currency: "USD", costMicros: 12_345 }] },
  ...values,
});

test("a period ends today, and chosen days are limited to what the server accepts", () => {
  const daysFor = (period: "today" | "7d" | "30d", from: string | null = null, to: string | null = null) =>
    Object.values(daysAsked({ period, from, to }, NOW_MS));
  expect(daysFor("today")).toEqual(["2026-03-10", "2026-03-10"]);
  expect(daysFor("7d")).toEqual(["2026-03-04", "2026-03-10"]);
  expect(daysFor("30d")).toEqual(["2026-02-09", "2026-03-10"]);
  expect(daysFor("7d", "2026-01-01")).toEqual(["2026-01-01", "2026-03-10"]);
  expect(daysFor("7d", null, "2026-01-31")).toEqual(["2026-01-25", "2026-01-31"]);
  expect(daysFor("7d", "2026-02-02", "2026-02-01")).toEqual(["2026-02-01", "2026-02-01"]);
  expect(daysFor("7d", "2027-01-01")).toEqual(["2027-01-01", "2027-01-01"]);
  expect(daysFor("7d", "2020-01-01", "2026-01-31")).toEqual(["2025-01-31", "2026-01-31"]);
});

test("a day that its month lacks is invalid", () => {
  for (const text of ["2026-02-30", "2026-13-01", "1999-12-31", "2026-1-1", "today"])
    expect([text, USAGE_FILTERS.from.parse(text)]).toEqual([text, null]);
  expect(USAGE_FILTERS.from.parse("2028-02-29")).toBe("2028-02-29");
});

test("the largest profiles have their own layers, the others share one, and every day is present", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const items = names.map((group, index) => ({
    ...{ group, day: index === 0 ? "2026-03-01" : "2026-03-02" },
    usage: usage({ inputTokens: 1_000 * (index + 1), outputTokens: 0 }),
  }));
  const summary = { from: "2026-03-01", to: "2026-03-03", items, groupBy: "profile" as const };
  const { days, series } = seriesByProfile({ ...summary, total: usage(), groupsLeftOut: 0 }, "tokens");
  expect(days).toEqual(["2026-03-01", "2026-03-02", "2026-03-03"]);
  expect(series.map(({ name, values }) => [name, ...values])).toEqual([
    ["f", 0, 6_000, 0],
    ["e", 0, 5_000, 0],
    ["d", 0, 4_000, 0],
    ["c", 0, 3_000, 0],
    ["2 other profiles", 1_000, 2_000, 0],
  ]);
});

test("an export has exact money, counts once for several currencies, and no formulas", () => {
  const costs = [
    { currency: "EUR", costMicros: 5 },
    { currency: "USD", costMicros: 1_234_567 },
  ];
  const csv = usageCsv({
    items: [
      { group: "web-shop", day: "2026-03-01", usage: usage({ costs }) },
      { group: "ses_1", title: '=HYPERLINK("x")', day: "2026-03-01", usage: usage({ costs: [] }) },
    ],
  });
  expect(csv.split("\r\n").slice(1)).toEqual([
    "2026-03-01,web-shop,,3,2,1,0,0,2000,0,100,0,0,EUR,0.000005",
    "2026-03-01,web-shop,,,,,,,,,,,,USD,1.234567",
    `2026-03-01,ses_1,"'=HYPERLINK(""x"")",3,2,1,0,0,2000,0,100,0,0,,`,
    "",
  ]);
});
