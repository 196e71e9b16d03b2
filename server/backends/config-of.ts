import type { BackendConfig, BackendsFile } from "@/contract/backend";

/** Returns a profile's configuration; undefined: it has none, even where the name is one that every object has. */
export function configOf(backends: BackendsFile, profile: string): BackendConfig | undefined {
  return Object.hasOwn(backends, profile) ? backends[profile] : undefined;
}
