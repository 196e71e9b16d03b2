import type { BackendConfig } from "@/contract/backend";
import { toAgentRunError } from "@/server/errors";
import { dialectOf } from "./dialect";
import { type ReadVariable, readKey } from "./key";
import { type Probed, probeProvider } from "./probe";

/** Tries a profile's provider with its key as it is now; a key that cannot be had is a try that failed. */
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
