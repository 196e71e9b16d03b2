import { within } from "@/contract/async";
import type { AttemptRemains, RemainsListener } from "@/server/executors/executor";
import type { Cluster } from "@/server/kubernetes";
import { readRemains } from "./inspect";

/** How long logs are waited for: a node that does not answer does not hand them over. */
const LOGS_MAX_MS = 1_500;
/** The same, including what the API server itself knows. */
const READ_MAX_MS = 3_000;
/** How many recently kept Jobs are remembered, so that none is read twice. */
const READINGS_MAX = 1_000;
/** Jobs that are read at once before others have to wait. */
const CONCURRENCY_MAX = 8;

export type RemainsCollector = {
  /**
   * Reads what would be lost with a Job and passes it to the listeners, once. A failure is logged and holds up nothing.
   */
  collect(attemptId: string, uid: string): Promise<void>;
  isBusy(): boolean;
  onRemains(listener: RemainsListener): () => void;
  close(): void;
};

export function createRemainsCollector(cluster: Cluster, onError: (error: unknown) => void): RemainsCollector {
  const listeners = new Set<RemainsListener>();
  const readings = new Map<string, Promise<void>>();
  let runningCount = 0;

  async function read(attemptId: string): Promise<void> {
    runningCount += 1;
    try {
      const remains = await readInTime(cluster, attemptId);
      if (remains !== null) await Promise.all([...listeners].map((listener) => listener(remains)));
    } catch (error) {
      if (listeners.size > 0) onError(error);
    } finally {
      runningCount -= 1;
    }
  }

  return {
    collect(attemptId, uid) {
      if (listeners.size === 0) return Promise.resolve();
      const reading = readings.get(uid) ?? read(attemptId);
      readings.set(uid, reading);
      const [oldest] = readings.keys();
      if (readings.size > READINGS_MAX && oldest !== undefined) readings.delete(oldest);
      return reading;
    },
    isBusy: () => runningCount >= CONCURRENCY_MAX,
    onRemains(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => listeners.clear(),
  };
}

async function readInTime(cluster: Cluster, attemptId: string): Promise<AttemptRemains | null> {
  const reading = readRemains(cluster, attemptId, LOGS_MAX_MS).then((remains) => ({ remains }));
  const read = await within(READ_MAX_MS, reading);
  if (read === null) throw new Error(`what is left of attempt ${attemptId} could not be read in ${READ_MAX_MS} ms`);
  return read.remains;
}
