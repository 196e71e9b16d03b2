import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Command } from "@/contract/command";
import { type Assignment, type ClaimedRun, type HeartbeatAnswer, isTerminal } from "@/contract/run";
import { archiveVolume } from "./archive";
import { Attempt } from "./attempt";
import { claimRun } from "./claim";
import { CommandInbox } from "./command-inbox";
import type { RunnerConfig } from "./config";
import { type ControlPlane, RefusedError } from "./control-plane";
import { deferred } from "./deferred";
import { type Ending, toEnding } from "./ending";
import { finishAttempt } from "./finish-attempt";
import type { Handover } from "./handover";
import { Heartbeat, type Instant } from "./heartbeat";
import { type MessageInput, readMessageInput } from "./images";
import { listAllCommands } from "./list-commands";
import { retryWhileAway } from "./retry-while-away";
import { TurnRunner } from "./turn-runner";
import { UrgentCommands } from "./urgent-commands";

export interface RunnerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const RELEASE_INTERRUPT_MS = 1_500;

/**
 * Runs one attempt at a run, from its claim to its end, and returns how it ended. `terminate` gives the run back in
 * order; `kill` ends the agent at once and reports nothing. Throws RefusedError when the claim was refused.
 */
export async function runAttempt(opts: {
  config: RunnerConfig;
  controlPlane: ControlPlane;
  log: RunnerLog;
  terminate: AbortSignal;
  kill?: AbortSignal;
  /** What the previous step has left, where there was one. */
  handover?: Handover;
}): Promise<Ending> {
  const { config, controlPlane, log, terminate } = opts;
  const { run, claimedAt } = await claimRun(config, controlPlane, opts.handover?.nonce ?? randomUUID());
  log.info({ leaseEpoch: run.leaseEpoch }, "claimed");
  const loop = new Loop({ config, controlPlane, run, log, claimedAt, handover: opts.handover });
  terminate.addEventListener("abort", () => loop.attempt.end({ kind: "released" }));
  const abandon = () => loop.attempt.end({ kind: "lost", message: "the runner was told to end at once" });
  opts.kill?.addEventListener("abort", abandon);
  if (opts.kill?.aborted) abandon();
  if (terminate.aborted) loop.attempt.end({ kind: "released" });
  return loop.work();
}

class Loop {
  readonly attempt: Attempt;
  private readonly turns: TurnRunner;
  private readonly inbox: CommandInbox;
  private readonly heartbeat: Heartbeat;
  private shouldYield = false;
  private isDraining = false;
  private isFinishing = false;
  private queueChange = deferred();

  private readonly config: RunnerConfig;
  private readonly controlPlane: ControlPlane;
  private readonly run: ClaimedRun;
  private readonly log: RunnerLog;

  constructor(opts: {
    config: RunnerConfig;
    controlPlane: ControlPlane;
    run: ClaimedRun;
    log: RunnerLog;
    claimedAt: Instant;
    handover?: Handover | undefined;
  }) {
    const { config, controlPlane, run } = opts;
    this.config = config;
    this.controlPlane = controlPlane;
    this.run = run;
    this.log = opts.log;
    const { runId, runnerId } = config;
    const { leaseMs, selfFence } = run.assignment;
    this.attempt = new Attempt(config, controlPlane, run, opts.handover);
    this.attempt.onEnding = (ending) => this.beginEnding(ending);
    this.turns = new TurnRunner(this.attempt);
    const urgent = new UrgentCommands({
      attempt: this.attempt,
      turns: this.turns,
      inbox: () => this.inbox,
      queueChange: () => this.queueChange.promise,
    });
    this.inbox = new CommandInbox({
      controlPlane,
      runId,
      onUrgent: (command) => urgent.receive(command),
      onCancelRequested: () => this.attempt.end({ kind: "cancelled" }),
      onCommandCancelRequested: (commandId) => {
        this.cancelCommand(commandId);
        // The cancellation may concern the whole run, which only a beat's answer says.
        this.heartbeat.beatNow();
      },
    });
    this.heartbeat = new Heartbeat({
      controlPlane,
      runId,
      runnerId,
      leaseEpoch: run.leaseEpoch,
      leaseMs,
      claimedAt: opts.claimedAt,
      hearsVitals: run.assignment.hearsVitals,
      // The last quarter of the lease is reserved for ending the agent.
      selfFenceMs: (config.selfFence ?? selfFence) ? leaseMs * 0.75 : undefined,
      onAnswer: (answer) => this.handleHeartbeat(answer),
      onLost: (error) => this.attempt.end({ kind: "lost", message: error.message }),
    });
  }

