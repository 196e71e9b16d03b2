import { type Cluster, followChanges, type Job, type Pod } from "@/server/kubernetes";
import { hasEnded, isFinished, isStuck } from "./outcome";
import { ATTEMPT } from "./pod";

/** Changes come in bursts: a pod's last states, followed by those of its Job. */
const COALESCE_MS = 100;
/** With more changed attempts than this, one look at all of them is cheaper. */
const CHANGED_MAX = 500;

export type LooksOptions = {
  cluster: Cluster;
  /** Selects the Jobs and pods of this installation. */
  labelSelector: string;
  lookAtAll: () => Promise<void>;
  lookAt: (attemptId: string) => Promise<void>;
  relistMs: number;
  onError: (error: unknown) => void;
};

/**
 * Decides when to look at attempts: at one when its Job or pod has changed; at all of them at intervals and whenever a
 * watch may have missed something. The watch is only a hint: without it the next whole look sees everything.
 */
export function startLooks(options: LooksOptions): { close(): void } {
  const { cluster, onError } = options;
  const changed = new Set<string>();
  let isWholeDue = true;
  let isLooking = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function wake(delayMs = COALESCE_MS): void {
    if (isClosed || isLooking) return;
    timer ??= setTimeout(() => void look(), delayMs);
  }

  async function look(): Promise<void> {
    timer = undefined;
    isLooking = true;
    while (!isClosed && (isWholeDue || changed.size > 0)) {
      try {
        await lookOnce();
      } catch (error) {
        // The next whole look sees what was missed now.
        if (!isClosed) onError(error);
      }
    }
    isLooking = false;
  }

  async function lookOnce(): Promise<void> {
    if (isWholeDue) {
      isWholeDue = false;
      changed.clear();
      await options.lookAtAll();
      return;
    }
    const [attemptId = ""] = changed;
    changed.delete(attemptId);
    await options.lookAt(attemptId);
  }

  function lookAtAllSoon(): void {
    isWholeDue = true;
    wake();
  }

  function note(object: Job | Pod): void {
    const attemptId = object.metadata?.annotations?.[ATTEMPT];
    if (attemptId === undefined) return;
    changed.add(attemptId);
    if (changed.size > CHANGED_MAX) isWholeDue = true;
    wake();
  }

  const follow = (kind: "jobs" | "pods", isNews: (object: Job | Pod) => boolean) =>
    followChanges(cluster, kind, {
      labelSelector: options.labelSelector,
      onChange: (object) => isNews(object) && note(object),
      onGap: lookAtAllSoon,
      onError,
    });
  const following = [
    follow("jobs", (job) => isFinished(job as Job)),
    follow("pods", (pod) => hasEnded(pod as Pod) || isStuck(pod as Pod)),
  ];
  const interval = setInterval(lookAtAllSoon, options.relistMs);
  wake(0);
  return {
    close() {
      isClosed = true;
      clearTimeout(timer);
      clearInterval(interval);
      for (const each of following) each.close();
    },
  };
}
