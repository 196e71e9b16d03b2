import type { BackendsFile } from "@/contract/backend";
import { microsOf, type Prices, type TokenUsage } from "@/contract/usage";
import { configOf } from "@/server/backends";

const PER_MILLION = 1_000_000n;

/**
 * Returns the prices of a model. A profile's prices are those of its own model; its other models have prices by name.
 */
export function pricesOf(backends: BackendsFile, profile: string, model: string): Prices | null {
  const config = configOf(backends, profile);
  if (!config) return null;
  const { modelPrices = {} } = config;
  if (Object.hasOwn(modelPrices, model)) return modelPrices[model] ?? null;
  return model === config.model ? (config.prices ?? null) : null;
}

/**
 * Returns what an answer cost, in millionths of the currency, rounded once, half up; null: its tokens were not counted.
 * As in OpenAI's API, reasoning is part of the output, and cached tokens are part of the input.
 */
export function costOf(prices: Prices, usage: TokenUsage): number | null {
  const { inputTokens: input, outputTokens: output } = usage;
  if (input === null || output === null) return null;
  // Cached tokens beyond the input's own are ignored: the provider is wrong.
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
