import { type Cluster, followChanges, type Job, type Pod } from "@/server/kubernetes";
import { hasEnded, isFinished, isStuck } from "./outcome";
import { ATTEMPT } from "./pod";

/** Changes come in bursts: a pod's last states, followed by those of its Job. */
const COALESCE_MS = 100;
/** With more changed attempts than this, one look at all of them is cheaper. */
const CHANGED_MAX = 500;

export type JobWatcherOptions = {
  cluster: Cluster;
  /** Selects the Jobs and pods of this installation. */
  labelSelector: string;
  checkAllJobs: () => Promise<void>;
  checkJob: (attemptId: string) => Promise<void>;
  relistMs: number;
  onError: (error: unknown) => void;
};

/**
 * Decides when to look at attempts: at one when its Job or pod has changed; at all of them at intervals and whenever a
 * watch may have missed something. The watch is only a hint: without it the next whole look sees everything.
 */
export function startJobWatcher(options: JobWatcherOptions): { close(): void } {
  const { cluster, onError } = options;
  const changed = new Set<string>();
  let isFullCheckDue = true;
  let isChecking = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function scheduleChecks(delayMs = COALESCE_MS): void {
    if (isClosed || isChecking) return;
    timer ??= setTimeout(() => void runChecks(), delayMs);
  }

  async function runChecks(): Promise<void> {
    timer = undefined;
    isChecking = true;
    while (!isClosed && (isFullCheckDue || changed.size > 0)) {
      try {
        await checkNext();
      } catch (error) {
        // The next whole look sees what was missed now.
        if (!isClosed) onError(error);
      }
    }
    isChecking = false;
  }

  async function checkNext(): Promise<void> {
    if (isFullCheckDue) {
      isFullCheckDue = false;
      changed.clear();
      await options.checkAllJobs();
      return;
    }
    const [attemptId = ""] = changed;
    changed.delete(attemptId);
    await options.checkJob(attemptId);
  }

  function scheduleFullCheck(): void {
    isFullCheckDue = true;
    scheduleChecks();
  }

  function markChanged(object: Job | Pod): void {
    const attemptId = object.metadata?.annotations?.[ATTEMPT];
    if (attemptId === undefined) return;
    changed.add(attemptId);
    if (changed.size > CHANGED_MAX) isFullCheckDue = true;
    scheduleChecks();
  }

  const watch = (kind: "jobs" | "pods", isRelevant: (object: Job | Pod) => boolean) =>
    followChanges(cluster, kind, {
      labelSelector: options.labelSelector,
      onChange: (object) => isRelevant(object) && markChanged(object),
      onGap: scheduleFullCheck,
      onError,
    });
  const watches = [
    watch("jobs", (job) => isFinished(job as Job)),
    watch("pods", (pod) => hasEnded(pod as Pod) || isStuck(pod as Pod)),
  ];
  const interval = setInterval(scheduleFullCheck, options.relistMs);
  scheduleChecks(0);
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      clearInterval(interval);
      for (const openWatch of watches) openWatch.close();
    },
  };
}
