import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Command } from "@/contract/command";
import { type Assignment, type ClaimedRun, type HeartbeatAnswer, isTerminal } from "@/contract/run";
import { archiveVolume } from "./archive";
import { Attempt } from "./attempt";
import { claimRun } from "./claim";
import { CommandInbox } from "./command-inbox";
import { commandsOf } from "./commands-of";
import { conclude } from "./conclude";
import type { RunnerConfig } from "./config";
import { type ControlPlane, RefusedError } from "./control-plane";
import { deferred } from "./deferred";
import { type Ending, endingOf } from "./ending";
import type { Handover } from "./handover";
import { Heartbeat, type Instant } from "./heartbeat";
import { type Order, orderOf } from "./images";
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
  private queueMoved = deferred();

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
      queueMoved: () => this.queueMoved.promise,
    });
    this.inbox = new CommandInbox({
      controlPlane,
      runId,
      onUrgent: (command) => urgent.receive(command),
      onCancelRequested: () => this.attempt.end({ kind: "cancelled" }),
      onCommandCancelRequested: (commandId) => {
        this.cancelCommand(commandId);
        // The cancellation may concern the whole run, which only a beat's answer says.
        this.heartbeat.hurry();
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
      onAnswer: (answer) => this.hear(answer),
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
      const ending = await endingOf(error, this.config);
      this.log.warn({ err: error }, "the attempt cannot go on");
      attempt.end(ending);
    }
    const ending = attempt.ending ?? { kind: "completed" };
    const finishing = () => {
      this.isFinishing = true;
    };
    await conclude(attempt, ending, finishing).catch((error: unknown) =>
      this.log.warn({ err: error }, "the end could not be said"),
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
      this.log.warn({ err: error }, "not registered");
    }
  }

  private async runTurns(): Promise<void> {
    const { attempt, inbox } = this;
    let idleSince = performance.now();
    while (!attempt.ending) {
      if (this.isDraining && (await this.giveWay())) return;
      const idleLeftMs = () => (this.shouldYield ? 0 : attempt.policy.idleTimeoutMs - (performance.now() - idleSince));
      const command = await inbox.nextTurn(idleLeftMs());
      if (attempt.ending) return;
      if (this.isDraining) continue;
      if (command) await this.runTurn(command, this.orderOf(command.payload));
      else if (idleLeftMs() > 0) continue;
      else if (await this.complete()) return;
      idleSince = performance.now();
    }
  }

  private async runTurn(command: Pick<Command, "id" | "seq">, order: Order, isAcknowledged = false): Promise<void> {
    this.log.info({ commandId: command.id }, "a turn begins");
    const done = this.turns.run(command, order, { isAcknowledged });
    this.withdraw(command.id);
    await done;
    this.log.info({ commandId: command.id }, "the turn has ended");
    if (!this.attempt.abandoned.aborted)
      await archiveVolume(this.attempt, { threadId: this.attempt.thread, turnId: this.attempt.lastTurnId });
  }

  private withdraw(commandId: string): void {
    this.inbox.withdraw(commandId);
    this.tellQueueMoved();
  }

  private tellQueueMoved(): void {
    this.queueMoved.resolve();
    this.queueMoved = deferred();
  }

  // The turn was sent to the agent once, so it is not sent again: a new turn on the thread says what happened to it.
  private async runCutOffTurn({ commandId, ...asked }: NonNullable<Assignment["cutOffTurn"]>): Promise<void> {
    // Its images are sent again too: nobody knows whether codex had written them down.
    const order = this.orderOf(asked);
    const text = `Your last turn was cut off: the process that ran it was lost. Look at what was already done, then go on. What had been asked:\n\n${order.text}`;
    await this.runTurn({ id: commandId, seq: 0 }, { ...order, text }, true);
  }

  private orderOf(payload: Record<string, unknown>): Order {
    // A server of the previous release does not know outputs, and leaves the field out.
    return orderOf(payload, { takesOutput: this.run.assignment.takesOutput === true });
  }

  /** Ends an idle run. Returns false when the server knows of a command that still waits, so that the run continues. */
  private async complete(): Promise<boolean> {
    this.log.info({}, "nothing is left to do: ending");
    await this.readCommands();
    if (this.inbox.hasTurn || this.attempt.ending) return false;
    // Must precede the report of the end: the session's next run may start on this volume at once.
    await this.attempt.closeAgent();
    this.log.info({}, "no agent is left");
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
  private async giveWay(): Promise<boolean> {
    await this.readCommands();
    if (this.attempt.ending) return true;
    if (!this.inbox.hasTurn) return this.complete();
    this.attempt.end({ kind: "released", isDrained: true });
    return true;
  }

  private async readCommands(): Promise<void> {
    for await (const command of commandsOf(this.controlPlane, this.run.id)) this.inbox.receive(command);
  }

  private hear(answer: HeartbeatAnswer): void {
    // The server answers for an ended run instead of refusing. This attempt may itself have ended the run.
    if (isTerminal(answer.status)) {
      if (!this.isFinishing) this.attempt.end({ kind: "lost", message: `the run is ${answer.status}` });
      return;
    }
    if (answer.cancelRequestedAt !== null) this.attempt.end({ kind: "cancelled" });
    for (const commandId of answer.cancelledCommandIds) this.cancelCommand(commandId);
    // A server of the previous release leaves this field out.
    const isDraining = answer.isDraining === true;
    if ((answer.shouldYield && !this.shouldYield) || (isDraining && !this.isDraining)) this.inbox.poke();
    this.shouldYield = answer.shouldYield;
    this.isDraining = isDraining;
  }

  private cancelCommand(commandId: string): void {
    this.withdraw(commandId);
    if (this.turns.commandId === commandId)
      void this.turns.stop({
        terminalStatus: "cancelled",
        failureKind: "cancelled",
        failureMessage: "cancel requested",
      });
  }

  private beginEnding(ending: Ending): void {
    this.inbox.poke();
    this.tellQueueMoved();
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
