import type { Command, FinishCommandInput } from "@/contract/command";
import { findRollouts } from "@/volume";
import type { Agent, TurnEnd } from "./agent";
import type { Attempt } from "./attempt";
import { RefusedError } from "./control-plane";
import { deferred } from "./deferred";
import { toEnding } from "./ending";
import { AppServerExitedError, CodexRequestError, LeaseLostError } from "./errors";
import { ImageError, type Message, type MessageInput } from "./images";
import { describeRefusals } from "./refusals";
import { retryWhileAway } from "./retry-while-away";
import { type RolloutOffsets, readCalls, readRolloutOffsets } from "./rollout-calls";
import { parseOutput } from "./turn-output";

type Outcome = Pick<FinishCommandInput, "terminalStatus" | "failureKind" | "failureMessage" | "output">;

interface RunningTurn {
  commandId: string;
  seq: number;
  /** Settles when the turn has been sent to codex, or when it is known that it will not be. */
  sent: Promise<void>;
  /** Settles when codex has taken the turn, or when it is known that it will not. */
  started: Promise<void>;
  /** Why the turn is being stopped; used if the turn does end interrupted. */
  stop: Outcome | undefined;
  agent: Agent | undefined;
  /** Aborts fetching the images of its message. */
  imageFetchAbort: AbortController;
}

/** How long codex may be silent in a turn without a time limit; well above codex's own time-outs. */
const SILENCE_MAX_MS = 30 * 60_000;
const INTERRUPTED: Outcome = { terminalStatus: "cancelled", failureKind: "cancelled", failureMessage: "interrupted" };

/** Runs turns, one at a time, each from its acknowledgement to its command's end. */
export class TurnRunner {
  private current: RunningTurn | undefined;

  constructor(private readonly attempt: Attempt) {}

  /** Adds to a command's turn once codex has taken it. Returns false when that turn is no longer running. */
  async steer(turnCommandId: string, command: Command, message: Message): Promise<boolean> {
    const { current } = this;
    if (current?.commandId !== turnCommandId) return false;
    await current.started;
    return (await current.agent?.steer(command.id, message)) ?? false;
  }

  /** Whether the agent's own part of the running turn has ended and only sub-agents are still working. */
  get isWaitingForSubagents(): boolean {
    return this.current?.agent?.isWaitingForSubagents ?? false;
  }

  get commandId(): string | undefined {
    return this.current?.commandId;
  }

  /** Returns the command whose turn is running, if it was ordered before `seq`. */
  commandIdBefore(seq: number): string | undefined {
    return this.current && this.current.seq < seq ? this.current.commandId : undefined;
  }

