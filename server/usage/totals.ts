import type { Spent, Usage } from "@/contract/usage";
import type { SpentSums, UsageSums } from "@/db/queries/usage/sum-usage";

/** Adds up sums of several currencies: tokens add up, money does not. */
export function totalsOf(sums: readonly UsageSums[]): Usage {
  return {
    ...spentOf(sums),
    ok: total(sums, "ok"),
    refused: total(sums, "refused"),
    failed: total(sums, "failed"),
    aborted: total(sums, "aborted"),
  };
}

/** The same for sums that do not say how calls ended. */
export function spentOf(sums: readonly SpentSums[]): Spent {
  return {
    calls: total(sums, "calls"),
    inputTokens: total(sums, "inputTokens"),
    cachedInputTokens: total(sums, "cachedInputTokens"),
    outputTokens: total(sums, "outputTokens"),
    reasoningTokens: total(sums, "reasoningTokens"),
    uncountedCalls: total(sums, "uncountedCalls"),
    unpricedCalls: total(sums, "unpricedCalls"),
    costs: costsOf(sums),
  };
}

function total<Figure extends string>(sums: readonly { [Name in Figure]: number }[], figure: Figure): number {
  return sums.reduce((added, sum) => added + sum[figure], 0);
}

function costsOf(sums: readonly SpentSums[]): Spent["costs"] {
  const costs = new Map<string, number>();
  for (const { currency, costMicros } of sums)
    if (currency !== "") costs.set(currency, (costs.get(currency) ?? 0) + costMicros);
  return [...costs].sort().map(([currency, costMicros]) => ({ currency, costMicros }));
}
