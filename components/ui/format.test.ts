import { expect, test } from "vitest";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatMoney,
  formatPlural,
  formatTokens,
  shortenId,
} from "./format";

test("durations use at most two units and never round up into the next", () => {
  expect([0, 840, 999.4, 4_260, 9_999, 59_999, 192_000, 3_600_000, 187_200_000].map(formatDuration)).toEqual([
    "0 ms",
    "840 ms",
    "999 ms",
    "4.2 s",
    "9.9 s",
    "59 s",
    "3 m 12 s",
    "1 h",
    "2 d 4 h",
  ]);
});

test("ages name the past and the future by one unit", () => {
  expect(formatAge(1_000_000, 1_000_400)).toBe("now");
  expect(formatAge(1_000_000, 1_013_000)).toBe("13 s ago");
  expect(formatAge(1_000_000, 880_000)).toBe("in 2 m");
  expect(formatAge(0, 90_000_000)).toBe("1 d ago");
});

test("sizes, counts, plurals and ids stay short", () => {
  expect([512, 1_536, 150 * 1_048_576].map(formatBytes)).toEqual(["512 B", "1.5 KiB", "150 MiB"]);
  expect([940, 1_240, 12_400, 3_100_000, 2_000_000_000].map(formatCount)).toEqual([
    "940",
    "1.2k",
    "12k",
    "3.1M",
    "2.0B",
  ]);
  expect([formatPlural(1, "event"), formatPlural(1_204, "event")]).toEqual(["1 event", "1,204 events"]);
  expect(shortenId("run_018f3a4b-aaaa-bbbb-cccc-ddddeeee1234")).toBe("run_018f3a…ee1234");
  expect(shortenId("ses_short")).toBe("ses_short");
});

test("tokens and money have units, and the smallest price is not shown as nothing", () => {
  expect([0, 1, 940, 12_400].map(formatTokens)).toEqual(["0 tokens", "1 token", "940 tokens", "12k tokens"]);
  const dollars = (micros: number) => formatMoney(micros, "USD");
  expect([0, 1, 41, 9_999, 12_345, 500_000, 1_234_567, 98_765_432_100].map(dollars)).toEqual([
    ...["$0.00", "$0.000001", "$0.000041", "$0.009999", "$0.0123", "$0.50", "$1.23", "$98,765.43"],
  ]);
  expect(formatMoney(2_000_000, "EUR")).toBe("€2.00");
  // A space that does not break.
  expect(formatMoney(2_000_000, "XTS")).toBe("XTS\u00a02.00");
});
