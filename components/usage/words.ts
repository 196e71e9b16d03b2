import { formatMoney, formatPlural, formatTokens } from "@/components/ui/format";
import type { Spent, Usage } from "@/contract/usage";

/** All tokens of calls, in and out. */
export function tokensOf(usage: Spent): number {
  return usage.inputTokens + usage.outputTokens;
}

/** How many calls there were, and how many of them went wrong. */
export function callsWords(usage: Usage): string {
  return [formatPlural(usage.calls, "call"), ...failureCountWords(usage)].join(", ");
}

/** How many calls went wrong, by how; nothing where none did. */
export function failureCountWords(usage: Usage): string[] {
  const failures = [
    [usage.failed, "failed"],
    [usage.refused, "refused"],
    [usage.aborted, "aborted"],
  ] as const;
  return failures.flatMap(([count, word]) => (count > 0 ? [`${count.toLocaleString("en")} ${word}`] : []));
}

export function inputWords({ inputTokens, cachedInputTokens }: Spent): string {
  return cachedInputTokens > 0
    ? `${formatTokens(inputTokens)}, ${shareWords(cachedInputTokens, inputTokens)} cached`
    : formatTokens(inputTokens);
}

export function outputWords({ outputTokens, reasoningTokens }: Spent): string {
  return reasoningTokens > 0
    ? `${formatTokens(outputTokens)}, ${shareWords(reasoningTokens, outputTokens)} reasoning`
    : formatTokens(outputTokens);
}

/** `42%`, `<1%`; of nothing it is all. */
export function shareWords(count: number, total: number): string {
  if (count === 0) return "0%";
  const share = total === 0 ? 100 : (count / total) * 100;
  return share < 1 ? "<1%" : `${Math.round(share)}%`;
}

/** What calls cost, money of each currency apart; null where nothing had a price. */
export function costWords({ costs }: Spent): string | null {
  if (costs.length === 0) return null;
  return costs.map(({ currency, costMicros }) => formatMoney(costMicros, currency)).join(" + ");
}

/** Why the cost is not the whole cost; null where it is. */
export function missingWords({ costs, unpricedCalls, uncountedCalls }: Spent): string | null {
  const reasons = [
    ...(unpricedCalls > 0 && costs.length > 0 ? [`${formatPlural(unpricedCalls, "call")} without a price`] : []),
    ...(uncountedCalls > 0 ? [`${formatPlural(uncountedCalls, "call")} without token counts`] : []),
  ];
  return reasons.length === 0 ? null : `Not included: ${reasons.join(", ")}`;
}

/** Tokens, and the cost where there is one, for a line. */
export function briefWords(usage: Spent): string {
  const cost = costWords(usage);
  return cost === null ? formatTokens(tokensOf(usage)) : `${formatTokens(tokensOf(usage))}, ${cost}`;
}
