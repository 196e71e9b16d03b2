import { COMMAND_PAYLOADS, type Command } from "@/contract/command";
import type { Attempt } from "./attempt";
import type { CommandInbox } from "./command-inbox";
import { RefusedError } from "./control-plane";
import { toEnding } from "./ending";
import { BackendFailedError } from "./errors";
import { ImageError, type Message, readMessageInput } from "./images";
import { retryWhileAway } from "./retry-while-away";
import type { TurnRunner } from "./turn-runner";

/** The result of a command that acts on a turn: done, or a reason in a word that programs can branch on. */
type Result =
  | { done: true }
  | {
      done: false;
      reason: "no-active-turn" | "approval-not-pending" | "backend-failed" | "infra-failed" | "unknown-type";
      message: string;
    };

const NO_ACTIVE_TURN = { done: false, reason: "no-active-turn", message: "no turn is under way" } as const;

const ONLY_SUBAGENTS_RUNNING = {
  ...NO_ACTIVE_TURN,
  message: "the agent has done its part of the turn, and its sub-agents take no message: send it once they have ended",
} as const;

/** Carries out steer, interrupt and approve while a turn is running. */
export class UrgentCommands {
  private lastSteer: Promise<void> = Promise.resolve();

  constructor(
    private readonly opts: {
      attempt: Attempt;
      turns: TurnRunner;
      inbox: () => CommandInbox;
      /** Resolves when a turn has begun or was withdrawn, or the attempt ends. */
      queueChange: () => Promise<void>;
    },
  ) {}

  receive(command: Command): void {
    // Only steers wait for each other, to keep their order. Others must not wait: the turn may be waiting for an
    // approval, and an interrupt is meant for a codex that no longer answers.
    const work = command.type === "steer" ? this.lastSteer.then(() => this.handle(command)) : this.handle(command);
    const { attempt } = this.opts;
    const settled = work.catch(async (error: unknown) => attempt.end(await toEnding(error, attempt.config)));
    if (command.type === "steer") this.lastSteer = settled;
  }

  private async handle(command: Command): Promise<void> {
    const { attempt } = this.opts;
    const turnCommandId = command.type === "approve" ? undefined : await this.waitForTurn(command.seq);
    if (attempt.ending) return;
    const { controlPlane, run } = attempt;
    try {
      await retryWhileAway(() => controlPlane.ackCommand({ commandId: command.id, leaseEpoch: run.leaseEpoch }));
      const result = await this.execute(command, turnCommandId);
      if (attempt.isLost) return;
      const outcome = result.done
        ? ({ terminalStatus: "completed" } as const)
        : ({
            terminalStatus: "failed",
            failureKind: isFailureKind(result.reason) ? result.reason : "schema-invalid",
            failureMessage: failureMessage(result),
          } as const);
      await retryWhileAway(() =>
        controlPlane.finishCommand({ commandId: command.id, leaseEpoch: run.leaseEpoch, ...outcome }),
      );
    } catch (error) {
      // The command was cancelled meanwhile, or ended with its run: nothing is left to report.
      if (!(error instanceof RefusedError)) throw error;
    }
  }

  // Returns the running turn, whatever waits behind it. Where none is running, waits for the turn that was ordered
  // before the command and has yet to begin.
  private async waitForTurn(seq: number): Promise<string | undefined> {
    const { attempt, turns, inbox, queueChange } = this.opts;
    while (!attempt.ending && turns.commandIdBefore(seq) === undefined && inbox().hasTurnBefore(seq))
      await queueChange();
    return turns.commandIdBefore(seq);
  }

  /**
   * Fetches the command's message. An image that cannot be fetched fails the command; a lost server or lease ends the
   * attempt.
   */
  private readMessage(command: Command): Promise<Message | ImageError> {
    const { attempt } = this.opts;
    return attempt
      .readMessage(command.id, readMessageInput(command.payload), attempt.abandoned)
      .catch((error: unknown) => {
        if (error instanceof ImageError) return error;
        throw error;
      });
  }

  private async steer(command: Command, turnCommandId: string, message: Message): Promise<Result> {
    const { turns } = this.opts;
    try {
      if (await turns.steer(turnCommandId, command, message)) return { done: true };
      return turns.isWaitingForSubagents ? ONLY_SUBAGENTS_RUNNING : NO_ACTIVE_TURN;
    } catch (error) {
      if (error instanceof BackendFailedError) return { done: false, reason: "backend-failed", message: error.message };
      return {
        done: false,
        reason: "backend-failed",
        message: `codex did not take the steer: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }

  private async execute(command: Command, turnCommandId: string | undefined): Promise<Result> {
    const { attempt, turns } = this.opts;
    switch (command.type) {
      case "steer": {
        if (turnCommandId === undefined) return NO_ACTIVE_TURN;
        const message = await this.readMessage(command);
        return message instanceof ImageError
          ? { done: false, reason: "infra-failed", message: message.message }
          : this.steer(command, turnCommandId, message);
      }
      case "interrupt":
        if (turnCommandId === undefined) return NO_ACTIVE_TURN;
        return (await turns.stop(undefined, { commandId: turnCommandId })) ? { done: true } : NO_ACTIVE_TURN;
      case "approve": {
        const { approvalId, decision } = COMMAND_PAYLOADS.approve.parse(command.payload);
        const isApplied = await attempt.approvals.decide(approvalId, decision);
        if (isApplied) return { done: true };
        return {
          done: false,
          reason: "approval-not-pending",
          message: "the agent does not wait for this decision any more",
        };
      }
      default:
        return {
          done: false,
          reason: "unknown-type",
          message: `this runner does not know commands of type ${command.type}`,
        };
    }
  }
}

/** Whether a result is reported as a failure kind with a message, instead of as a word for programs. */
function isFailureKind(
  reason: Extract<Result, { done: false }>["reason"],
): reason is "backend-failed" | "infra-failed" {
  return reason === "backend-failed" || reason === "infra-failed";
}

function failureMessage(result: Extract<Result, { done: false }>): string {
  return isFailureKind(result.reason) ? result.message : `${result.reason}: ${result.message}`;
}
