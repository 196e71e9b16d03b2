import type { ClaimedRun } from "@/contract/run";
import { RUNNER_PROTOCOL } from "@/contract/runner-protocol";
import type { RunnerConfig } from "./config";
import type { ControlPlane } from "./control-plane";
import { type Instant, now } from "./heartbeat";
import { retryWhileAway } from "./retry-while-away";

/**
 * Claims the run for the holder of the nonce, and returns when the claim was requested. Throws RefusedError or
 * LeaseLostError.
 */
export async function claimRun(
  config: RunnerConfig,
  controlPlane: ControlPlane,
  nonce: string,
): Promise<{ run: ClaimedRun; claimedAt: Instant }> {
  const { runId, runnerId, leaseMs } = config;
  let claimedAt = now();
  const claim = () => {
    claimedAt = now();
    return controlPlane.claim({ runId, runnerId, leaseMs, nonce, protocolVersion: RUNNER_PROTOCOL });
  };
  const run = await retryWhileAway(claim, { awayMaxMs: 60_000 });
  return { run, claimedAt };
}
