import { expect, test } from "vitest";
import type { Usage } from "@/contract/usage";
import { addUp, daysOf } from "./days";
import { briefWords, callsWords, costWords, inputWords, missingWords, outputWords } from "./words";

const usage = (values: Partial<Usage> = {}): Usage => ({
  ...{ calls: 3, ok: 3, refused: 0, failed: 0, aborted: 0 },
  ...{ inputTokens: 2_000, cachedInputTokens: 0, outputTokens: 100, reasoningTokens: 0 },
  ...{ uncountedCalls: 0, unpricedCalls: 0, costs: [{ currency: "USD", costMicros: 12_345 }] },
  ...values,
});

test("shows a sum with its units, parts and failures", () => {
  expect(callsWords(usage({ calls: 1 }))).toBe("1 call");
  expect(callsWords(usage({ calls: 1_204, failed: 2, refused: 1, aborted: 3 }))).toBe(
    "1,204 calls, 2 failed, 1 refused, 3 aborted",
  );
  expect([inputWords(usage()), inputWords(usage({ cachedInputTokens: 1_500 }))]).toEqual([
    "2.0k tokens",
    "2.0k tokens, 75% cached",
  ]);
  expect(inputWords(usage({ cachedInputTokens: 1 }))).toBe("2.0k tokens, <1% cached");
  expect(outputWords(usage({ reasoningTokens: 50 }))).toBe("100 tokens, 50% reasoning");
  expect(briefWords(usage())).toBe("2.1k tokens, $0.0123");
});

test("without a price there is no cost, currencies are not added, and missing costs are mentioned", () => {
  const unpriced = usage({ costs: [], unpricedCalls: 3 });
  expect([costWords(unpriced), missingWords(unpriced), briefWords(unpriced)]).toEqual([null, null, "2.1k tokens"]);
  const mixed = usage({
    costs: [
      { currency: "EUR", costMicros: 1_000_000 },
      { currency: "USD", costMicros: 0 },
    ],
    ...{ unpricedCalls: 1, uncountedCalls: 2 },
  });
  expect(costWords(mixed)).toBe("€1.00 + $0.00");
  expect(missingWords(mixed)).toBe("Not included: 1 call without a price, 2 calls without token counts");
});

test("a profile has every day, including those without calls, and they add up", () => {
  const items = [
    { group: "codex", day: "2026-03-01", usage: usage({ costs: [{ currency: "EUR", costMicros: 5 }] }) },
    { group: "codex", day: "2026-02-28", usage: usage() },
    { group: "demo", day: "2026-02-28", usage: usage() },
  ];
  const days = daysOf({ from: "2026-02-27", to: "2026-03-01", items }, "codex");
  expect(days.map(({ day, usage }) => [day, usage.calls])).toEqual([
    ["2026-02-27", 0],
    ["2026-02-28", 3],
    ["2026-03-01", 3],
  ]);
  expect(addUp(days)).toEqual(
    usage({
      ...{ calls: 6, ok: 6, inputTokens: 4_000, outputTokens: 200 },
      costs: [
        { currency: "EUR", costMicros: 5 },
        { currency: "USD", costMicros: 12_345 },
      ],
    }),
  );
  expect(addUp(daysOf({ from: "2026-02-27", to: "2026-03-01", items }, "nobody"))).toMatchObject({
    calls: 0,
    costs: [],
  });
});
