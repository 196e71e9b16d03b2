import { within } from "@/contract/async";
import type { AttemptRemains, RemainsListener } from "@/server/executors/executor";
import type { Cluster } from "@/server/kubernetes";
import { readRemains } from "./inspect";

/** How long logs are waited for: a node that does not answer does not hand them over. */
const LOGS_MAX_MS = 1_500;
/** The same, including what the API server itself knows. */
const READ_MAX_MS = 3_000;
/** How many recently kept Jobs are remembered, so that none is read twice. */
const KNOWN_MAX = 1_000;
/** Jobs that are read at once before others have to wait. */
const LANES = 8;

export type RemainsCollector = {
  /**
   * Reads what would be lost with a Job and passes it to the listeners, once. A failure is logged and holds up nothing.
   */
  keep(attemptId: string, uid: string): Promise<void>;
  isBusy(): boolean;
  onRemains(listener: RemainsListener): () => void;
  close(): void;
};

export function createRemainsCollector(cluster: Cluster, onError: (error: unknown) => void): RemainsCollector {
  const listeners = new Set<RemainsListener>();
  const known = new Map<string, Promise<void>>();
  let underWay = 0;

  async function read(attemptId: string): Promise<void> {
    underWay += 1;
    try {
      const remains = await readInTime(cluster, attemptId);
      if (remains !== null) await Promise.all([...listeners].map((listener) => listener(remains)));
    } catch (error) {
      if (listeners.size > 0) onError(error);
    } finally {
      underWay -= 1;
    }
  }

  return {
    keep(attemptId, uid) {
      if (listeners.size === 0) return Promise.resolve();
      const keeping = known.get(uid) ?? read(attemptId);
      known.set(uid, keeping);
      const [oldest] = known.keys();
      if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
      return keeping;
    },
    isBusy: () => underWay >= LANES,
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