  async work(): Promise<Ending> {
    const { attempt, run } = this;
    if (run.cancelRequestedAt !== null) attempt.end({ kind: "cancelled" });
    try {
      await this.register();
      this.inbox.open();
      if (run.assignment.cutOffTurn) await this.runCutOffTurn(run.assignment.cutOffTurn);
      await this.runTurns();
    } catch (error) {
      const ending = await toEnding(error, this.config);
      this.log.warn({ err: error }, "the attempt cannot continue");
      attempt.end(ending);
    }
    const ending = attempt.ending ?? { kind: "completed" };
    const markFinishing = () => {
      this.isFinishing = true;
    };
    await finishAttempt(attempt, ending, markFinishing).catch((error: unknown) =>
      this.log.warn({ err: error }, "could not report how the attempt ended"),
    );
    this.inbox.close();
    this.heartbeat.stop();
    attempt.live.close();
    return attempt.ending ?? ending;
  }

  private async register(): Promise<void> {
    const { runId, runnerId, attemptId, sourceCommit, nodeName } = this.config;
    const { backendProfile } = this.run;
    try {
      await retryWhileAway(() =>
        this.controlPlane.register({
          id: runnerId,
          runId,
          attemptId,
          backendProfile,
          placement: nodeName ?? hostname(),
          ...(sourceCommit === undefined ? {} : { sourceCommit }),
          // In a pod, the host name is the pod's name.
          metadata: { pid: process.pid, node: process.version, host: hostname() },
        }),
      );
    } catch (error) {
      // A runner that is missing from the list of runners still does its work.
      if (!(error instanceof RefusedError)) throw error;
      this.log.warn({ err: error }, "could not register the runner");
    }
  }

  private async runTurns(): Promise<void> {
    const { attempt, inbox } = this;
    let idleSince = performance.now();
    while (!attempt.ending) {
      if (this.isDraining && (await this.yieldRun())) return;
      const idleLeftMs = () => (this.shouldYield ? 0 : attempt.policy.idleTimeoutMs - (performance.now() - idleSince));
      const command = await inbox.nextTurn(idleLeftMs());
      if (attempt.ending) return;
      if (this.isDraining) continue;
      if (command) await this.runTurn(command, this.readInput(command.payload));
      else if (idleLeftMs() > 0) continue;
      else if (await this.complete()) return;
      idleSince = performance.now();
    }
  }

  private async runTurn(
    command: Pick<Command, "id" | "seq">,
    input: MessageInput,
    opts?: { isAcknowledged: boolean },
  ): Promise<void> {
    this.log.info({ commandId: command.id }, "turn started");
    const done = this.turns.run(command, input, opts);
    this.removeTurn(command.id);
    await done;
    this.log.info({ commandId: command.id }, "turn ended");
    if (!this.attempt.abandoned.aborted)
      await archiveVolume(this.attempt, { threadId: this.attempt.thread, turnId: this.attempt.lastTurnId });
  }

  private removeTurn(commandId: string): void {
    this.inbox.removeTurn(commandId);
    this.notifyQueueChange();
  }

  private notifyQueueChange(): void {
    this.queueChange.resolve();
    this.queueChange = deferred();
  }

