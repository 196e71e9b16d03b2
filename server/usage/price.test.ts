import { expect, test } from "vitest";
import { BackendConfig } from "@/contract/backend";
import { Prices } from "@/contract/usage";
import { costOf, pricesOf } from "./price";

const usage = (inputTokens: number | null, cachedInputTokens: number | null, outputTokens: number | null) => ({
  ...{ inputTokens, cachedInputTokens, outputTokens },
  reasoningTokens: outputTokens === null ? null : Math.floor(outputTokens / 2),
});
const prices = (values: object) => Prices.parse({ inputPerMillion: 0, outputPerMillion: 0, ...values });

test("prices each token once: cached and reasoning tokens are parts, at the common price unless set", () => {
  const plain = prices({ inputPerMillion: 3, outputPerMillion: 15 });
  expect(costOf(plain, usage(1_000, 400, 100))).toBe(3_000 + 1_500);
  const apart = prices({ ...plain, cachedInputPerMillion: 0.3, reasoningPerMillion: 20 });
  expect(costOf(apart, usage(1_000, 400, 100))).toBe(600 * 3 + 120 + 50 * 15 + 50 * 20);
  expect(costOf(apart, usage(1_000, null, 100))).toBe(3_000 + 50 * 15 + 50 * 20);
});

test("money is whole millionths, rounded once half up, also for fractions inexact in binary", () => {
  // In binary fractions, 0.1 + 0.2 is more than 0.3.
  expect(costOf(prices({ inputPerMillion: 0.1, outputPerMillion: 0.2 }), usage(5, 0, 5))).toBe(2);
  expect(costOf(prices({ inputPerMillion: 0.000001 }), usage(499_999, 0, 0))).toBe(0);
  expect(costOf(prices({ inputPerMillion: 0.000001 }), usage(500_000, 0, 0))).toBe(1);
  const most = prices({ inputPerMillion: 1_000_000, outputPerMillion: 999_999.999999 });
  expect(costOf(most, usage(2_147_483_647, 0, 1))).toBe(2_147_483_647_000_000 + 1_000_000);
});

test("without counts there is no cost, and impossible counts are ignored", () => {
  const some = prices({ inputPerMillion: 3, cachedInputPerMillion: 1, outputPerMillion: 15 });
  expect(costOf(some, usage(null, 5, 5))).toBeNull();
  expect(costOf(some, usage(5, 5, null))).toBeNull();
  expect(costOf(some, usage(0, 0, 0))).toBe(0);
  expect(costOf(some, usage(10, 99, 0))).toBe(10);
  expect(costOf(some, { ...usage(0, 0, 10), reasoningTokens: 99 })).toBe(150);
});

test("a profile's prices apply to its own model, and other models need prices by name", () => {
  const cheap = prices({ inputPerMillion: 1 });
  const dear = prices({ inputPerMillion: 2 });
  const config = { model: "m", baseUrl: "http://127.0.0.1", wire: "responses" as const };
  const backends = { codex: { ...config, prices: cheap, modelPrices: { big: dear } }, plain: config };
  expect(pricesOf(backends, "codex", "m")).toBe(cheap);
  expect(pricesOf(backends, "codex", "big")).toBe(dear);
  for (const [profile, model] of [
    ["codex", "other"],
    ["codex", "toString"],
    ["plain", "m"],
    ["nobody", "m"],
    ["constructor", "m"],
  ] as const)
    expect(pricesOf(backends, profile, model)).toBeNull();
});

test("refuses invalid prices with the field's name", () => {
  const parse = (values: object) => BackendConfig.safeParse({ model: "m", baseUrl: "http://h", prices: values });
  expect(parse({ inputPerMillion: 1.25, outputPerMillion: 10 }).data?.prices?.currency).toBe("USD");
  for (const [field, value] of [
    ["inputPerMillion", -1],
    ["inputPerMillion", "1"],
    ["inputPerMillion", 0.0000001],
    ["outputPerMillion", 1_000_001],
    ["reasoningPerMillion", null],
    ["currency", "dollars"],
    ["currency", "usd"],
  ] as const) {
    const { error } = parse({ inputPerMillion: 1, outputPerMillion: 1, [field]: value });
    expect(error?.issues[0]?.path).toEqual(["prices", field]);
  }
  expect(parse({ inputPerMillion: 1, outputPerMillion: 1, perMillion: 1 }).success).toBe(false);
});
