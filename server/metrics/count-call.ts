import type { ModelCallRow } from "@/db/schema";
import type { Metrics } from "./metrics";

/** Counts a call to a model that has ended. */
export function countCall(metrics: Metrics, call: ModelCallRow): void {
  const profile = call.backendProfile;
  metrics.modelCalls.inc({ profile, outcome: call.outcome });
  metrics.modelTokens.inc({ profile, direction: "input" }, call.inputTokens ?? 0);
  metrics.modelTokens.inc({ profile, direction: "cached-input" }, call.cachedInputTokens ?? 0);
  metrics.modelTokens.inc({ profile, direction: "output" }, call.outputTokens ?? 0);
  metrics.modelTokens.inc({ profile, direction: "reasoning" }, call.reasoningTokens ?? 0);
  if (call.firstByteMs !== null) metrics.modelFirstByteSeconds.observe({ profile }, call.firstByteMs / 1_000);
  if (call.currency !== null) metrics.modelCostMicros.inc({ profile, currency: call.currency }, call.costMicros ?? 0);
}
