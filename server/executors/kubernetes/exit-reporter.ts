import type { AttemptExit, ExitListener, RemainsListener } from "@/server/executors/executor";
import type { Cluster } from "@/server/kubernetes";
import { removeJob } from "./jobs";
import { createRemainsCollector } from "./remains-collector";

export type ExitReporter = {
  /**
   * Reports the end of the Job with this uid. The Job stays until the listeners have recorded the end, and is then
   * removed at once, because even a finished pod holds its PVC.
   */
  report(uid: string, exit: AttemptExit): Promise<void>;
  /** Whether the end of the Job with this uid was reported and recorded. The Job may stay in the cluster for a while. */
  isReported(uid: string): boolean;
  /** Forgets reported Jobs that are no longer in the cluster. */
  forgetAbsent(presentUids: ReadonlySet<string>): void;
  /**
   * Keeps what is left of a Job for later readers, then removes the Job. Keeping delays the removal of this Job alone,
   * and only briefly.
   */
  collectAndRemove(attemptId: string, uid: string): Promise<void>;
  onExit(listener: ExitListener): () => void;
  onRemains(listener: RemainsListener): () => void;
  /** From now on nothing is reported. */
  close(): void;
};

export function createExitReporter(cluster: Cluster, onError: (error: unknown) => void): ExitReporter {
  const remains = createRemainsCollector(cluster, onError);
  const listeners = new Set<ExitListener>();
  const reported = new Set<string>();
  let isClosed = false;

  async function collectAndRemove(attemptId: string, uid: string): Promise<void> {
    await remains.collect(attemptId, uid);
    await removeJob(cluster, attemptId, uid);
  }

  return {
    async report(uid, exit) {
      if (isClosed) return;
      try {
        await Promise.all([...listeners].map((listener) => listener(exit)));
      } catch {
        // The listener has logged the cause. The next look reports the end again, and no other end waits for it.
        return;
      }
      reported.add(uid);
      const removal = collectAndRemove(exit.attemptId, uid).catch(onError);
      // No end waits for the remains of another, unless very many end at once.
      if (remains.isBusy()) await removal;
    },
    isReported: (uid) => reported.has(uid),
    forgetAbsent(presentUids) {
      for (const uid of reported) if (!presentUids.has(uid)) reported.delete(uid);
    },
    collectAndRemove,
    onExit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onRemains: (listener) => remains.onRemains(listener),
    close() {
      isClosed = true;
      remains.close();
      listeners.clear();
    },
  };
}
