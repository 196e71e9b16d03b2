import { within } from "@/contract/async";
import type { Attempt } from "./attempt";
import type { Ending } from "./ending";
import { retryWhileAway } from "./retry-while-away";

/**
 * Ends what is left of the agent, then reports how the attempt ended. A completed run has been reported already, and a
 * lost one reports nothing any more. `beforeFinish` is called just before the run's end is reported.
 */
export async function finishAttempt(
  attempt: Attempt,
  ending: Ending,
  beforeFinish: () => void = () => {},
): Promise<void> {
  const { controlPlane, config, run } = attempt;
  const { id: runId, leaseEpoch } = run;
  if (ending.kind === "completed") return;
  if (ending.kind === "lost") return attempt.killAgent();
  await attempt.closeAgent(ending.kind === "released" ? 500 : 2_000);
  if (ending.kind === "released" && ending.isDrained === true) {
    await attempt.events.flush();
    await retryWhileAway(() =>
      controlPlane.release({ runId, leaseEpoch, reason: "the runner was drained", isDrained: true }),
    );
    return;
  }
  if (ending.kind === "released") {
    await within(1_000, attempt.events.flush());
    await within(1_000, controlPlane.release({ runId, leaseEpoch, reason: "the runner was told to end" }));
    return;
  }
  await attempt.events.flush();
  beforeFinish();
  const failure =
    ending.kind === "failed"
      ? { failureKind: ending.failureKind, failureMessage: ending.message }
      : { failureKind: "cancelled" as const };
  await retryWhileAway(() =>
    controlPlane.finishRun({ runId, runnerId: config.runnerId, leaseEpoch, terminalStatus: ending.kind, ...failure }),
  );
}
