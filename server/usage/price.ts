import type { BackendsFile } from "@/contract/backend";
import { microsOf, type Prices, type TokenUsage } from "@/contract/usage";
import { configOf } from "@/server/backends";

const PER_MILLION = 1_000_000n;

/** What a model of a profile costs: the profile's prices are of its own model, others have theirs by name. */
export function pricesOf(backends: BackendsFile, profile: string, model: string): Prices | null {
  const config = configOf(backends, profile);
  if (!config) return null;
  const { modelPrices = {} } = config;
  if (Object.hasOwn(modelPrices, model)) return modelPrices[model] ?? null;
  return model === config.model ? (config.prices ?? null) : null;
}

/**
 * What an answer cost, in millionths of the currency, rounded once, half up; null where its tokens were not counted.
 * Reasoning is a part of the output and what was cached a part of the input, as OpenAI's API counts.
 */
export function costOf(prices: Prices, usage: TokenUsage): number | null {
  const { inputTokens: input, outputTokens: output } = usage;
  if (input === null || output === null) return null;
  // A provider that tells of more cached tokens than it was given is not believed.
  const cached = Math.min(usage.cachedInputTokens ?? 0, input);
  const reasoning = Math.min(usage.reasoningTokens ?? 0, output);
  const { inputPerMillion, outputPerMillion } = prices;
  const sum =
    priced(input - cached, inputPerMillion) +
    priced(cached, prices.cachedInputPerMillion ?? inputPerMillion) +
    priced(output - reasoning, outputPerMillion) +
    priced(reasoning, prices.reasoningPerMillion ?? outputPerMillion);
  return Number((sum + PER_MILLION / 2n) / PER_MILLION);
}

function priced(tokens: number, price: number): bigint {
  return BigInt(tokens) * BigInt(microsOf(price));
}
