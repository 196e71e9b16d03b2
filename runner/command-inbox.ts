import type { Command } from "@/contract/command";
import type { ControlPlane } from "./control-plane";

/** Receives each of a run's commands once, in order, and lets one reader wait for the next. */
export class CommandInbox {
  private readonly receivedIds = new Set<string>();
  private readonly waitingTurns: Command[] = [];
  private resolveWait: (() => void) | undefined;
  private subscription: { close(): void } | undefined;
  private lastSeq = 0;

  constructor(
    private readonly opts: {
      controlPlane: Pick<ControlPlane, "watchCommands">;
      runId: string;
      /** Called with commands that act on a running turn, which never wait behind a turn. */
      onUrgent: (command: Command) => void;
      onCancelRequested: () => void;
      onCommandCancelRequested: (commandId: string) => void;
    },
  ) {}

  open(): void {
    this.subscription = this.opts.controlPlane.watchCommands(
      { runId: this.opts.runId, afterSeq: this.lastSeq },
      (command) => {
        if (command.type === "cancel-requested") this.opts.onCancelRequested();
        else this.receive(command as Command);
      },
    );
  }

  close(): void {
    this.subscription?.close();
    this.subscription = undefined;
  }

  /** Receives a command from the stream, or from a list read because the server says that one waits. */
  receive(command: Command): void {
    if (command.cancelRequestedAt !== null) this.opts.onCommandCancelRequested(command.id);
    this.lastSeq = Math.max(this.lastSeq, command.seq);
    if (this.receivedIds.has(command.id) || command.state !== "pending") return;
    this.receivedIds.add(command.id);
    if (command.type === "turn") {
      this.waitingTurns.push(command);
      this.resolveWait?.();
    } else {
      this.opts.onUrgent(command);
    }
  }

  /** Removes a turn that begins, or that was cancelled before and needs nothing from the agent. */
  removeTurn(commandId: string): void {
    const index = this.waitingTurns.findIndex((command) => command.id === commandId);
    if (index !== -1) this.waitingTurns.splice(index, 1);
  }

  get hasTurn(): boolean {
    return this.waitingTurns.length > 0;
  }

  /** Whether a turn waits that was ordered before `seq`, to which a steer or interrupt may refer. */
  hasTurnBefore(seq: number): boolean {
    return this.waitingTurns.some((command) => command.seq < seq);
  }

  /** Ends a wait for the next turn, so that its reader checks what has changed. */
  wakeReader(): void {
    this.resolveWait?.();
  }

  /**
   * Returns the next turn, or undefined when none has come within `idleMs` or the reader was poked. The turn stays in
   * the inbox until it is withdrawn, so that at every moment it is known to be waiting or running.
   */
  async nextTurn(idleMs: number): Promise<Command | undefined> {
    if (this.waitingTurns.length === 0) {
      await new Promise<void>((resolve) => {
        // Node fires timers beyond 2^31-1 ms immediately.
        const timer = setTimeout(resolve, Math.max(0, Math.min(idleMs, 2_147_483_647)));
        this.resolveWait = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.resolveWait = undefined;
    }
    return this.waitingTurns[0];
  }
}
