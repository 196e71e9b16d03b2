import type { HeartbeatAnswer } from "@/contract/run";
import { type ControlPlane, UnreachableError } from "./control-plane";
import { LeaseLostError } from "./errors";
import { AWAY_MAX_MS } from "./persist";

/**
 * Beats four times a lease. A refused epoch ends the agent at once; silence alone does not, for up to ten minutes:
 * an outage of the database must end no work. Only with `selfFenceMs` does time alone fence, by whichever clock ran
 * further: for runners that nobody else can end.
 */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isBeating = false;
  private lastAnswer = now();

  constructor(
    private readonly opts: {
      controlPlane: Pick<ControlPlane, "heartbeat">;
      runId: string;
      runnerId: string;
      leaseEpoch: number;
      leaseMs: number;
      selfFenceMs?: number;
      awayMaxMs?: number;
      onAnswer: (answer: HeartbeatAnswer) => void;
      onLost: (error: LeaseLostError) => void;
    },
  ) {
    this.schedule();
  }

  /** Asks at once: something came that the next beat's answer explains. */
  hurry(): void {
    if (this.isStopped || this.isBeating) return;
    clearTimeout(this.timer);
    void this.beat();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (!this.isStopped) this.timer = setTimeout(() => void this.beat(), this.opts.leaseMs / 4);
  }

  private async beat(): Promise<void> {
    const { controlPlane, runId, runnerId, leaseEpoch, leaseMs, onAnswer } = this.opts;
    const asked = now();
    this.isBeating = true;
    try {
      const answer = await controlPlane.heartbeat({ runId, runnerId, leaseEpoch, leaseMs });
      if (this.isStopped) return;
      // Counted from when it was asked: the server's lease began no earlier than that.
      this.lastAnswer = asked;
      onAnswer(answer);
    } catch (error) {
      if (this.isStopped) return;
      if (error instanceof LeaseLostError) return this.lose(error);
      if (!(error instanceof UnreachableError))
        return this.lose(new LeaseLostError(error instanceof Error ? error.message : String(error)));
      const boundMs = this.opts.selfFenceMs ?? this.opts.awayMaxMs ?? AWAY_MAX_MS;
      const silentMs = Math.max(now().wall - this.lastAnswer.wall, now().monotonic - this.lastAnswer.monotonic);
      // The next look comes a quarter of a lease later, which must not be too late.
      const slackMs = this.opts.selfFenceMs === undefined ? 0 : leaseMs / 4;
      if (silentMs + slackMs >= boundMs)
        return this.lose(new LeaseLostError(`no answer from the server for ${Math.round(silentMs / 1000)} s`));
    } finally {
      this.isBeating = false;
    }
    this.schedule();
  }

  private lose(error: LeaseLostError): void {
    this.stop();
    this.opts.onLost(error);
  }
}

function now(): { wall: number; monotonic: number } {
  return { wall: Date.now(), monotonic: performance.now() };
}