  /** Runs one turn to its end. Throws when the whole run cannot continue; the turn's command is finished before. */
  async run(
    command: Pick<Command, "id" | "seq">,
    input: MessageInput,
    opts: { isAcknowledged: boolean } = { isAcknowledged: false },
  ): Promise<void> {
    const sent = deferred();
    const started = deferred();
    const current: RunningTurn = {
      commandId: command.id,
      seq: command.seq,
      sent: sent.promise,
      started: started.promise,
      stop: undefined,
      agent: undefined,
      imageFetchAbort: new AbortController(),
    };
    this.current = current;
    this.attempt.turnCommandId = command.id;
    try {
      await this.attempt.checkVolume();
      const agent = await this.attempt.openAgent();
      const message = await this.readMessage(current, input);
      if (this.attempt.ending || message === null) return;
      if (!opts.isAcknowledged && !(await this.acknowledge(command.id))) return;
      await this.runToEnd(current, agent, { message, onSent: sent.resolve, onStarted: started.resolve });
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

  /**
   * Stops the running turn for the given reason. Returns false when no turn is running, or not that of the given
   * command.
   */
  async stop(outcome: Outcome = INTERRUPTED, opts: { boundMs?: number; commandId?: string } = {}): Promise<boolean> {
    const { current } = this;
    if (!current || current.commandId !== (opts.commandId ?? current.commandId)) return false;
    current.stop ??= outcome;
    current.imageFetchAbort.abort();
    this.attempt.approvals.endTurn();
    await current.sent;
    // A turn that has not been sent yet is not sent any more.
    return current.agent === undefined || (await current.agent.interrupt(opts.boundMs));
  }

  /**
   * Returns the message to send, with its images. null when an image cannot be shown, which ends the command but not
   * the run.
   */
  private async readMessage(current: RunningTurn, input: MessageInput): Promise<Message | null> {
    try {
      return await this.attempt.readMessage(current.commandId, input, current.imageFetchAbort.signal);
    } catch (error) {
      // Whoever stopped the turn decides how it ends.
      if (current.stop || this.attempt.ending) {
        const { imageIds: _, ...rest } = input;
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
      await retryWhileAway(() =>
        this.attempt.controlPlane.ackCommand({ commandId, leaseEpoch: this.attempt.run.leaseEpoch }),
      );
      return true;
    } catch (error) {
      // The command was cancelled before the turn was sent: nothing happened, and the run continues.
      if (error instanceof RefusedError) return false;
      throw error;
    }
  }

  /** Sends the message, waits until its turn has ended, and finishes the turn's command. */
  private async runToEnd(
    current: RunningTurn,
    agent: Agent,
    { message, onSent, onStarted }: { message: Message; onSent: () => void; onStarted: () => void },
  ): Promise<void> {
    const { attempt } = this;
    if (attempt.abandoned.aborted) return;
    if (current.stop) return this.finish(current, current.stop);
    const offsets = await this.readOffsets(agent);
    const turn = await this.startTurn(current, agent, { message, onSent });
    if (turn === null) return;
    const { turnId } = turn;
    attempt.lastTurnId = turnId;
    onStarted();
    attempt.emit({
      type: "backend_status",
      payload: { phase: "turn-started", turnId, commandId: current.commandId, threadId: agent.threadId },
    });
    await attempt.saveThread();
    const end = await this.waitForEnd(agent, turn.ended);
    const refusals = await this.reportRefusals(agent, turnId, offsets);
    const outcome = withOutput(toOutcome(end, current.stop), message, attempt.translator.lastMessage);
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
    // A released run does not report the turn that its end cut off: the server decides by the run's policy.
    if (attempt.abandoned.aborted) return;
    await this.finish(current, refusals === null ? outcome : { failureMessage: refusals, ...outcome }, {
      threadId: await this.resumableThread(agent, end),
      turnId,
    });
  }

  /**
   * Sends the message to codex. null: codex did not take the turn, and its command is finished, unless the attempt was
   * abandoned.
   */
  private async startTurn(
    current: RunningTurn,
    agent: Agent,
    { message, onSent }: { message: Message; onSent: () => void },
  ): Promise<Awaited<ReturnType<Agent["startTurn"]>> | null> {
    const { attempt } = this;
    try {
      const starting = agent.startTurn(current.commandId, message);
      current.agent = agent;
      onSent();
      return await starting;
    } catch (error) {
      if (attempt.abandoned.aborted) return null;
      if (current.stop && error instanceof AppServerExitedError) {
        // codex did not answer at all, so only ending it could stop the turn: the run continues.
        await this.finish(current, current.stop);
        return null;
      }
      if (!(error instanceof CodexRequestError)) throw error;
      attempt.emit({ type: "error", payload: { message: `codex did not take the turn: ${error.message}` } });
      await this.finish(current, {
        terminalStatus: "failed",
        failureKind: "backend-failed",
        failureMessage: error.message,
      });
      return null;
    }
  }

  /** Marks where the rollouts end; null where later calls cannot be told from earlier ones. */
  private async readOffsets(agent: Agent): Promise<RolloutOffsets | null> {
    const { disk } = this.attempt;
    return disk ? readRolloutOffsets(disk.layout.rolloutsDir, agent.threadId).catch(() => null) : null;
  }

  /**
   * Reports the turn's commands that codex did not report. When all commands of the turn were refused, warns of it and
   * returns the message; null otherwise.
   */
  private async reportRefusals(agent: Agent, turnId: string, offsets: RolloutOffsets | null): Promise<string | null> {
    const { attempt } = this;
    const { disk, translator } = attempt;
    // The rollout is read for this warning alone: a file that cannot be read must not fail a turn.
    const calls =
      disk && offsets ? await readCalls(disk.layout.rolloutsDir, agent.threadId, offsets).catch(() => []) : [];
    const { commands } = translator;
    for (const event of commands.addFromRollout(turnId, disk?.cwd ?? "", calls)) attempt.emit(event);
    const message = describeRefusals(commands.calls, attempt.policy);
    if (message !== null) attempt.emit({ type: "warning", payload: { message, code: "commands-refused", turnId } });
    return message;
  }

  private async waitForEnd(agent: Agent, ended: Promise<TurnEnd>): Promise<TurnEnd> {
    const { turnTimeoutMs } = this.attempt.policy;
    const limit = turnTimeoutMs === undefined ? this.limitSilence(agent) : this.limitDuration(turnTimeoutMs);
    try {
      return await ended;
    } finally {
      limit.clear();
    }
  }

  private limitDuration(turnTimeoutMs: number): { clear(): void } {
    const failureMessage = `the turn took longer than its limit of ${turnTimeoutMs} ms and was interrupted`;
    const timer = setTimeout(
      () => void this.stop({ terminalStatus: "failed", failureKind: "timeout", failureMessage }),
      Math.min(turnTimeoutMs, 2_147_483_647),
    );
    return { clear: () => clearTimeout(timer) };
  }

  // A turn without a time limit may take as long as it likes, but a codex that hangs must not hold its run for ever.
  private limitSilence(agent: Agent): { clear(): void } {
    const boundMs = this.attempt.config.silenceMaxMs ?? SILENCE_MAX_MS;
    const checkSilence = () => {
      const remainingMs = boundMs - agent.silentMs;
      if (remainingMs > 0) {
        timer = setTimeout(checkSilence, remainingMs);
        return;
      }
      const failureMessage = `codex said nothing for ${Math.round(boundMs / 1000)} s in the middle of the turn and was killed: set executionPolicy.turnTimeoutMs for turns that are silent for longer`;
      this.attempt.emit({ type: "error", payload: { message: failureMessage, code: "backend-failed" } });
      void this.stop({ terminalStatus: "failed", failureKind: "backend-failed", failureMessage }, { boundMs: 0 });
    };
    let timer = setTimeout(checkSilence, boundMs);
    return { clear: () => clearTimeout(timer) };
  }

  // A thread can be resumed only if its rollout was written: codex writes none for a thread without a finished turn.
  private async resumableThread(agent: Agent, end: TurnEnd): Promise<string | undefined> {
    const { disk, config } = this.attempt;
    if (end.status === "completed" || config.volumeDir === undefined || !disk)
      return end.status === "completed" ? agent.threadId : undefined;
    return (await findRollouts(disk.layout.rolloutsDir, agent.threadId)).length > 0 ? agent.threadId : undefined;
  }

  private async fail(current: RunningTurn, error: unknown): Promise<void> {
    const { attempt } = this;
    if (error instanceof LeaseLostError || attempt.abandoned.aborted) return;
    const ending = await toEnding(error, attempt.config);
    if (ending.kind !== "failed") return;
    // A turn that was being stopped when codex died of it has ended with the requested outcome.
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
    current: RunningTurn,
    outcome: Outcome,
    ids: Pick<FinishCommandInput, "threadId" | "turnId"> = {},
  ): Promise<void> {
    const { controlPlane, run, events } = this.attempt;
    await events.flush();
    try {
      await retryWhileAway(() =>
        controlPlane.finishCommand({ commandId: current.commandId, leaseEpoch: run.leaseEpoch, ...outcome, ...ids }),
      );
    } catch (error) {
      // Somebody else has ended the command meanwhile; that outcome stands.
      if (!(error instanceof RefusedError)) throw error;
    }
  }
}

function toOutcome(end: TurnEnd, stop: Outcome | undefined): Outcome {
  switch (end.status) {
    case "completed":
      return { terminalStatus: "completed" };
    case "interrupted":
      return stop ?? INTERRUPTED;
    case "failed":
      return {
        terminalStatus: "failed",
        failureKind: isRateLimited(end.error) ? "rate-limited" : "backend-failed",
        failureMessage: end.error?.message ?? "the turn failed",
      };
    default:
      return end.status satisfies never;
  }
}

/** A completed turn with a schema counts as completed only if its last message fits the schema. */
function withOutput(outcome: Outcome, { outputSchema }: Message, lastMessage: string | undefined): Outcome {
  if (outputSchema === undefined || outcome.terminalStatus !== "completed") return outcome;
  const result = parseOutput(lastMessage, outputSchema);
  if ("output" in result) return { ...outcome, output: result.output };
  return { terminalStatus: "failed", failureKind: "backend-failed", failureMessage: result.problem };
}

/** Whether codex gave up because the provider's limit is reached, by codex's own error name or the last HTTP status. */
function isRateLimited(error: TurnEnd["error"]): boolean {
  const info = error?.codexErrorInfo ?? null;
  if (info === null) return false;
  if (typeof info === "string") return info === "usageLimitExceeded" || info === "rateLimitExceeded";
  return Object.values(info).some(
    (detail) =>
      typeof detail === "object" && detail !== null && "httpStatusCode" in detail && detail.httpStatusCode === 429,
  );
}
