import type { Command, FinishCommandInput } from "@/contract/command";
import { findRollouts } from "@/volume";
import type { Agent, TurnEnd } from "./agent";
import type { Attempt } from "./attempt";
import { RefusedError } from "./control-plane";
import { deferred } from "./deferred";
import { endingOf } from "./ending";
import { AppServerExitedError, CodexRequestError, LeaseLostError } from "./errors";
import { ImageError, type Message, type Order } from "./images";
import { persist } from "./persist";
import { describeRefusals } from "./refusals";
import { markRollouts, type RolloutMarks, readCalls } from "./rollout-calls";
import { readOutput } from "./turn-output";

type Outcome = Pick<FinishCommandInput, "terminalStatus" | "failureKind" | "failureMessage" | "output">;

interface Current {
  commandId: string;
  seq: number;
  /** Settles when codex has been asked for the turn, or when it is known that it will not be. */
  sent: Promise<void>;
  /** Settles when codex has taken the turn, or when it is known that it will not. */
  started: Promise<void>;
  /** Why the turn is being stopped; it counts if the turn did end interrupted. */
  stop: Outcome | undefined;
  agent: Agent | undefined;
  /** Aborts the fetch of what its message shows. */
  fetching: AbortController;
}

/** How long codex may say nothing in a turn without a limit of its own; it is well above codex's own time-outs. */
const SILENCE_MAX_MS = 30 * 60_000;
const INTERRUPTED: Outcome = { terminalStatus: "cancelled", failureKind: "cancelled", failureMessage: "interrupted" };

/** Runs turns, one at a time, each from its acknowledgement to its command's end. */
export class TurnRunner {
  private current: Current | undefined;

  constructor(private readonly attempt: Attempt) {}

  /** Adds to the turn of a command, once codex has taken it; false when that is not the one under way any more. */
  async steer(turnCommandId: string, command: Command, message: Message): Promise<boolean> {
    const { current } = this;
    if (current?.commandId !== turnCommandId) return false;
    await current.started;
    return (await current.agent?.steer(command.id, message)) ?? false;
  }

  /** Whether the agent has done its part of the turn under way, and others are still at theirs. */
  get isLeftToOthers(): boolean {
    return this.current?.agent?.isLeftToOthers ?? false;
  }

  get commandId(): string | undefined {
    return this.current?.commandId;
  }

  /** The command whose turn is under way, if it was ordered before `seq`. */
  commandBefore(seq: number): string | undefined {
    return this.current && this.current.seq < seq ? this.current.commandId : undefined;
  }

  /** Runs one turn to its end. Throws when the whole run cannot go on; its command is finished before. */
  async run(
    command: Pick<Command, "id" | "seq">,
    order: Order,
    opts: { isAcknowledged: boolean } = { isAcknowledged: false },
  ): Promise<void> {
    const sent = deferred();
    const started = deferred();
    const current: Current = {
      commandId: command.id,
      seq: command.seq,
      sent: sent.promise,
      started: started.promise,
      stop: undefined,
      agent: undefined,
      fetching: new AbortController(),
    };
    this.current = current;
    this.attempt.turnCommandId = command.id;
    try {
      await this.attempt.checkVolume();
      const agent = await this.attempt.openAgent();
      const message = await this.readMessage(current, order);
      if (this.attempt.ending || message === null) return;
      if (!opts.isAcknowledged && !(await this.acknowledge(command.id))) return;
      await this.follow(current, agent, { message, hasSent: sent.resolve, hasStarted: started.resolve });
    } catch (error) {
      await this.fail(current, error);
      throw error;
    } finally {
      sent.resolve();
      started.resolve();
      this.attempt.approvals.endTurn();
      this.attempt.turnCommandId = undefined;
      this.current = undefined;
    }
  }

  /** Stops the turn under way for the reason given; false when there is none, or not that of the command named. */
  async stop(outcome: Outcome = INTERRUPTED, opts: { boundMs?: number; commandId?: string } = {}): Promise<boolean> {
    const { current } = this;
    if (!current || current.commandId !== (opts.commandId ?? current.commandId)) return false;
    current.stop ??= outcome;
    current.fetching.abort();
    this.attempt.approvals.endTurn();
    await current.sent;
    // What was not sent yet is not sent any more.
    return current.agent === undefined || (await current.agent.interrupt(opts.boundMs));
  }

