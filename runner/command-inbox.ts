import type { Command } from "@/contract/command";
import type { ControlPlane } from "./control-plane";

/** Receives each of a run's commands once, in order, and lets one reader wait for the next. */
export class CommandInbox {
  private readonly seen = new Set<string>();
  private readonly waiting: Command[] = [];
  private wake: (() => void) | undefined;
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
    if (this.seen.has(command.id) || command.state !== "pending") return;
    this.seen.add(command.id);
    if (command.type === "turn") {
      this.waiting.push(command);
      this.wake?.();
    } else {
      this.opts.onUrgent(command);
    }
  }

  /** Removes a turn that begins, or that was cancelled before and needs nothing from the agent. */
  withdraw(commandId: string): void {
    const index = this.waiting.findIndex((command) => command.id === commandId);
    if (index !== -1) this.waiting.splice(index, 1);
  }

  get hasTurn(): boolean {
    return this.waiting.length > 0;
  }

  /** Whether a turn waits that was ordered before `seq`, to which a steer or interrupt may refer. */
  hasTurnBefore(seq: number): boolean {
    return this.waiting.some((command) => command.seq < seq);
  }

  /** Ends a wait for the next turn, so that its reader checks what has changed. */
  poke(): void {
    this.wake?.();
  }

  /**
   * Returns the next turn, or undefined when none has come within `idleMs` or the reader was poked. The turn stays in
   * the inbox until it is withdrawn, so that at every moment it is known to be waiting or running.
   */
  async nextTurn(idleMs: number): Promise<Command | undefined> {
    if (this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        // Node fires timers beyond 2^31-1 ms immediately.
        const timer = setTimeout(resolve, Math.max(0, Math.min(idleMs, 2_147_483_647)));
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    return this.waiting[0];
  }
}
