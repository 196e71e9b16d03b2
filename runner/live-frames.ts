import { LIVE_TEXT_MAX } from "@/contract/event";
import type { ControlPlane } from "./control-plane";
import type { LiveText } from "./turn-translator";

const FRAME_INTERVAL_MS = 100;

/** Sends the newest state of texts being written, at most ten times a second; a lost frame is never repeated. */
export class LiveFrames {
  private readonly waiting = new Map<string, LiveText>();
  private timer: NodeJS.Timeout | undefined;
  private isSending = false;

  constructor(
    private readonly opts: { controlPlane: Pick<ControlPlane, "liveFrames">; runId: string; leaseEpoch: number },
  ) {}

  show(frame: LiveText): void {
    this.waiting.set(frame.itemId, { ...frame, text: frame.text.slice(-LIVE_TEXT_MAX) });
    this.timer ??= setTimeout(() => void this.send(), FRAME_INTERVAL_MS);
  }

  /** Drops the frames of a finished item: its event has the final text, and a late frame would only flicker. */
  drop(itemId: string): void {
    this.waiting.delete(itemId);
  }

  close(): void {
    clearTimeout(this.timer);
    this.waiting.clear();
  }

  private async send(): Promise<void> {
    this.timer = undefined;
    const frames = [...this.waiting.values()].slice(0, 32);
    if (frames.length === 0) return;
    if (this.isSending) {
      this.timer = setTimeout(() => void this.send(), FRAME_INTERVAL_MS);
      return;
    }
    for (const frame of frames) this.waiting.delete(frame.itemId);
    this.isSending = true;
    const { controlPlane, runId, leaseEpoch } = this.opts;
    await controlPlane.liveFrames({ runId, leaseEpoch, frames }).catch(() => {});
    this.isSending = false;
  }
}