  /** What is sent, with its images; null when it cannot be shown, which ends its command and not the run. */
  private async readMessage(current: Current, order: Order): Promise<Message | null> {
    try {
      return await this.attempt.readMessage(current.commandId, order, current.fetching.signal);
    } catch (error) {
      // Whoever stopped it says how it ends.
      if (current.stop || this.attempt.ending) {
        const { imageIds: _, ...rest } = order;
        return { ...rest, images: [] };
      }
      if (!(error instanceof ImageError)) throw error;
      const { message } = error;
      this.attempt.emit({ type: "error", payload: { message, code: "infra-failed" } });
      await this.finish(current, { terminalStatus: "failed", failureKind: "infra-failed", failureMessage: message });
      return null;
    }
  }

  private async acknowledge(commandId: string): Promise<boolean> {
    try {
      await persist(() => this.attempt.controlPlane.ackCommand({ commandId, leaseEpoch: this.attempt.run.leaseEpoch }));
      return true;
    } catch (error) {
      // It was cancelled before it was sent: nothing happened, and the run goes on.
      if (error instanceof RefusedError) return false;
      throw error;
    }
  }

  private async follow(
    current: Current,
    agent: Agent,
    how: { message: Message; hasSent: () => void; hasStarted: () => void },
  ): Promise<void> {
    const { attempt } = this;
    if (attempt.abandoned.aborted) return;
    if (current.stop) return this.finish(current, current.stop);
    const marks = await this.markRollouts(agent);
    let turn: Awaited<ReturnType<Agent["startTurn"]>>;
    try {
      const starting = agent.startTurn(current.commandId, how.message);
      current.agent = agent;
      how.hasSent();
      turn = await starting;
    } catch (error) {
      if (attempt.abandoned.aborted) return;
      // codex did not even answer, so that only its end could stop the turn: the run goes on.
      if (current.stop && error instanceof AppServerExitedError) return this.finish(current, current.stop);
      if (!(error instanceof CodexRequestError)) throw error;
      attempt.emit({ type: "error", payload: { message: `codex did not take the turn: ${error.message}` } });
      return this.finish(current, {
        terminalStatus: "failed",
        failureKind: "backend-failed",
        failureMessage: error.message,
      });
    }
    const { turnId } = turn;
    attempt.lastTurnId = turnId;
    how.hasStarted();
    attempt.emit({
      type: "backend_status",
      payload: { phase: "turn-started", turnId, commandId: current.commandId, threadId: agent.threadId },
    });
    await attempt.noteThread();
    const end = await this.waitForEnd(agent, turn.ended);
    const refusals = await this.tellRefusals(agent, turnId, marks);
    const outcome = withOutput(outcomeOf(end, current.stop), how.message, attempt.translator.lastMessage);
    for (const event of attempt.translator.endTurn(turnId, end.error)) attempt.emit(event);
    if (end.status === "completed" && outcome.terminalStatus === "failed")
      attempt.emit({
        type: "error",
        payload: { message: outcome.failureMessage ?? "", code: "output-invalid", turnId },
      });
    attempt.emit({
      type: "backend_status",
      payload: { phase: "turn-completed", turnId, commandId: current.commandId, status: end.status },
    });
    // A released run says nothing of the turn that its end cut off: the server decides by the run's policy.
    if (attempt.abandoned.aborted) return;
    await this.finish(current, refusals === null ? outcome : { failureMessage: refusals, ...outcome }, {
      threadId: await this.resumableThread(agent, end),
      turnId,
    });
  }

  /** null where the calls that follow cannot be told from those before. */
  private async markRollouts(agent: Agent): Promise<RolloutMarks | null> {
    const { disk } = this.attempt;
    return disk ? markRollouts(disk.layout.rolloutsDir, agent.threadId).catch(() => null) : null;
  }

  /** Tells what codex did not of the turn's commands, and, when all of them were refused, says so; null when not. */
  private async tellRefusals(agent: Agent, turnId: string, marks: RolloutMarks | null): Promise<string | null> {
    const { attempt } = this;
    const { disk, translator } = attempt;
    // What codex only wrote down is for this warning alone: a file that cannot be read costs no turn.
    const calls = disk && marks ? await readCalls(disk.layout.rolloutsDir, agent.threadId, marks).catch(() => []) : [];
    const { commands } = translator;
    for (const event of commands.add(turnId, disk?.cwd ?? "", calls)) attempt.emit(event);
    const message = describeRefusals(commands.calls, attempt.policy);
    if (message !== null) attempt.emit({ type: "warning", payload: { message, code: "commands-refused", turnId } });
    return message;
  }

  private async waitForEnd(agent: Agent, ended: Promise<TurnEnd>): Promise<TurnEnd> {
    const { turnTimeoutMs } = this.attempt.policy;
    const limit = turnTimeoutMs === undefined ? this.boundSilence(agent) : this.boundTurn(turnTimeoutMs);
    try {
      return await ended;
    } finally {
      limit.clear();
    }
  }

