import type { Logger } from "pino";
import type { LoopName } from "@/contract/loops";
import type { Topic } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import type { Leadership, Live } from "@/server/live";
import type { LoopNotes } from "./notes";

const BACKOFF_MAX_MS = 30_000;
/**
 * Passes for what falls due are at least this far apart, or as far as the last pass took, so that near due times share
 * a pass.
 */
const DUE_MIN_MS = 20;
/** A timer may fire a little early by the clock of another machine, and the pass would find nothing yet. */
const DUE_MARGIN_MS = 2;

export type LoopOptions = {
  name: LoopName;
  /** The longest time between two passes. */
  intervalMs: number;
  /** Wakes that start a pass at once. */
  wakeOn?: Topic[];
  run: () => Promise<unknown>;
  /** Called after a pass: in how many milliseconds the next work is due; null: unknown, so at the interval. */
  dueInMs?: () => number | null;
};
export type LoopDeps = { live: Live; leadership: Leadership; notes: Pick<LoopNotes, "began" | "ended">; log: Logger };
export type Loop = {
  wake(): void;
  /** Resolves when a pass that is under way has ended. */
  stop(): Promise<void>;
};

/**
 * Runs a pass at every wake and at every interval while this replica leads the loop. A failed pass is retried with
 * growing delays. Passes never overlap.
 */
export function startLoop(deps: LoopDeps, options: LoopOptions): Loop {
  const { name, intervalMs } = options;
  const log = deps.log.child({ loop: name });
  let timer: NodeJS.Timeout | null = null;
  let underWay: Promise<void> | null = null;
  let isWoken = false;
  let isStopped = false;
  let failures = 0;
  let dueInMs: number | null = null;
  let tookMs = 0;

  function schedule(delayMs: number): void {
    if (isStopped) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(begin, delayMs);
  }

  function begin(): void {
    if (isStopped || underWay) return;
    underWay = pass().finally(() => {
      underWay = null;
      const delayMs =
        failures > 0 ? Math.min(BACKOFF_MAX_MS, 500 * 2 ** failures) * (0.75 + Math.random() / 2) : untilDue();
      schedule(isWoken && failures === 0 ? 0 : delayMs);
    });
  }

  function untilDue(): number {
    if (dueInMs === null) return intervalMs;
    return Math.min(intervalMs, Math.max(DUE_MIN_MS, tookMs, dueInMs + DUE_MARGIN_MS));
  }

  async function pass(): Promise<void> {
    isWoken = false;
    dueInMs = null;
    if (!deps.leadership.leads(name)) return;
    deps.notes.began(name, intervalMs);
    const beganAt = performance.now();
    try {
      await options.run();
      tookMs = performance.now() - beganAt;
      failures = 0;
      dueInMs = options.dueInMs?.() ?? null;
      deps.notes.ended(name);
    } catch (error) {
      deps.notes.ended(name, error);
      failures = Math.min(failures + 1, 10);
      const isOutage = toAgentRunError(error).reason === "database-down";
      log[isOutage ? "warn" : "error"]({ err: error, failures }, "a pass failed: it is tried again");
    }
  }

  function wake(): void {
    isWoken = true;
    // After a failure wakes do not start a pass: they would undo the backoff.
    if (!underWay && failures === 0) begin();
  }

  const unsubscribes = (options.wakeOn ?? []).map((topic) => deps.live.hub.subscribe(topic, wake));
  schedule(0);
  return {
    wake,
    async stop() {
      isStopped = true;
      if (timer) clearTimeout(timer);
      for (const unsubscribe of unsubscribes) unsubscribe();
      await underWay;
    },
  };
}
