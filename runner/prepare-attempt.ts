import { randomUUID } from "node:crypto";
import { type HeartbeatAnswer, isTerminal } from "@/contract/run";
import { Attempt } from "./attempt";
import { claimRun } from "./claim";
import type { RunnerConfig } from "./config";
import type { ControlPlane } from "./control-plane";
import { type Ending, toEnding } from "./ending";
import type { DraftEvent } from "./event-batch";
import { finishAttempt } from "./finish-attempt";
import { writeHandover } from "./handover";
import { Heartbeat } from "./heartbeat";
import { listAllCommands } from "./list-commands";
import type { RunnerLog } from "./loop";
import { warnIfNetworkReachable } from "./network-probe";
import { retryWhileAway } from "./retry-while-away";

/**
 * The first of a pod's two steps: claims the run and makes its volume and workspace, before any agent runs. Returns
 * null when the next step may begin, else how the attempt ended, which has then been reported. Throws RefusedError when
 * the claim was refused.
 */
export async function prepareAttempt(opts: {
  config: RunnerConfig;
  controlPlane: ControlPlane;
  log: RunnerLog;
  terminate: AbortSignal;
}): Promise<Ending | null> {
  const { config, controlPlane, log, terminate } = opts;
  const { runId, runnerId } = config;
  const nonce = randomUUID();
  const { run, claimedAt } = await claimRun(config, controlPlane, nonce);
  log.info({ leaseEpoch: run.leaseEpoch }, "claimed");
  const attempt = new Attempt(config, controlPlane, run);
  const { leaseEpoch } = run;
  const { leaseMs } = run.assignment;
  const heartbeat = new Heartbeat({
    controlPlane,
    runId,
    runnerId,
    leaseEpoch,
    leaseMs,
    claimedAt,
    onAnswer: (answer) => handleHeartbeat(attempt, answer),
    onLost: (error) => attempt.end({ kind: "lost", message: error.message }),
  });
  terminate.addEventListener("abort", () => attempt.end({ kind: "released" }));
  if (terminate.aborted) attempt.end({ kind: "released" });
  if (run.cancelRequestedAt !== null) attempt.end({ kind: "cancelled" });
  try {
    if (!attempt.ending) {
      const emit = (event: DraftEvent) => attempt.emit(event);
      const networkCheck = config.networkProbe === undefined ? null : warnIfNetworkReachable(config.networkProbe, emit);
      const { cwd, notes } = await attempt.prepareDisk();
      await networkCheck;
      await attempt.events.flush();
      if (!attempt.ending) await writeHandover(config.scratchDir, { nonce, cwd, notes: notes ?? null });
    }
  } catch (error) {
    log.warn({ err: error }, "could not prepare the attempt");
    attempt.end(await toEnding(error, config));
  }
  const { ending } = attempt;
  if (ending)
    await reportEnding(attempt, ending).catch((error: unknown) =>
      log.warn({ err: error }, "could not report how the attempt ended"),
    );
  heartbeat.stop();
  attempt.live.close();
  return ending ?? null;
}

function handleHeartbeat(attempt: Attempt, answer: HeartbeatAnswer): void {
  if (isTerminal(answer.status)) attempt.end({ kind: "lost", message: `the run is ${answer.status}` });
  else if (answer.cancelRequestedAt !== null) attempt.end({ kind: "cancelled" });
}

/** Reports a failed preparation: first the turn that it was for fails with the reason, then the run. */
async function reportEnding(attempt: Attempt, ending: Ending): Promise<void> {
  const commandId = ending.kind === "failed" ? await findTurnCommandId(attempt) : undefined;
  if (ending.kind === "failed" && commandId !== undefined) {
    const { failureKind, message } = ending;
    attempt.emit({ type: "error", payload: { message, code: failureKind } });
    await attempt.events.flush();
    await retryWhileAway(() =>
      attempt.controlPlane.finishCommand({
        commandId,
        leaseEpoch: attempt.run.leaseEpoch,
        terminalStatus: "failed",
        failureKind,
        failureMessage: message,
      }),
    );
  }
  await finishAttempt(attempt, ending);
}

/** Returns the turn that this attempt was started for: the one that was cut off, or the oldest waiting one. */
async function findTurnCommandId({ run, controlPlane }: Attempt): Promise<string | undefined> {
  if (run.assignment.cutOffTurn) return run.assignment.cutOffTurn.commandId;
  for await (const { id, type, state } of listAllCommands(controlPlane, run.id))
    if (type === "turn" && state === "pending") return id;
  return undefined;
}
