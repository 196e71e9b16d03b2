import { type ExecutionPolicy, POLICY_DEFAULTS } from "@/contract/run";
import type { RunRow } from "@/db/schema";
import { storedJson } from "@/server/stored";

export type EffectivePolicy = ExecutionPolicy & Required<Pick<ExecutionPolicy, keyof typeof POLICY_DEFAULTS>>;

/**
 * Returns a run's policy with defaults filled in. Old rows hold policies of any shape; a field that cannot be read
 * counts as absent.
 */
export function policyOf(run: Pick<RunRow, "executionPolicy">): EffectivePolicy {
  const stored = (storedJson(run.executionPolicy) ?? {}) as ExecutionPolicy;
  const maxAttempts = typeof stored.maxAttempts === "number" ? stored.maxAttempts : POLICY_DEFAULTS.maxAttempts;
  return { ...POLICY_DEFAULTS, ...stored, maxAttempts };
}
