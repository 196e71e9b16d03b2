import type { BackendConfig } from "@/contract/backend";
import { toAgentRunError } from "@/server/errors";
import { dialectOf } from "./dialect";
import { type ReadVariable, readKey } from "./key";
import { type Probed, probeProvider } from "./probe";

/** Probes a profile's provider with its current key. A key that cannot be read counts as a failed probe. */
export async function probeWithKey(
  profile: string,
  config: BackendConfig,
  { readVariable, isByHand }: { readVariable: ReadVariable; isByHand: boolean },
): Promise<Probed> {
  try {
    return await probeProvider(config, {
      dialect: dialectOf(profile, config),
      key: await readKey(config, readVariable),
      isByHand,
    });
  } catch (error) {
    const { reason, message } = toAgentRunError(error);
    if (reason !== "backend-unavailable") throw error;
    return { isOk: false, latencyMs: null, status: null, models: null, message };
  }
}
