import { rename, writeFile } from "node:fs/promises";
import type { Logger } from "pino";
import { PASS_MAX_MS } from "@/server/health";

const BEAT_MS = 5_000;

export type HeartbeatOptions = {
  /** Holds the time of the last beat in seconds since 1970, by the clock of this machine, where it is compared. */
  file: string;
  longestPassMs: () => number;
  log: Logger;
  beatMs?: number;
  passMaxMs?: number;
};

/**
 * Writes to a file that this process lives and that none of its loops is stuck, for the program that ends a process
 * that hangs. What the loops need, such as the database, may be unavailable: then their passes fail, which is no reason
 * for a restart.
 */
export function startHeartbeat(options: HeartbeatOptions): { stop(): void } {
  const { file, longestPassMs, log, beatMs = BEAT_MS, passMaxMs = PASS_MAX_MS } = options;
  let isWriting = false;

  async function beat(): Promise<void> {
    const passMs = longestPassMs();
    if (passMs > passMaxMs) return log.error({ passMs }, "a loop is stuck: this process stopped its heartbeat");
    if (isWriting) return;
    isWriting = true;
    try {
      // Renamed into place, so that nobody reads half of it.
      await writeFile(`${file}.next`, `${Math.floor(Date.now() / 1_000)}\n`);
      await rename(`${file}.next`, file);
    } catch (error) {
      log.error({ err: error, file }, "could not write this process's heartbeat");
    } finally {
      isWriting = false;
    }
  }

  void beat();
  const timer = setInterval(() => void beat(), beatMs);
  return { stop: () => clearInterval(timer) };
}