  // The turn was sent to the agent once, so it is not sent again: a new turn on the thread says what happened to it.
  private async runCutOffTurn({ commandId, ...payload }: NonNullable<Assignment["cutOffTurn"]>): Promise<void> {
    // Its images are sent again too: nobody knows whether codex had written them down.
    const input = this.readInput(payload);
    const text = `Your last turn was cut off: the process that ran it was lost. Look at what was already done, then go on. What had been asked:\n\n${input.text}`;
    await this.runTurn({ id: commandId, seq: 0 }, { ...input, text }, { isAcknowledged: true });
  }

  private readInput(payload: Record<string, unknown>): MessageInput {
    // A server of the previous release does not know outputs, and leaves the field out.
    return readMessageInput(payload, { takesOutput: this.run.assignment.takesOutput === true });
  }

  /** Ends an idle run. Returns false when the server knows of a command that still waits, so that the run continues. */
  private async complete(): Promise<boolean> {
    this.log.info({}, "no turns left, ending the run");
    await this.readCommands();
    if (this.inbox.hasTurn || this.attempt.ending) return false;
    // Must precede the report of the end: the session's next run may start on this volume at once.
    await this.attempt.closeAgent();
    this.log.info({}, "agent closed");
    await this.attempt.events.flush();
    const { id: runId, leaseEpoch } = this.run;
    this.isFinishing = true;
    try {
      await retryWhileAway(() =>
        this.controlPlane.finishRun({ runId, runnerId: this.config.runnerId, leaseEpoch, terminalStatus: "completed" }),
      );
      this.attempt.end({ kind: "completed" });
      return true;
    } catch (error) {
      if (!(error instanceof RefusedError) || error.reason !== "command-waiting") throw error;
      this.isFinishing = false;
      await this.readCommands();
      return false;
    }
  }

  /**
   * Gives way between turns: ends the run, or, where turns wait, gives up its hold on the run. Returns false when there
   * is more to do.
   */
  private async yieldRun(): Promise<boolean> {
    await this.readCommands();
    if (this.attempt.ending) return true;
    if (!this.inbox.hasTurn) return this.complete();
    this.attempt.end({ kind: "released", isDrained: true });
    return true;
  }

  private async readCommands(): Promise<void> {
    for await (const command of listAllCommands(this.controlPlane, this.run.id)) this.inbox.receive(command);
  }

  private handleHeartbeat(answer: HeartbeatAnswer): void {
    // The server answers for an ended run instead of refusing. This attempt may itself have ended the run.
    if (isTerminal(answer.status)) {
      if (!this.isFinishing) this.attempt.end({ kind: "lost", message: `the run is ${answer.status}` });
      return;
    }
    if (answer.cancelRequestedAt !== null) this.attempt.end({ kind: "cancelled" });
    for (const commandId of answer.cancelledCommandIds) this.cancelCommand(commandId);
    // A server of the previous release leaves this field out.
    const isDraining = answer.isDraining === true;
    if ((answer.shouldYield && !this.shouldYield) || (isDraining && !this.isDraining)) this.inbox.wakeReader();
    this.shouldYield = answer.shouldYield;
    this.isDraining = isDraining;
  }

  private cancelCommand(commandId: string): void {
    this.removeTurn(commandId);
    if (this.turns.commandId === commandId)
      void this.turns.stop({
        terminalStatus: "cancelled",
        failureKind: "cancelled",
        failureMessage: "cancel requested",
      });
  }

  private beginEnding(ending: Ending): void {
    this.inbox.wakeReader();
    this.notifyQueueChange();
    if (ending.kind === "lost") void this.attempt.killAgent();
    else if (ending.kind === "cancelled")
      void this.turns.stop({
        terminalStatus: "cancelled",
        failureKind: "cancelled",
        failureMessage: "the run was cancelled",
      });
    else if (ending.kind === "released") void this.turns.stop(undefined, { boundMs: RELEASE_INTERRUPT_MS });
  }
}
