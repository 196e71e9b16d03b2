import type { Usage } from "@/contract/usage";
import type { UsageSums } from "@/db/queries/sum-usage";

/** Sums of several currencies as one: tokens add up, money does not. */
export function totalsOf(sums: readonly UsageSums[]): Usage {
  const of = (figure: Exclude<keyof UsageSums, "currency">) => sums.reduce((total, sum) => total + sum[figure], 0);
  return {
    calls: of("calls"),
    ok: of("ok"),
    refused: of("refused"),
    failed: of("failed"),
    aborted: of("aborted"),
    inputTokens: of("inputTokens"),
    cachedInputTokens: of("cachedInputTokens"),
    outputTokens: of("outputTokens"),
    reasoningTokens: of("reasoningTokens"),
    uncountedCalls: of("uncountedCalls"),
    unpricedCalls: of("unpricedCalls"),
    costs: costsOf(sums),
  };
}

function costsOf(sums: readonly UsageSums[]): Usage["costs"] {
  const costs = new Map<string, number>();
  for (const { currency, costMicros } of sums)
    if (currency !== "") costs.set(currency, (costs.get(currency) ?? 0) + costMicros);
  return [...costs].sort().map(([currency, costMicros]) => ({ currency, costMicros }));
}
