import type { BackendConfig, BackendsFile } from "@/contract/backend";

/** How a profile is configured; undefined where it is not, also for names that every object knows. */
export function configOf(backends: BackendsFile, profile: string): BackendConfig | undefined {
  return Object.hasOwn(backends, profile) ? backends[profile] : undefined;
}
