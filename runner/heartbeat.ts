import type { HeartbeatAnswer, HeartbeatInput } from "@/contract/run";
import { BEATS_PER_LEASE } from "@/contract/words";
import { type ControlPlane, UnreachableError } from "./control-plane";
import { LeaseLostError } from "./errors";
import { AWAY_MAX_MS } from "./retry-while-away";

export type Instant = { wall: number; monotonic: number };

/**
 * After a sleep of the machine, timers fire late by the length of the sleep; so the fence checks the clocks this often.
 */
const FENCE_CHECK_MS = 500;

/**
 * Beats four times a lease. A refused epoch ends the agent at once. Missing answers alone do not, for up to ten
 * minutes, because an outage of the database must not end any work. With `selfFenceMs`, for runners that nobody else
 * can end, time alone ends the agent: measured by the clock that ran further, and whatever a pending beat is waiting
 * for.
 */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private fence: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isBeating = false;
  private lastAnswer: Instant;
  private roundTripMs: number | undefined;
  private lastMeasurement = { atMs: performance.now(), cpu: process.cpuUsage() };

  constructor(
    private readonly opts: {
      controlPlane: Pick<ControlPlane, "heartbeat">;
      runId: string;
      runnerId: string;
      leaseEpoch: number;
      leaseMs: number;
      selfFenceMs?: number;
      /** Whether the server accepts measurements of this process. */
      hearsVitals?: boolean;
      awayMaxMs?: number;
      /** When the lease was requested. */
      claimedAt?: Instant;
      onAnswer: (answer: HeartbeatAnswer) => void;
      onLost: (error: LeaseLostError) => void;
    },
  ) {
    this.lastAnswer = opts.claimedAt ?? now();
    this.schedule();
    this.checkFence();
  }

  /** Beats at once, because something happened that the next beat's answer explains. */
  beatNow(): void {
    if (this.isStopped || this.isBeating) return;
    clearTimeout(this.timer);
    void this.beat();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.fence);
  }

  private checkFence(): void {
    const { selfFenceMs } = this.opts;
    if (this.isStopped || selfFenceMs === undefined) return;
    const remainingMs = selfFenceMs - this.silentMs();
    if (remainingMs <= 0) this.loseAfterSilence();
    else this.fence = setTimeout(() => this.checkFence(), Math.min(remainingMs, FENCE_CHECK_MS));
  }

  private silentMs(): number {
    const { wall, monotonic } = now();
    return Math.max(wall - this.lastAnswer.wall, monotonic - this.lastAnswer.monotonic);
  }

  private schedule(delayMs = this.opts.leaseMs / BEATS_PER_LEASE): void {
    if (!this.isStopped) this.timer = setTimeout(() => void this.beat(), delayMs);
  }

  private async beat(): Promise<void> {
    const { controlPlane, runId, runnerId, leaseEpoch, leaseMs, selfFenceMs, onAnswer } = this.opts;
    const requestedAt = now();
    this.isBeating = true;
    try {
      // With a fence, one hung connection must not use up the time in which another would be answered.
      const callOptions = selfFenceMs === undefined ? {} : { signal: AbortSignal.timeout(leaseMs / BEATS_PER_LEASE) };
      const vitals = this.opts.hearsVitals === true ? this.measure() : {};
      const answer = await controlPlane.heartbeat({ runId, runnerId, leaseEpoch, leaseMs, ...vitals }, callOptions);
      this.roundTripMs = Math.round(performance.now() - requestedAt.monotonic);
      if (this.isStopped) return;
      // Counted from the request: the server's lease began no earlier.
      this.lastAnswer = requestedAt;
      onAnswer(answer);
    } catch (error) {
      if (this.isStopped) return;
      if (error instanceof LeaseLostError) return this.lose(error);
      if (!(error instanceof UnreachableError))
        return this.lose(new LeaseLostError(error instanceof Error ? error.message : String(error)));
      if (selfFenceMs !== undefined) return this.schedule(leaseMs / 20);
      if (this.silentMs() >= (this.opts.awayMaxMs ?? AWAY_MAX_MS)) return this.loseAfterSilence();
    } finally {
      this.isBeating = false;
    }
    this.schedule();
  }

  /** The previous beat's round trip, and what this process has used since then. */
  private measure(): Pick<HeartbeatInput, "roundTripMs" | "cpuPercent" | "rssBytes"> {
    const atMs = performance.now();
    const { user, system } = process.cpuUsage(this.lastMeasurement.cpu);
    const cpuPercent = Math.round((user + system) / 10 / Math.max(1, atMs - this.lastMeasurement.atMs));
    this.lastMeasurement = { atMs, cpu: process.cpuUsage() };
    const { roundTripMs } = this;
    return { cpuPercent, rssBytes: process.memoryUsage.rss(), ...(roundTripMs === undefined ? {} : { roundTripMs }) };
  }

  private loseAfterSilence(): void {
    this.lose(new LeaseLostError(`no answer from the server for ${Math.round(this.silentMs() / 1000)} s`));
  }

  private lose(error: LeaseLostError): void {
    this.stop();
    this.opts.onLost(error);
  }
}

export function now(): Instant {
  return { wall: Date.now(), monotonic: performance.now() };
}