  private boundTurn(turnTimeoutMs: number): { clear(): void } {
    const failureMessage = `the turn took longer than its limit of ${turnTimeoutMs} ms and was interrupted`;
    const timer = setTimeout(
      () => void this.stop({ terminalStatus: "failed", failureKind: "timeout", failureMessage }),
      Math.min(turnTimeoutMs, 2_147_483_647),
    );
    return { clear: () => clearTimeout(timer) };
  }

  // Without a limit of its own a turn may take as long as it likes, but a codex that hangs must not hold its run for ever.
  private boundSilence(agent: Agent): { clear(): void } {
    const boundMs = this.attempt.config.silenceMaxMs ?? SILENCE_MAX_MS;
    const look = () => {
      const leftMs = boundMs - agent.silentMs;
      if (leftMs > 0) {
        timer = setTimeout(look, leftMs);
        return;
      }
      const failureMessage = `codex said nothing for ${Math.round(boundMs / 1000)} s in the middle of the turn and was killed: set executionPolicy.turnTimeoutMs for turns that are silent for longer`;
      this.attempt.emit({ type: "error", payload: { message: failureMessage, code: "backend-failed" } });
      void this.stop({ terminalStatus: "failed", failureKind: "backend-failed", failureMessage }, { boundMs: 0 });
    };
    let timer = setTimeout(look, boundMs);
    return { clear: () => clearTimeout(timer) };
  }

  // A thread can be resumed only if its rollout was written: codex writes none for a thread without a finished turn.
  private async resumableThread(agent: Agent, end: TurnEnd): Promise<string | undefined> {
    const { disk, config } = this.attempt;
    if (end.status === "completed" || config.volumeDir === undefined || !disk)
      return end.status === "completed" ? agent.threadId : undefined;
    return (await findRollouts(disk.layout.rolloutsDir, agent.threadId)).length > 0 ? agent.threadId : undefined;
  }

  private async fail(current: Current, error: unknown): Promise<void> {
    const { attempt } = this;
    if (error instanceof LeaseLostError || attempt.abandoned.aborted) return;
    const ending = await endingOf(error, attempt.config);
    if (ending.kind !== "failed") return;
    // A turn that was being stopped when codex died of it has ended as it was told to.
    const outcome: Outcome = current.stop ?? {
      terminalStatus: "failed",
      failureKind: ending.failureKind,
      failureMessage: ending.message,
    };
    if (!current.stop) attempt.emit({ type: "error", payload: { message: ending.message, code: ending.failureKind } });
    for (const event of attempt.translator.endTurn("", null)) attempt.emit(event);
    await this.finish(current, outcome).catch(() => {});
  }

  private async finish(
    current: Current,
    outcome: Outcome,
    ids: Pick<FinishCommandInput, "threadId" | "turnId"> = {},
  ): Promise<void> {
    const { controlPlane, run, events } = this.attempt;
    await events.flush();
    try {
      await persist(() =>
        controlPlane.finishCommand({ commandId: current.commandId, leaseEpoch: run.leaseEpoch, ...outcome, ...ids }),
      );
    } catch (error) {
      // Another has ended it meanwhile; what it ended as stands.
      if (!(error instanceof RefusedError)) throw error;
    }
  }
}

function outcomeOf(end: TurnEnd, stop: Outcome | undefined): Outcome {
  switch (end.status) {
    case "completed":
      return { terminalStatus: "completed" };
    case "interrupted":
      return stop ?? INTERRUPTED;
    case "failed":
      return {
        terminalStatus: "failed",
        failureKind: isLimited(end.error) ? "rate-limited" : "backend-failed",
        failureMessage: end.error?.message ?? "the turn failed",
      };
    default:
      return end.status satisfies never;
  }
}

/** A turn that ended as it should, and was given a schema, has done what was asked only if its last message fits that. */
function withOutput(outcome: Outcome, { outputSchema }: Message, lastMessage: string | undefined): Outcome {
  if (outputSchema === undefined || outcome.terminalStatus !== "completed") return outcome;
  const read = readOutput(lastMessage, outputSchema);
  if ("output" in read) return { ...outcome, output: read.output };
  return { terminalStatus: "failed", failureKind: "backend-failed", failureMessage: read.fault };
}

/** Whether codex gave up because the provider's limit is reached, by its own name for it or by the status it met last. */
function isLimited(error: TurnEnd["error"]): boolean {
  const info = error?.codexErrorInfo ?? null;
  if (info === null) return false;
  if (typeof info === "string") return info === "usageLimitExceeded" || info === "rateLimitExceeded";
  return Object.values(info).some(
    (detail) =>
      typeof detail === "object" && detail !== null && "httpStatusCode" in detail && detail.httpStatusCode === 429,
  );
}
